//! What a run takes and gives.

use crate::clocked::array::{Array, StateKind, StateView};
use crate::error::{Error, Result};
use crate::plan::{Body, Coding, Dynamics, Kind, MAX_BLOCK, Op, Readout, window};

/// Columns of the counts, in the order of `COUNT_FIELDS` in `pysnn/plan/ops.py`.
pub const COUNT_FIELDS: usize = 8;
/// Steps of one run, at most: with counts of at most 255 a neuron's total fits 32 bits.
pub const MAX_STEPS: usize = 1 << 24;

/// What enters, for the whole batch.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Currents `(batch, C, H, W)`.
    Constant(&'a [f32]),
    /// Numbers `(batch, C, H, W)`.
    Pixels(&'a [u8]),
    /// Rates `(batch, C, H, W)`.
    Poisson {
        /// Probability of a spike at a step.
        rates: &'a [f32],
        /// Of the generator.
        seed: u64,
        /// Number of the batch's first sample.
        first_sample: u64,
    },
    /// Given events; those of sample `b` at step `t` are in row `b * steps + t`.
    Events {
        /// Where each row begins in `index`, and where the last one ends.
        offsets: &'a [i64],
        /// Positions in `(C, H, W)`.
        index: &'a [u32],
    },
    /// A map a step, `(steps, batch, C, H, W)`.
    Frames(&'a [f32]),
}

/// One run; the twin of `RunRequest` in `pysnn/backends/base.py`.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "switches that do not depend on each other, as in its twin")]
pub struct Request<'a> {
    /// What enters.
    pub input: Input<'a>,
    /// Samples.
    pub batch: usize,
    /// Steps.
    pub steps: usize,
    /// Step counts at which results are read, ascending, in `1..=steps`.
    pub read_at: Vec<usize>,
    /// State of every operation that has one, by its number; `None` is a fresh start.
    pub state: Option<Vec<(usize, StateView<'a>)>>,
    /// Steps that the state has behind it.
    pub start: u64,
    /// Threads.
    pub threads: usize,
    /// Steps at a time, 0 for a good choice.
    pub block: usize,
    /// Whether to count operations.
    pub count: bool,
    /// Whether to count each neuron's spikes at each step, over the samples.
    pub count_by_step: bool,
    /// Whether to measure where the time goes.
    pub profile: bool,
    /// Whether to probe neurons.
    pub probe: bool,
    /// Whether integer states are given; real ones always are.
    pub keep_state: bool,
    /// Operations with count maps whose spikes are recorded.
    pub record_spikes: Vec<usize>,
    /// Neuron operations whose potentials are recorded.
    pub record_potentials: Vec<usize>,
}

/// What one neuron operation did, `(reads, batch, C, H, W)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Sums of the current.
    pub current_sum: Vec<f64>,
    /// Sums of its square.
    pub current_square_sum: Vec<f64>,
    /// Potentials after the last step.
    pub potential: Array,
    /// Numbers of spikes.
    pub spikes: Vec<i32>,
}

/// Results of a run; the twin of `RunOutput`. Lists are by the number of the operation, ascending.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outputs {
    /// `(reads, batch, K)`.
    pub scores: Vec<f32>,
    /// `(reads, operations, COUNT_FIELDS)`.
    pub counts: Vec<i64>,
    /// `(reads, operations, batch)`: spikes of neurons, additions or multiplications of weights; empty where nothing is counted.
    pub by_sample: Vec<i64>,
    /// `(steps, C, H, W)` of each neuron operation that spikes: sums over the batch.
    pub by_step: Vec<(usize, Vec<i64>)>,
    /// State of each operation that has one, `(batch, ...)`.
    pub state: Vec<(usize, Array)>,
    /// `(steps, batch, C, H, W)`.
    pub spikes: Vec<(usize, Vec<u8>)>,
    /// `(steps, batch, C, H, W)`.
    pub potentials: Vec<(usize, Array)>,
    /// One a neuron operation.
    pub probes: Vec<(usize, Probe)>,
    /// Nanoseconds of each operation, and behind them of the run itself, `(operations + 1, PARTS)`, summed over the threads; empty where
    /// they were not asked for.
    pub profile: Vec<f64>,
    /// A word for what ran each operation.
    pub kernels: Vec<&'static str>,
}

/// The kind of state that an operation has, if any.
pub(crate) fn state_kind(ops: &[Op], op: &Op) -> Option<StateKind> {
    match &op.body {
        Body::Neuron(neuron) => Some(match neuron.dynamics {
            Dynamics::Real(_) => StateKind::Real,
            Dynamics::Integer(_) => StateKind::Integer,
        }),
        Body::Delay(_) => Some(if op.spec.kind == Kind::Real { StateKind::Real } else { StateKind::Bytes }),
        Body::MaxPool(pool) => (ops[pool.source].spec.kind == Kind::Count).then_some(StateKind::Integer),
        Body::Output(output) => {
            let real = ops[output.source].spec.kind == Kind::Real && output.readout != Readout::FirstSpike;
            Some(if real { StateKind::Real } else { StateKind::Long })
        }
        _ => None,
    }
}

/// Values that the state of one sample holds.
pub(crate) fn state_size(ops: &[Op], op: &Op) -> usize {
    match &op.body {
        Body::MaxPool(pool) => ops[pool.source].spec.shape.size(),
        Body::Neuron(neuron) => op.spec.shape.size() * neuron.model.values(),
        Body::Delay(delay) => op.spec.shape.size() * delay.steps,
        _ => op.spec.shape.size(),
    }
}

fn ensure(good: bool, what: impl FnOnce() -> String) -> Result<()> {
    if good { Ok(()) } else { Err(Error::data(what())) }
}

impl Request<'_> {
    /// Check everything that a run relies on.
    pub(crate) fn check(&self, ops: &[Op]) -> Result<()> {
        ensure((1..=MAX_STEPS).contains(&self.steps), || {
            format!("steps is {}; expected 1 to {MAX_STEPS}", self.steps)
        })?;
        ensure(self.block <= MAX_BLOCK, || format!("block is {}; expected 0 to {MAX_BLOCK}", self.block))?;
        ensure(self.threads > 0, || "threads is 0; expected at least 1".into())?;
        let sorted = self.read_at.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = self.read_at.iter().all(|read| (1..=self.steps).contains(read));
        ensure(sorted && inside && !self.read_at.is_empty(), || {
            format!("read_at must be ascending step counts in 1 to {}", self.steps)
        })?;
        if let Some(window) = window(ops) {
            ensure(self.steps == 1 && self.start == 0 && self.state.is_none(), || {
                format!("neurons with windows of {window} steps run in one pass, which is one step from a fresh start")
            })?;
        }
        self.check_input(&ops[0])?;
        self.check_beginning(ops)?;
        let has = |op: usize, good: fn(&Op) -> bool| ops.get(op).is_some_and(good);
        for &op in &self.record_spikes {
            let counts = has(op, |op| op.spec.kind.holds_spikes() && !matches!(op.body, Body::Output(_)));
            ensure(counts, || format!("operation {op} has no spikes to record"))?;
        }
        for &op in &self.record_potentials {
            let neuron = has(op, |op| matches!(op.body, Body::Neuron(_)));
            ensure(neuron, || format!("operation {op} has no potentials to record"))?;
        }
        Ok(())
    }

    /// Whether the potentials behind the last step are read by anybody.
    pub(crate) fn keeps_potentials(&self) -> bool {
        self.keep_state || self.probe
    }

    /// Whether no potential outlives the block of so many steps that it is computed in.
    pub(crate) fn forgets_potentials(&self, block: usize) -> bool {
        self.steps <= block && self.state.is_none() && !self.keeps_potentials()
    }

    /// Check what a run goes on from.
    pub(crate) fn check_beginning(&self, ops: &[Op]) -> Result<()> {
        ensure(self.batch > 0, || "an empty batch".into())?;
        ensure(self.start <= 1 << 40, || "start is too large".into())?;
        self.check_state(ops)
    }

    fn check_input(&self, op: &Op) -> Result<()> {
        let expected = self.batch.checked_mul(op.spec.shape.size());
        let dense = |name: &str, have: usize| {
            ensure(Some(have) == expected, || {
                let shape = op.spec.shape;
                format!("node '{}': {name} has {have} values; expected {} samples of {shape:?}", op.node, self.batch)
            })
        };
        match (&op.body, &self.input) {
            (Body::Input(Coding::Constant), Input::Constant(values)) => dense("values", values.len()),
            (Body::Input(Coding::Pixels), Input::Pixels(values)) => dense("pixels", values.len()),
            (Body::Input(Coding::Poisson), Input::Poisson { rates, .. }) => dense("rates", rates.len()),
            (Body::Input(Coding::Frames), Input::Frames(values)) => {
                let expected = expected.and_then(|size| size.checked_mul(self.steps));
                ensure(Some(values.len()) == expected, || {
                    let (have, shape) = (values.len(), op.spec.shape);
                    format!(
                        "node '{}': frames has {have} values; expected {} steps of {} samples of {shape:?}",
                        op.node, self.steps, self.batch
                    )
                })
            }
            (Body::Input(Coding::Events), Input::Events { offsets, index }) => {
                let rows = self.batch.checked_mul(self.steps).and_then(|n| n.checked_add(1));
                ensure(Some(offsets.len()) == rows, || {
                    format!("node '{}': offsets has {} values; expected batch * steps + 1", op.node, offsets.len())
                })?;
                let rising = offsets.windows(2).all(|pair| pair[0] <= pair[1]);
                let ends = offsets.first().is_some_and(|&first| first >= 0)
                    && offsets.last().is_some_and(|&last| usize::try_from(last).is_ok_and(|n| n <= index.len()));
                ensure(rising && ends, || format!("node '{}': offsets must rise within index", op.node))
            }
            _ => Err(Error::data(format!("node '{}': the input's coding is not the plan's", op.node))),
        }
    }

    fn check_state(&self, ops: &[Op]) -> Result<()> {
        let Some(state) = &self.state else { return Ok(()) };
        for (number, op) in ops.iter().enumerate() {
            let given = state.iter().find(|(of, _)| *of == number).map(|(_, view)| view);
            match (state_kind(ops, op), given) {
                (None, None) => {}
                (Some(kind), Some(view)) => {
                    let expected = self.batch.checked_mul(state_size(ops, op));
                    ensure(view.kind() == kind && Some(view.len()) == expected, || {
                        format!(
                            "node '{}': the state has {} {:?} values; expected {expected:?} {kind:?} values",
                            op.node,
                            view.len(),
                            view.kind()
                        )
                    })?;
                }
                (kind, _) => {
                    let what = if kind.is_some() { "its state is missing" } else { "it has no state" };
                    return Err(Error::data(format!("node '{}': {what}", op.node)));
                }
            }
        }
        ensure(state.iter().all(|(of, _)| *of < ops.len()), || "a state of an unknown operation".into())
    }
}
