//! A plastic network as numbers: what `pysnn/plastic/plan.py` makes, checked once.

/// The unit of a trace within an epoch of a power of two of steps.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What values are multiplied with to be read, by the place in the epoch.
    pub down: Vec<f32>,
    /// What a spike adds.
    pub up: Vec<f32>,
    /// From one epoch's unit to the next one's.
    pub epoch: f32,
}

impl Table {
    /// The place of a step in its epoch.
    #[inline(always)]
    pub(super) fn phase(&self, step: i32) -> usize {
        step as usize & (self.down.len() - 1)
    }

    /// What a value is multiplied with to be read at a step.
    #[inline(always)]
    pub(super) fn down(&self, step: i32) -> f32 {
        self.down[self.phase(step)]
    }

    /// What a spike adds at a step.
    #[inline(always)]
    pub(super) fn up(&self, step: i32) -> f32 {
        self.up[self.phase(step)]
    }

    /// The number of an epoch's steps as a power of two.
    pub(super) fn log2(&self) -> u32 {
        self.down.len().trailing_zeros()
    }
}

/// `q^mu` by the parts of `q`.
#[derive(Debug, Clone)]
pub struct Power {
    /// By the exponent field, 256.
    pub exponents: Vec<f32>,
    /// By ten bits of the mantissa, 1025.
    pub mantissas: Vec<f32>,
}

/// What a change depends on beside traces.
#[derive(Debug, Clone)]
pub enum Dependence {
    /// Nothing.
    None,
    /// `w / w_max`, to a power where there is one.
    Weight(Option<Power>),
    /// `1 - w / w_max`, to a power where there is one.
    Room(Option<Power>),
}

/// What an event adds to a weight.
#[derive(Debug, Clone)]
pub struct Change {
    /// By the trace of the other side.
    pub pair: f32,
    /// By that trace and the own second one.
    pub triplet: f32,
    /// By nothing.
    pub offset: f32,
    /// The bounds apply to the offset apart.
    pub split: bool,
    /// The factor by the weight.
    pub dependence: Dependence,
}

impl Change {
    /// Whether it can only lower weights.
    pub(super) fn only_lowers(&self) -> bool {
        self.pair <= 0.0 && self.triplet <= 0.0 && self.offset == 0.0
    }

    /// Whether it can only raise weights.
    pub(super) fn only_raises(&self) -> bool {
        self.pair >= 0.0 && self.triplet >= 0.0 && self.offset == 0.0
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Kernel {
    /// Of sources.
    pub x: Table,
    /// Of targets.
    pub y: Table,
    /// Of sources, for triplets.
    pub x2: Option<Table>,
    /// Of targets, for triplets.
    pub y2: Option<Table>,
    /// Of eligibility.
    pub c: Option<Table>,
    /// Whether x, y, x2, y2 become 1 at a spike.
    pub nearest: [bool; 4],
    /// At an arrival.
    pub pre: Change,
    /// At a spike of the target.
    pub post: Change,
    /// The upper bound.
    pub w_max: f32,
    /// Its inverse.
    pub inverse: f32,
    /// What a reward of 1 gives an eligibility of 1.
    pub eta: f32,
    /// A post event does not see the arrivals of its step.
    pub exclusive: bool,
    /// A spike counts for the next one of the other side alone.
    pub restricted: bool,
}

/// Which synapses a projection has.
#[derive(Debug, Clone)]
pub enum Recipe {
    /// Each pair with a probability, by gaps.
    Probability {
        /// See `gap_table` in Python.
        gaps: Vec<u64>,
        /// Of the generator.
        seed: u64,
    },
    /// All pairs.
    All,
    /// Equal numbers.
    One,
    /// These: where rows begin, targets, weights (none: of the recipe).
    Given {
        /// One more than sources.
        row: Vec<u64>,
        /// Ascending in a row.
        to: Vec<u32>,
        /// Of each synapse, or empty.
        weights: Vec<f32>,
    },
}

/// A projection.
#[derive(Debug, Clone)]
pub struct Projection {
    /// For errors and for the state.
    pub name: String,
    /// The population of its sources.
    pub pre: usize,
    /// The population of its targets.
    pub post: usize,
    /// Steps.
    pub delay: usize,
    /// What arrives is subtracted.
    pub inhibitory: bool,
    /// Its synapses.
    pub recipe: Recipe,
    /// Weights are `low + span u`, `high` at most.
    pub low: f32,
    /// See `low`.
    pub span: f32,
    /// See `low`.
    pub high: f32,
    /// Of weights.
    pub weight_seed: u64,
    /// Its rule.
    pub kernel: Option<Kernel>,
}

/// How a spike acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synapses {
    /// At once.
    Delta,
    /// As a current that decays.
    Current,
    /// As a conductance that decays.
    Conductance,
}

/// Cells.
#[derive(Debug, Clone)]
pub struct Cells {
    /// How spikes act on them.
    pub synapses: Synapses,
    /// leak, gain, drive, threshold, reset, decays (2), reversals (2), rise of the threshold.
    pub constants: [f32; 10],
    /// Steps at the reset behind a spike.
    pub refractory: i32,
    /// Of the threshold's rise.
    pub threshold: Option<Table>,
}

/// What makes the spikes of a population.
#[derive(Debug, Clone)]
pub enum Make {
    /// Poisson sources of one rate.
    Gaps(Vec<u64>),
    /// Poisson sources of a rate each.
    Each(Vec<u64>),
    /// Step and neuron, ascending.
    Given(Vec<(i64, u32)>),
    /// Integration.
    Cells(Cells),
}

/// A population.
#[derive(Debug, Clone)]
pub struct Population {
    /// For errors and for the state.
    pub name: String,
    /// How many neurons.
    pub size: usize,
    /// Tells its random numbers from others'.
    pub stream: u32,
    /// Steps for which spikes are kept.
    pub keep: usize,
    /// What makes its spikes.
    pub make: Make,
}

/// A plastic network for a time step and a seed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Of running.
    pub seed: u64,
    /// In order.
    pub populations: Vec<Population>,
    /// In order.
    pub projections: Vec<Projection>,
}
