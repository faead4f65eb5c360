//! What a sample leaves in the results of the run: recordings, probes, scores and states.

use std::sync::PoisonError;

use crate::clocked::array::Array;
use crate::clocked::block::Block;
use crate::clocked::maps::buffers::{Buffer, Element, View};
use crate::clocked::maps::transpose::to_planes;
use crate::clocked::request::{Outputs, state_size};
use crate::clocked::run::sample::Sample;
use crate::clocked::run::state::Memory;
use crate::error::{Error, Result};

/// One step of a map in `(C, H, W)` order.
fn step_planes<T: Copy>(map: View<'_, T>, pixels: usize, step: usize, target: &mut [T]) {
    for pixel in 0..pixels {
        for (channel, &value) in map.at(pixel, step).iter().enumerate() {
            target[channel * pixels + pixel] = value;
        }
    }
}

impl Sample<'_> {
    fn outputs(&self) -> std::sync::MutexGuard<'_, Outputs> {
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Record the spikes and the potentials of a block, where that was asked for.
    pub(crate) fn record(&self, op: usize, block: &Block) -> Result<()> {
        if self.request.record_spikes.contains(&op) {
            let map = self.workspace.maps.view::<u8>(self.program.place(op), block.steps)?;
            let mut outputs = self.outputs();
            let Some((_, spikes)) = outputs.spikes.iter_mut().find(|(of, _)| *of == op) else {
                return Err(Error::internal(format!("operation {op}: no room for its spikes")));
            };
            self.record_map(op, map, block, spikes);
        }
        if let Some(trace) = self.workspace.observed[op].as_ref().and_then(|observed| observed.trace.as_ref()) {
            let mut outputs = self.outputs();
            let target = outputs.potentials.iter_mut().find(|(of, _)| *of == op).map(|(_, target)| target);
            match (trace, target) {
                (Buffer::Real(_), Some(Array::Real(target))) => self.record_trace(op, trace, block, target)?,
                (Buffer::Current(_), Some(Array::Integer(target))) => self.record_trace(op, trace, block, target)?,
                _ => return Err(Error::internal(format!("operation {op}: no room for its potentials"))),
            }
        }
        Ok(())
    }

    fn record_trace<T: Element>(&self, op: usize, trace: &Buffer, block: &Block, target: &mut [T]) -> Result<()> {
        let shape = self.program.place(op).shape;
        let map = View::new(&T::of(trace)?[..shape.size() * block.steps], shape.channels, block.steps);
        self.record_map(op, map, block, target);
        Ok(())
    }

    fn record_map<T: Copy>(&self, op: usize, map: View<'_, T>, block: &Block, target: &mut [T]) {
        let shape = self.program.place(op).shape;
        for step in 0..block.steps {
            let range = self.range(block.first + step, shape.size());
            step_planes(map, shape.pixels(), step, &mut target[range]);
        }
    }

    /// Keep what probes saw, if `done` steps are a read.
    pub(crate) fn probe(&self, done: usize) -> Result<()> {
        let Ok(read) = self.request.read_at.binary_search(&done) else { return Ok(()) };
        let mut outputs = self.outputs();
        for (op, probe) in &mut outputs.probes {
            let Some(observed) = &self.workspace.observed[*op] else {
                return Err(Error::internal(format!("operation {op}: a probe of what was not observed")));
            };
            let shape = self.program.place(*op).shape;
            let range = self.range(read, shape.size());
            to_planes(&observed.sums, shape, &mut probe.current_sum[range.clone()], |_, v| v);
            to_planes(&observed.squares, shape, &mut probe.current_square_sum[range.clone()], |_, v| v);
            if self.program.meters[*op].fires {
                to_planes(&self.workspace.totals[*op], shape, &mut probe.spikes[range.clone()], |_, v| v as i32);
            }
            let memory: &Memory = &self.workspace.memory[*op];
            memory.store(&self.program.ops, &self.program.ops[*op], &mut probe.potential, range)?;
        }
        Ok(())
    }

    /// Keep the scores, the counts of this sample and the state.
    pub(crate) fn keep(&self) -> Result<()> {
        let ops = &self.program.ops;
        let size = ops.last().map_or(0, |op| op.spec.shape.size());
        let mut outputs = self.outputs();
        for (read, scores) in self.workspace.scores.chunks_exact(size).enumerate() {
            outputs.scores[self.range(read, size)].copy_from_slice(scores);
        }
        for (row, &count) in self.workspace.of_sample.iter().enumerate() {
            outputs.by_sample[self.range(row, 1)].fill(count);
        }
        for (op, state) in &mut outputs.state {
            let size = state_size(ops, &ops[*op]);
            self.workspace.memory[*op].store(ops, &ops[*op], state, self.range(0, size))?;
        }
        Ok(())
    }
}
