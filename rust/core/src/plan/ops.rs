//! Operations: one type each.

use super::map::{Coding, MapSpec};
use super::window::Window;
use crate::neuron::model::{Fire, Model};

/// Weights `(kh, kw, C_in / groups, C_out)` and a bias `(C_out,)`.
#[derive(Debug, Clone)]
pub enum Weights {
    /// Both float32.
    Real(Vec<f32>, Vec<f32>),
    /// int8 and int32.
    Integer(Vec<i8>, Vec<i32>),
}

/// A convolution; a Linear layer is a 1x1 convolution on an `(n, 1, 1)` map.
#[derive(Debug, Clone)]
pub struct Conv {
    /// The map that it reads.
    pub source: usize,
    /// Kernel, stride, padding, dilation.
    pub window: Window,
    /// Groups of channels.
    pub groups: usize,
    /// Weights and bias.
    pub weights: Weights,
}

/// A sum over windows.
#[derive(Debug, Clone)]
pub struct Pool {
    /// The map that it reads.
    pub source: usize,
    /// Kernel, stride, padding (dilation 1).
    pub window: Window,
    /// Factor of each real term.
    pub weight: f32,
}

/// A maximum over windows: of cumulative counts, or of real values, at each step.
#[derive(Debug, Clone)]
pub struct MaxPool {
    /// The map that it reads.
    pub source: usize,
    /// Kernel, stride, padding (dilation 1).
    pub window: Window,
}

/// A rearrangement of the values of some maps.
#[derive(Debug, Clone)]
pub struct Gather {
    /// The maps that it reads, laid end to end in `(C, H, W)` order.
    pub sources: Vec<usize>,
    /// A position in them for each value of the result, or -1 for zero.
    pub index: Vec<i32>,
}

/// A static real map, limited: `x` if `x > 0`, else 0; then `high` where it is exceeded.
#[derive(Debug, Clone)]
pub struct Clamp {
    /// The map that it reads.
    pub source: usize,
    /// The largest value of each channel, if there is one.
    pub high: Option<Vec<f32>>,
}

/// A static real map into integer units.
#[derive(Debug, Clone)]
pub struct Round {
    /// The map that it reads.
    pub source: usize,
    /// The unit of each channel.
    pub unit: Vec<f64>,
}

/// How one edge of a sum enters it.
#[derive(Debug, Clone)]
pub enum Entry {
    /// As it is.
    Plain,
    /// A count times a float a channel.
    Scale(Vec<f32>),
    /// A count times an integer a channel.
    Constant(Vec<i32>),
    /// `(x * multiplier + 2^(shift - 1)) >> shift` a channel.
    Ratio {
        /// Fixed-point numerators.
        multiplier: Vec<i32>,
        /// Bits, 1..=62.
        shift: Vec<i32>,
    },
}

/// One edge of a sum.
#[derive(Debug, Clone)]
pub struct Term {
    /// The map that it reads.
    pub source: usize,
    /// How it enters.
    pub entry: Entry,
}

/// The parameters of a neuron layer: one value per channel, or one per neuron where its model says so.
#[derive(Debug, Clone)]
pub struct Parameters<A> {
    /// Potential at which a neuron fires.
    pub threshold: Vec<A>,
    /// Potential at the start.
    pub v_init: Vec<A>,
    /// Potential after a spike, for a reset to a value.
    pub v_reset: Vec<A>,
    /// The constants that its model names, in their order.
    pub constants: Vec<Vec<A>>,
}

/// Parameters in either precision.
#[derive(Debug, Clone)]
pub enum Dynamics {
    /// On a real source.
    Real(Parameters<f32>),
    /// On a current source.
    Integer(Parameters<i32>),
}

/// Neurons.
#[derive(Debug, Clone)]
pub struct Neuron {
    /// The map that it integrates.
    pub source: usize,
    /// The stages of its step.
    pub model: Model,
    /// Its parameters.
    pub dynamics: Dynamics,
    /// What one integer unit of the potential stands for, `(C,)`; ones for floats. No engine needs it.
    pub unit: Vec<f64>,
    /// The largest magnitude of an integer current; 0 for floats. The caller has proven its runs with it.
    pub max_current: u32,
}

/// The map of some steps before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delay {
    /// The map that it delays: any but the output.
    pub source: usize,
    /// By how many steps, at least 1.
    pub steps: usize,
}

/// A byte of a current map that holds sums of levels: `(x >> shift) & 255`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Byte {
    /// The map that it reads.
    pub source: usize,
    /// Bits below the byte.
    pub shift: u32,
}

/// What a network answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readout {
    /// The mean of the source over the steps.
    MeanCurrent,
    /// Its sum.
    Potential,
    /// Its number of spikes.
    Count,
    /// Minus the step of its first spike.
    FirstSpike,
}

/// The read-out: always the last operation.
#[derive(Debug, Clone)]
pub struct Output {
    /// The map that it reads.
    pub source: usize,
    /// What it answers.
    pub readout: Readout,
    /// The unit of each channel, for current sources.
    pub unit: Option<Vec<f64>>,
}

/// What an operation does.
#[derive(Debug, Clone)]
pub enum Body {
    /// The input.
    Input(Coding),
    /// Weights.
    Conv(Conv),
    /// Sums over windows.
    Pool(Pool),
    /// Maxima over windows.
    MaxPool(MaxPool),
    /// Values moved.
    Gather(Gather),
    /// Values limited.
    Clamp(Clamp),
    /// Real to integer.
    Round(Round),
    /// A sum of edges.
    Add(Vec<Term>),
    /// Neurons.
    Neuron(Neuron),
    /// The read-out.
    Output(Output),
    /// A map of steps before.
    Delay(Delay),
    /// A byte of sums of levels.
    Byte(Byte),
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
        self.body.sources()
    }
}

impl Body {
    /// The maps that it reads.
    pub(crate) fn sources(&self) -> Vec<usize> {
        match self {
            Self::Input(_) => Vec::new(),
            Self::Conv(conv) => vec![conv.source],
            Self::Pool(pool) => vec![pool.source],
            Self::MaxPool(pool) => vec![pool.source],
            Self::Gather(gather) => gather.sources.clone(),
            Self::Clamp(clamp) => vec![clamp.source],
            Self::Round(round) => vec![round.source],
            Self::Add(terms) => terms.iter().map(|term| term.source).collect(),
            Self::Neuron(neuron) => vec![neuron.source],
            Self::Output(output) => vec![output.source],
            Self::Delay(delay) => vec![delay.source],
            Self::Byte(byte) => vec![byte.source],
        }
    }
}

/// The steps of a window, where neurons have one.
#[must_use]
pub fn window(ops: &[Op]) -> Option<usize> {
    let levels = |op: &&Op| matches!(&op.body, Body::Neuron(neuron) if neuron.model.fire == Fire::Level);
    ops.iter().find(levels).map(|op| op.spec.max_count as usize)
}
