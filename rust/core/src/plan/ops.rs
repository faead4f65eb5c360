//! Operations: one type each.

use super::map::{Coding, MapSpec};
use super::window::Window;

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

/// A maximum over windows: of cumulative counts, or of static real values.
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

/// The parameters of a neuron layer, `(C,)` each.
#[derive(Debug, Clone)]
pub struct Parameters<A> {
    /// Potential at which a neuron fires.
    pub threshold: Vec<A>,
    /// Potential at the start.
    pub v_init: Vec<A>,
    /// Potential after a spike, for a reset to a value.
    pub v_reset: Vec<A>,
    /// What a step does before the threshold is tested.
    pub step: Step<A>,
}

/// The closed family of steps.
#[derive(Debug, Clone)]
pub enum Step<A> {
    /// The current is added.
    If,
    /// The potential leaks.
    Lif(Leak<A>),
    /// So does a synaptic current, which the potential integrates: a second value a neuron. In float32 alone.
    CubaLif(Leak<A>, Synapse<A>),
}

impl<A> Step<A> {
    /// The leak of the potential, if any.
    #[must_use]
    pub fn leak(&self) -> Option<&Leak<A>> {
        match self {
            Self::If => None,
            Self::Lif(leak) | Self::CubaLif(leak, _) => Some(leak),
        }
    }

    /// The synaptic current, if any.
    #[must_use]
    pub fn synapse(&self) -> Option<&Synapse<A>> {
        if let Self::CubaLif(_, synapse) = self { Some(synapse) } else { None }
    }
}

/// The synaptic current of a neuron layer, `(C,)` each.
#[derive(Debug, Clone)]
pub struct Synapse<A> {
    /// What remains of it after a step.
    pub decay: Vec<A>,
    /// Factor of what enters.
    pub gain: Vec<A>,
}

/// The leak of a neuron layer, `(C,)` each.
#[derive(Debug, Clone)]
pub struct Leak<A> {
    /// What remains of the potential after a step (int32: in units of 2^-30).
    pub decay: Vec<A>,
    /// Factor of the current; empty for integers, where it is part of the unit.
    pub gain: Vec<A>,
    /// Added at each step.
    pub drive: Vec<A>,
}

/// Parameters in either precision.
#[derive(Debug, Clone)]
pub enum Dynamics {
    /// On a real source.
    Real(Parameters<f32>),
    /// On a current source.
    Integer(Parameters<i32>),
}

/// Integrate and fire.
#[derive(Debug, Clone)]
pub struct Neuron {
    /// The map that it integrates.
    pub source: usize,
    /// Its parameters.
    pub dynamics: Dynamics,
    /// Whether a spike subtracts the threshold; else it sets `v_reset`.
    pub subtract: bool,
    /// Whether the potential must be above the threshold; else reaching it is enough.
    pub strict: bool,
    /// What one integer unit of the potential stands for, `(C,)`; ones for floats. No engine needs it.
    pub unit: Vec<f64>,
    /// The largest magnitude of an integer current; 0 for floats. The caller has proven its runs with it.
    pub max_current: u32,
}

impl Neuron {
    /// How many values the state of one neuron has.
    #[must_use]
    pub fn values(&self) -> usize {
        let several = matches!(&self.dynamics, Dynamics::Real(Parameters { step: Step::CubaLif(..), .. }));
        if several { 2 } else { 1 }
    }
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
        }
    }
}
