//! What a network remembers from step to step, for one sample.

use super::current::LANES;
use super::request::{Array, StateKind, StateView, state_kind, state_size};
use super::stage::{Stage, Work};
use super::transpose::{from_chunks, to_chunks, to_pixels, to_planes};
use crate::error::Result;
use crate::plan::{Body, Op, Readout, Shape};

use super::buffers::zeros;

/// The memory of one operation, `[pixel][channel]`; potentials in chunks of channels, the last one padded.
#[derive(Debug, Default)]
pub(super) enum Memory {
    #[default]
    Nothing,
    RealPotential(Vec<[f32; LANES]>),
    IntegerPotential(Vec<[i32; LANES]>),
    /// Cumulative counts of a max-pool's source.
    Counts(Vec<i32>),
    RealSum(Vec<f32>),
    LongSum(Vec<i64>),
}

/// Potentials in one precision.
pub(super) trait PotentialOf: Sized {
    fn potential_of(memory: &mut Memory) -> &mut [[Self; LANES]];
}

impl PotentialOf for f32 {
    fn potential_of(memory: &mut Memory) -> &mut [[f32; LANES]] {
        if let Memory::RealPotential(values) = memory { values } else { &mut [] }
    }
}

impl PotentialOf for i32 {
    fn potential_of(memory: &mut Memory) -> &mut [[i32; LANES]] {
        if let Memory::IntegerPotential(values) = memory { values } else { &mut [] }
    }
}

/// The shape of an operation's memory.
fn shape_of(ops: &[Op], op: &Op) -> Shape {
    match &op.body {
        Body::MaxPool(pool) => ops[pool.source].spec.shape,
        _ => op.spec.shape,
    }
}

impl Memory {
    /// Room for an operation's memory.
    pub(super) fn new(ops: &[Op], op: &Op) -> Result<Self> {
        let shape = shape_of(ops, op);
        let chunks = shape.pixels() * shape.channels.div_ceil(LANES);
        Ok(match (state_kind(ops, op), &op.body) {
            (None, _) => Self::Nothing,
            (Some(StateKind::Real), Body::Neuron(_)) => Self::RealPotential(zeros(chunks)?),
            (Some(StateKind::Integer), Body::Neuron(_)) => Self::IntegerPotential(zeros(chunks)?),
            (Some(StateKind::Integer), _) => Self::Counts(zeros(shape.size())?),
            (Some(StateKind::Real), _) => Self::RealSum(zeros(shape.size())?),
            (Some(StateKind::Long), _) => Self::LongSum(zeros(shape.size())?),
        })
    }

    /// A fresh start.
    pub(super) fn start(&mut self, op: &Op, stage: Option<&Stage>) {
        match (self, stage.map(|stage| &stage.work)) {
            (Self::RealPotential(values), Some(Work::RealLayer(layer))) => {
                fill(values, layer.firing.as_ref().map_or(&[], |firing| &firing.v_init));
            }
            (Self::IntegerPotential(values), Some(Work::CurrentLayer(layer))) => {
                fill(values, layer.firing.as_ref().map_or(&[], |firing| &firing.v_init));
            }
            (Self::Counts(values), _) => values.fill(0),
            (Self::RealSum(values), _) => values.fill(0.0),
            (Self::LongSum(values), _) => {
                let first_spike = matches!(&op.body, Body::Output(output) if output.readout == Readout::FirstSpike);
                values.fill(if first_spike { -1 } else { 0 });
            }
            _ => {}
        }
    }

    /// Take the state of a sample.
    pub(super) fn load(&mut self, ops: &[Op], op: &Op, state: &StateView<'_>, sample: usize) {
        let (shape, size) = (shape_of(ops, op), state_size(ops, op));
        let range = sample * size..(sample + 1) * size;
        match (self, state) {
            (Self::RealPotential(values), StateView::Real(state)) => to_chunks(&state[range], shape, values),
            (Self::IntegerPotential(values), StateView::Integer(state)) => to_chunks(&state[range], shape, values),
            (Self::Counts(values), StateView::Integer(state)) => to_pixels(&state[range], shape, values),
            (Self::RealSum(values), StateView::Real(state)) => to_pixels(&state[range], shape, values),
            (Self::LongSum(values), StateView::Long(state)) => to_pixels(&state[range], shape, values),
            _ => {}
        }
    }

    /// Write the state of one sample; `range` is its place in `state`.
    pub(super) fn store(&self, ops: &[Op], op: &Op, state: &mut Array, range: std::ops::Range<usize>) {
        let shape = shape_of(ops, op);
        match (self, state) {
            (Self::RealPotential(values), Array::Real(state)) => from_chunks(values, shape, &mut state[range]),
            (Self::IntegerPotential(values), Array::Integer(state)) => from_chunks(values, shape, &mut state[range]),
            (Self::Counts(values), Array::Integer(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            (Self::RealSum(values), Array::Real(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            (Self::LongSum(values), Array::Long(state)) => to_planes(values, shape, &mut state[range], |_, v| v),
            _ => {}
        }
    }
}

/// The same potentials at every pixel.
fn fill<A: Copy + Default>(values: &mut [[A; LANES]], channels: &[A]) {
    let own: Vec<[A; LANES]> = channels
        .chunks(LANES)
        .map(|chunk| std::array::from_fn(|lane| chunk.get(lane).copied().unwrap_or_default()))
        .collect();
    for pixel in values.chunks_exact_mut(own.len().max(1)) {
        pixel.copy_from_slice(&own);
    }
}
