//! Spikes of each neuron at each step, summed over a worker's samples.

use std::sync::{Mutex, PoisonError};

use crate::clocked::maps::buffers::{View, grow};
use crate::clocked::maps::transpose::add_step;
use crate::clocked::observe::count::AddPass;
use crate::clocked::program::compiled::Compiled;
use crate::clocked::request::{Outputs, Request};
use crate::clocked::run::blocks::next_block;
use crate::error::Result;
use crate::plan::Kind;
use crate::simd::Level;

/// Counters of a byte each, which are emptied into the results before one could overflow.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By the operation: block after block, `[pixel][step][channel]` each.
    bytes: Vec<Vec<u8>>,
    /// Samples in the counters.
    held: usize,
    /// Samples for which a byte has room.
    room: usize,
}

/// Whether an operation's spikes are counted step by step.
pub(crate) fn counts_steps(program: &Compiled, request: &Request<'_>, op: usize) -> bool {
    let counts = program.ops[op].spec.kind == Kind::Count;
    request.count_by_step && counts && program.meters[op].is_neuron && program.meters[op].fires
}

impl Tally {
    /// Make room for a run.
    pub(crate) fn prepare(&mut self, program: &Compiled, request: &Request<'_>) -> Result<()> {
        let mut most = 1;
        self.bytes.resize_with(program.ops.len(), Vec::new);
        for (op, bytes) in self.bytes.iter_mut().enumerate() {
            bytes.clear();
            if counts_steps(program, request, op) {
                let spec = &program.ops[op].spec;
                most = most.max(spec.max_count as usize);
                grow(bytes, spec.shape.size().saturating_mul(request.steps))?;
            }
        }
        (self.held, self.room) = (0, usize::from(u8::MAX) / most);
        Ok(())
    }

    /// Add the spikes of a block, `values`, to the counters of its steps; its first step is `first` and a map has `size` values.
    pub(crate) fn add(&mut self, level: Level, op: usize, [first, size]: [usize; 2], values: &[u8]) {
        let sums = &mut self.bytes[op][first * size..first * size + values.len()];
        level.run(AddPass { values, sums });
    }

    /// A sample is done; empty the counters if they are full. `most` steps are a block.
    pub(crate) fn close(&mut self, program: &Compiled, request: &Request<'_>, most: usize, outputs: &Mutex<Outputs>) {
        self.held += 1;
        if self.held >= self.room {
            self.empty(program, request, most, outputs);
        }
    }

    /// Add what is in the counters to the results.
    pub(crate) fn empty(&mut self, program: &Compiled, request: &Request<'_>, most: usize, outputs: &Mutex<Outputs>) {
        if self.held == 0 {
            return;
        }
        self.held = 0;
        let mut outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
        for (op, target) in &mut outputs.by_step {
            let (shape, bytes) = (program.place(*op).shape, &mut self.bytes[*op]);
            let mut done = 0;
            while done < request.steps {
                let block = next_block(request, done, most, Vec::new());
                let size = shape.size();
                let map = View::new(&bytes[done * size..(done + block.steps) * size], shape.channels, block.steps);
                for step in 0..block.steps {
                    add_step(map, step, shape, &mut target[(done + step) * size..(done + step + 1) * size]);
                }
                done += block.steps;
            }
            bytes.fill(0);
        }
    }
}
