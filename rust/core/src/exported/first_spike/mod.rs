//! Exported networks of single spikes: layers with their weights, how values become times, and a run that every runtime must repeat.

mod coding;
mod golden;
mod network;

use super::about::{About, Encoding, Interface};
use super::bytes::{damaged, u32_at, zero};
use super::input::Preparation;
use super::layout::{ABOUT_SIZE, about, dtype, section};
use crate::error::Result;
use crate::first_spike::{Engine, Neuron, Plan};
use crate::plan::Shape;
use crate::simd::Level;

pub use coding::TimeCoding;
pub use golden::FirstSpikeGolden;

/// An exported network of single spikes.
#[derive(Debug, Clone)]
pub struct ExportedFirstSpike {
    /// What the engine runs.
    pub plan: Plan,
    /// Of each layer that has some, rows x columns.
    pub weights: Vec<Vec<f32>>,
    /// How values become times.
    pub coding: TimeCoding,
    /// How data are read: as values that stay are, uint8 over 255; [`Self::times`] makes times of them.
    pub interface: Interface,
    /// A run that every runtime must repeat.
    pub golden: FirstSpikeGolden,
    /// SHA-256 of the file with zeros in its place.
    pub digest: [u8; 32],
}

impl ExportedFirstSpike {
    /// Read the sections of a file.
    pub(super) fn read(sections: &[&[u8]; section::COUNT], digest: [u8; 32]) -> Result<Self> {
        let (plan, weights) = network::read(sections[section::NETWORK])?;
        let record = sections[section::ABOUT];
        let (coding, about) = read_about(record)?;
        let shape = sample_shape(&plan, coding, about.axes)?;
        if !sections[section::INPUT].is_empty() {
            let size = sections[section::INPUT].len();
            return Err(damaged(format!("{size} bytes of input operations; expected 0")));
        }
        let golden = golden::read(
            &plan,
            shape,
            u32_at(record, about::GOLDEN_SAMPLES) as usize,
            [sections[section::GOLDEN_INPUT], sections[section::GOLDEN_SCORES], sections[section::GOLDEN_SPIKES]],
        )?;
        let interface = Interface { about, shape, input: Preparation::Plain };
        Ok(Self { plan, weights, coding, interface, golden, digest })
    }

    /// The engine that runs it, and takes [`Self::weights`].
    #[must_use]
    pub fn engine(&self, level: Level) -> Engine {
        Engine::new(self.plan.clone(), level)
    }

    /// Its weights, as the engine takes them.
    #[must_use]
    pub fn weights(&self) -> Vec<&[f32]> {
        self.weights.iter().map(Vec::as_slice).collect()
    }

    /// Run the golden input with [`Self::engine`], and compare every time, score and decision, to the bit.
    ///
    /// # Errors
    ///
    /// The run fails, or something differs: the message names the first layer.
    pub fn verify(&self, engine: &Engine) -> Result<()> {
        self.golden.verify(engine, &self.weights(), &self.times(&self.golden.input, 0)?)
    }

    /// Time-steps of its neurons, where they have some.
    #[must_use]
    pub fn steps(&self) -> Option<usize> {
        if let Neuron::Step { steps, .. } = self.plan.neuron { Some(steps) } else { None }
    }

    /// The times of input spikes, of samples `(samples, C, H, W)` of which the first one has a number.
    ///
    /// # Errors
    ///
    /// A value is not from 0 to 1.
    pub fn times(&self, values: &[f32], first_sample: usize) -> Result<Vec<f32>> {
        self.coding.times(values, self.interface.shape, self.steps(), first_sample)
    }
}

fn read_about(record: &[u8]) -> Result<(TimeCoding, About)> {
    if record.len() != ABOUT_SIZE {
        return Err(damaged(format!("{} bytes about the run; expected {ABOUT_SIZE}", record.len())));
    }
    for range in about::UNUSED {
        zero(record, range)?;
    }
    let kind = u32_at(record, about::GOLDEN_TYPE);
    if kind != dtype::F32 {
        return Err(damaged(format!("golden input of type {kind}; expected {}", dtype::F32)));
    }
    let coding = match u32_at(record, about::CODING) {
        7 => TimeCoding::Bright,
        8 => TimeCoding::Dark,
        9 => TimeCoding::Both,
        other => return Err(damaged(format!("coding {other}; expected 7 to 9 for a network of single spikes"))),
    };
    let source = record.get(about::SOURCE..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    let axes = u32_at(record, about::AXES) as usize;
    Ok((coding, About { encoding: Encoding::Constant, axes, steps: None, seed: 0, dt: None, source }))
}

/// The shape of a sample, which a plan's first map has with its channels last.
fn sample_shape(plan: &Plan, coding: TimeCoding, axes: usize) -> Result<Shape> {
    let map = plan.layers.first().map_or([0; 3], |layer| layer.input);
    let [height, width, inputs] = map;
    let fits = axes == 3 || (axes == 1 && height == 1 && width == 1);
    if !fits || !inputs.is_multiple_of(coding.inputs()) {
        let name = coding.name();
        return Err(damaged(format!("samples of {axes} axes and coding '{name}' for an input map of {map:?}")));
    }
    Ok(Shape { channels: inputs / coding.inputs(), height, width })
}
