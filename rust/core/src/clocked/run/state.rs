//! What a network remembers from step to step, for one sample.

use std::mem;
use std::ops::Range;

use crate::clocked::array::{Array, StateKind, StateView};
use crate::clocked::layer::firing::Firing;
use crate::clocked::layer::pass::Layer;
use crate::clocked::limits::largest;
use crate::clocked::maps::buffers::{grow, zeros};
use crate::clocked::maps::transpose::{from_chunks, to_chunks, to_pixels, to_planes};
use crate::clocked::program::stage::{Stage, Work};
use crate::clocked::request::{state_kind, state_size};
use crate::clocked::run::history::History;
use crate::clocked::synapses::current::{Current, LANES};
use crate::error::{Error, Result};
use crate::plan::{Body, Op, Readout, Shape};

/// The memory of one operation, `[pixel][channel]`; potentials in chunks of channels, the last one padded, and behind them
/// the same of what else a neuron remembers.
#[derive(Debug, Default)]
pub(crate) enum Memory {
    #[default]
    Nothing,
    RealPotential(Vec<[f32; LANES]>),
    IntegerPotential(Vec<[i32; LANES]>),
    /// Cumulative counts of a max-pool's source.
    Counts(Vec<i32>),
    RealSum(Vec<f32>),
    LongSum(Vec<i64>),
    DelayedCounts(History<u8>),
    DelayedReals(History<f32>),
}

/// A precision that memories are kept in.
pub(crate) trait Remembered: Sized {
    /// Potentials; an internal error where something else is remembered.
    fn potentials(memory: &mut Memory) -> Result<&mut [[Self; LANES]]>;
}

impl Remembered for f32 {
    fn potentials(memory: &mut Memory) -> Result<&mut [[f32; LANES]]> {
        if let Memory::RealPotential(values) = memory { Ok(values) } else { Err(other("float32 potentials")) }
    }
}

impl Remembered for i32 {
    fn potentials(memory: &mut Memory) -> Result<&mut [[i32; LANES]]> {
        if let Memory::IntegerPotential(values) = memory { Ok(values) } else { Err(other("int32 potentials")) }
    }
}

/// What it means that something else is remembered.
#[cold]
fn other(expected: &str) -> Error {
    Error::internal(format!("an operation does not remember {expected}"))
}

/// The shape of an operation's memory.
fn shape_of(ops: &[Op], op: &Op) -> Shape {
    match &op.body {
        Body::MaxPool(pool) => ops[pool.source].spec.shape,
        _ => op.spec.shape,
    }
}

/// Chunks of what neurons remember.
fn chunks_of(ops: &[Op], op: &Op) -> usize {
    let shape = shape_of(ops, op);
    let values = if let Body::Neuron(neuron) = &op.body { neuron.model.values() } else { 1 };
    shape.pixels() * shape.channels.div_ceil(LANES) * values
}

impl Memory {
    /// Room for an operation's memory.
    pub(crate) fn new(ops: &[Op], op: &Op) -> Result<Self> {
        let (shape, chunks) = (shape_of(ops, op), chunks_of(ops, op));
        Ok(match (state_kind(ops, op), &op.body) {
            (None, _) => Self::Nothing,
            (Some(StateKind::Bytes), _) => Self::DelayedCounts(History::new(state_size(ops, op), shape)?),
            (Some(StateKind::Real), Body::Delay(_)) => Self::DelayedReals(History::new(state_size(ops, op), shape)?),
            (Some(StateKind::Real), Body::Neuron(_)) => Self::RealPotential(zeros(chunks)?),
            (Some(StateKind::Integer), Body::Neuron(_)) => Self::IntegerPotential(zeros(chunks)?),
            (Some(StateKind::Integer), _) => Self::Counts(zeros(shape.size())?),
            (Some(StateKind::Real), _) => Self::RealSum(zeros(shape.size())?),
            (Some(StateKind::Long), _) => Self::LongSum(zeros(shape.size())?),
        })
    }

    /// Make of potentials of int32, or of nothing, those of another operation; values stay where they are.
    pub(crate) fn fit(&mut self, ops: &[Op], op: &Op) -> Result<()> {
        let (chunks, memory) = (chunks_of(ops, op), mem::take(self));
        let mut values = if let Self::IntegerPotential(values) = memory { values } else { Vec::new() };
        grow(&mut values, chunks)?;
        values.truncate(chunks);
        *self = Self::IntegerPotential(values);
        Ok(())
    }

    /// Cumulative counts.
    pub(crate) fn counts(&mut self) -> Result<&mut [i32]> {
        if let Self::Counts(values) = self { Ok(values) } else { Err(other("cumulative counts")) }
    }

    /// The sums of a real read-out.
    pub(crate) fn real_sums(&mut self) -> Result<&mut [f32]> {
        if let Self::RealSum(values) = self { Ok(values) } else { Err(other("float32 sums")) }
    }

    /// The sums, or first steps, of another.
    pub(crate) fn long_sums(&mut self) -> Result<&mut [i64]> {
        if let Self::LongSum(values) = self { Ok(values) } else { Err(other("int64 sums")) }
    }

    /// A fresh start.
    pub(crate) fn start(&mut self, op: &Op, stage: Option<&Stage>) -> Result<()> {
        match (self, stage.map(|stage| &stage.work)) {
            (_, Some(Work::RealLayer(Layer { firing: Some(firing), .. }))) if firing.starts_afresh() => {}
            (_, Some(Work::CurrentLayer(Layer { firing: Some(firing), .. }))) if firing.starts_afresh() => {}
            (Self::RealPotential(values), Some(Work::RealLayer(Layer { firing: Some(firing), .. }))) => {
                fill(values, op.spec.shape.pixels(), firing);
            }
            (Self::IntegerPotential(values), Some(Work::CurrentLayer(Layer { firing: Some(firing), .. }))) => {
                fill(values, op.spec.shape.pixels(), firing);
            }
            (Self::Counts(values), _) => values.fill(0),
            (Self::RealSum(values), _) => values.fill(0.0),
            (Self::LongSum(values), _) => {
                let first_spike = matches!(&op.body, Body::Output(output) if output.readout == Readout::FirstSpike);
                values.fill(if first_spike { -1 } else { 0 });
            }
            (Self::DelayedCounts(history), _) => history.start(),
            (Self::DelayedReals(history), _) => history.start(),
            (Self::Nothing, _) => {}
            (Self::RealPotential(_) | Self::IntegerPotential(_), _) => {
                return Err(Error::internal(format!("node '{}': potentials without a neuron", op.node)));
            }
        }
        Ok(())
    }

    /// Whether all float32 values are finite.
    pub(crate) fn is_finite(&self) -> bool {
        match self {
            Self::RealPotential(values) => all_finite(values.as_flattened()),
            Self::RealSum(values) => all_finite(values),
            _ => true,
        }
    }

    /// The largest magnitude of int32 values; 0 where there are none.
    pub(crate) fn magnitude(&self) -> u64 {
        match self {
            Self::IntegerPotential(values) => largest(values.as_flattened()),
            Self::Counts(values) => largest(values),
            _ => 0,
        }
    }

    /// Take the state of a sample.
    pub(crate) fn load(&mut self, ops: &[Op], op: &Op, state: &StateView<'_>, sample: usize) -> Result<()> {
        let (shape, size) = (shape_of(ops, op), state_size(ops, op));
        let range = sample * size..(sample + 1) * size;
        match (self, state) {
            (Self::RealPotential(values), StateView::Real(state)) => all_to_chunks(&state[range], shape, values),
            (Self::IntegerPotential(values), StateView::Integer(state)) => all_to_chunks(&state[range], shape, values),
            (Self::DelayedCounts(history), StateView::Bytes(state)) => history.load(&state[range], shape),
            (Self::DelayedReals(history), StateView::Real(state)) => history.load(&state[range], shape),
            (Self::Counts(values), StateView::Integer(state)) => to_pixels(&state[range], shape, values),
            (Self::RealSum(values), StateView::Real(state)) => to_pixels(&state[range], shape, values),
            (Self::LongSum(values), StateView::Long(state)) => to_pixels(&state[range], shape, values),
            _ => return Err(Error::internal(format!("node '{}': a state of another type", op.node))),
        }
        Ok(())
    }

    /// Write the state of one sample; `range` is its place in `state`.
    pub(crate) fn store(&self, ops: &[Op], op: &Op, state: &mut Array, range: Range<usize>) -> Result<()> {
        let shape = shape_of(ops, op);
        match (self, state) {
            (Self::RealPotential(values), Array::Real(state)) => all_from_chunks(values, shape, &mut state[range]),
            (Self::IntegerPotential(values), Array::Integer(state)) => {
                all_from_chunks(values, shape, &mut state[range]);
            }
            (Self::DelayedCounts(history), Array::Bytes(state)) => history.store(shape, &mut state[range]),
            (Self::DelayedReals(history), Array::Real(state)) => history.store(shape, &mut state[range]),
            (Self::Counts(values), Array::Integer(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            (Self::RealSum(values), Array::Real(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            (Self::LongSum(values), Array::Long(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            _ => return Err(Error::internal(format!("node '{}': room for a state of another type", op.node))),
        }
        Ok(())
    }
}

/// Whether all values are finite: a product with 0 is 0 for these alone, and a sum of such is quicker than to look at each.
fn all_finite(values: &[f32]) -> bool {
    let mut sums = [0.0_f32; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value * 0.0;
        }
    }
    rest.iter().all(|value| value.is_finite()) && sums.iter().all(|sum| *sum == 0.0)
}

/// The values of neurons that remember one or several, each in `(C, H, W)` order, into chunks.
fn all_to_chunks<A: Copy>(values: &[A], shape: Shape, target: &mut [[A; LANES]]) {
    let chunks = shape.pixels() * shape.channels.div_ceil(LANES);
    for (values, target) in values.chunks_exact(shape.size()).zip(target.chunks_exact_mut(chunks)) {
        to_chunks(values, shape, target);
    }
}

/// Chunks of neurons that remember one or several values, each into `(C, H, W)` order.
fn all_from_chunks<A: Copy>(values: &[[A; LANES]], shape: Shape, target: &mut [A]) {
    let chunks = shape.pixels() * shape.channels.div_ceil(LANES);
    for (values, target) in values.chunks_exact(chunks).zip(target.chunks_exact_mut(shape.size())) {
        from_chunks(values, shape, target);
    }
}

/// Potentials at the start, and zeros behind them.
fn fill<A: Current>(values: &mut [[A; LANES]], pixels: usize, firing: &Firing<A>) {
    let (potentials, others) = values.split_at_mut(pixels * firing.chunks);
    for part in potentials.chunks_exact_mut(firing.v_init.len().max(1)) {
        part.copy_from_slice(&firing.v_init);
    }
    others.fill([A::default(); LANES]);
}
