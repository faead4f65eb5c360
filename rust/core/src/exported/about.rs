//! How a network is meant to be run, and what enters it.

use super::bytes::{damaged, u32_at, u64_at, zero};
use super::input::Preparation;
use super::layout::{ABOUT_SIZE, about};
use crate::clocked::MAX_STEPS;
use crate::error::Result;
use crate::plan::{Body, Coding, Plan, Shape};

/// How data enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The same current at every step.
    Constant,
    /// Random spikes with given rates.
    Poisson,
    /// Given spikes, `(steps, samples, ...)`.
    Spikes,
    /// Given events.
    Events,
    /// A real-valued map a step, `(steps, samples, ...)`.
    Frames,
    /// Pictures of uint8 that stay, before an int8 first layer.
    Pixels,
}

impl Encoding {
    /// Whether events enter.
    #[must_use]
    pub fn is_events(self) -> bool {
        matches!(self, Self::Spikes | Self::Events)
    }

    /// Whether data have an axis of steps in front.
    #[must_use]
    pub fn is_by_step(self) -> bool {
        self.is_events() || self == Self::Frames
    }

    /// The coding that its plan has.
    fn coding(self) -> Coding {
        match self {
            Self::Constant => Coding::Constant,
            Self::Poisson => Coding::Poisson,
            Self::Spikes | Self::Events => Coding::Events,
            Self::Frames => Coding::Frames,
            Self::Pixels => Coding::Pixels,
        }
    }

    /// Its name, as Python has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Poisson => "poisson",
            Self::Spikes => "spikes",
            Self::Events => "events",
            Self::Frames => "frames",
            Self::Pixels => "pixels",
        }
    }
}

/// How a network is meant to be run, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct About {
    /// How data enter.
    pub encoding: Encoding,
    /// Axes of a sample: 1 for a vector, 3 for a map.
    pub axes: usize,
    /// Time-steps that it is meant for, if the file says so.
    pub steps: Option<usize>,
    /// Of the Poisson coding.
    pub seed: u64,
    /// Seconds a step, for networks with time constants.
    pub dt: Option<f64>,
    /// SHA-256 of the `.psnn` file that it comes from.
    pub source: [u8; 32],
}

/// What a program must know of a network to give it data.
#[derive(Debug, Clone)]
pub struct Interface {
    /// How it is meant to be run.
    pub about: About,
    /// The shape of a sample.
    pub shape: Shape,
    /// What is done to data before they enter.
    pub input: Preparation,
}

/// Read the section about the run.
pub(super) fn read_about(record: &[u8]) -> Result<About> {
    if record.len() != ABOUT_SIZE {
        return Err(damaged(format!("{} bytes about the run; expected {ABOUT_SIZE}", record.len())));
    }
    for range in about::RESERVED {
        zero(record, range)?;
    }
    let encoding = match u32_at(record, about::CODING) {
        1 => Encoding::Constant,
        2 => Encoding::Poisson,
        3 => Encoding::Spikes,
        4 => Encoding::Events,
        5 => Encoding::Frames,
        6 => Encoding::Pixels,
        other => return Err(damaged(format!("coding {other}; expected 1 to 6"))),
    };
    let dt = f64::from_bits(u64_at(record, about::DT));
    if !dt.is_finite() || dt < 0.0 || dt.to_bits() == (-0.0_f64).to_bits() {
        return Err(damaged(format!("a time step of {dt} seconds; expected a positive one, or 0 for none")));
    }
    let steps = u32_at(record, about::STEPS) as usize;
    if steps > MAX_STEPS {
        return Err(damaged(format!("meant for {steps} time-steps; expected at most {MAX_STEPS}")));
    }
    let source = record.get(about::SOURCE..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    Ok(About {
        encoding,
        axes: u32_at(record, about::AXES) as usize,
        steps: (steps > 0).then_some(steps),
        seed: u64_at(record, about::SEED),
        dt: (dt > 0.0).then_some(dt),
        source,
    })
}

/// Check that what enters is what the plan takes, and return the shape of a sample.
pub(super) fn check_input(plan: &Plan, about: &About) -> Result<Shape> {
    let op = &plan.ops()[0];
    let shape = op.spec.shape;
    let coding = if let Body::Input(coding) = op.body { Some(coding) } else { None };
    if coding != Some(about.encoding.coding()) {
        return Err(damaged(format!("coding '{}' is not that of its plan", about.encoding.name())));
    }
    match about.axes {
        // A channel of a picture is two of the plan's map.
        3 if about.encoding == Encoding::Pixels && shape.channels.is_multiple_of(2) => {
            Ok(Shape { channels: shape.channels / 2, ..shape })
        }
        3 if about.encoding != Encoding::Pixels => Ok(shape),
        1 if about.encoding != Encoding::Pixels && shape.pixels() == 1 => Ok(shape),
        axes => Err(damaged(format!("samples of {axes} axes for an input of {shape:?}"))),
    }
}
