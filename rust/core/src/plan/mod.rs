//! Plans as the engine takes them: the twin of `pysnn/plan/ops.py`, with the same names.

mod check;
mod ops;
mod window;

pub use check::{MAX_MAP, MAX_MEMORY};
pub use ops::{
    Body, Clamp, Conv, Dynamics, Entry, Gather, Leak, MaxPool, Neuron, Output, Parameters, Pool, Readout, Round, Term,
    Weights,
};
pub(crate) use window::Taps;
pub use window::Window;

use crate::error::Result;

/// Steps computed at a time, at most.
pub const MAX_BLOCK: usize = 32;
/// The largest count that a count map holds.
pub const MAX_COUNT: u32 = 255;
/// Largest magnitude, in integer units, of an analogue current that enters an integer network.
pub const CURRENT_LIMIT: i32 = 1 << 20;

/// `(C, H, W)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels, `C`.
    pub channels: usize,
    /// Rows, `H`.
    pub height: usize,
    /// Columns, `W`.
    pub width: usize,
}

impl Shape {
    /// From channels, rows and columns.
    #[must_use]
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width }
    }

    /// `H * W`.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.height * self.width
    }

    /// `C * H * W`. Checked plans have no shape where this overflows.
    #[must_use]
    pub fn size(self) -> usize {
        self.channels * self.pixels()
    }
}

/// What a map holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// float32 values.
    Real,
    /// uint8 counts of spikes.
    Count,
    /// int32 currents.
    Current,
}

/// Shape and kind of one map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapSpec {
    /// `(C, H, W)`.
    pub shape: Shape,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is the same at every step.
    pub is_static: bool,
    /// Bound of a count map, 0 elsewhere.
    pub max_count: u32,
}

/// What enters a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// The same current at every step.
    Constant,
    /// Random spikes with given rates.
    Poisson,
    /// Given spikes.
    Events,
}

/// One operation and the map that it computes.
#[derive(Debug, Clone)]
pub struct Op {
    /// The node that it comes from: errors name it.
    pub node: String,
    /// The map that it computes.
    pub spec: MapSpec,
    /// What it does.
    pub body: Body,
}

impl Op {
    /// The maps that it reads.
    #[must_use]
    pub fn sources(&self) -> Vec<usize> {
        match &self.body {
            Body::Input(_) => Vec::new(),
            Body::Conv(conv) => vec![conv.source],
            Body::Pool(pool) => vec![pool.source],
            Body::MaxPool(pool) => vec![pool.source],
            Body::Gather(gather) => gather.sources.clone(),
            Body::Clamp(clamp) => vec![clamp.source],
            Body::Round(round) => vec![round.source],
            Body::Add(terms) => terms.iter().map(|term| term.source).collect(),
            Body::Neuron(neuron) => vec![neuron.source],
            Body::Output(output) => vec![output.source],
        }
    }
}

/// A checked list of operations: sizes, ranges and kinds fit together, so that kernels need no checks.
#[derive(Debug, Clone)]
pub struct Plan {
    ops: Vec<Op>,
}

impl Plan {
    /// Check operations and make a plan of them.
    ///
    /// # Errors
    ///
    /// Anything that does not fit, named by its node.
    pub fn new(ops: Vec<Op>) -> Result<Self> {
        check::check(&ops)?;
        Ok(Self { ops })
    }

    /// Its operations.
    #[must_use]
    pub fn ops(&self) -> &[Op] {
        &self.ops
    }

    /// Its operations, to take apart.
    #[must_use]
    pub fn into_ops(self) -> Vec<Op> {
        self.ops
    }
}
