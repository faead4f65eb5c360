//! One sample: its static stages once, then block after block of steps.

use std::ops::Range;
use std::sync::Mutex;

use super::buffers::{Element, View};
use super::control::Watch;
use super::count::{ActivityPass, DotPass, TotalsPass};
use super::program::Program;
use super::request::{COUNT_FIELDS, Outputs, Request};
use super::stage::Stage;
use super::workspace::{Workspace, counts_events};
use crate::error::Result;
use crate::plan::Kind;
use crate::threads::Team;

/// Steps of a block up to a read, or to the block's end.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) steps: Range<usize>,
    /// The number of the read at its end.
    pub(super) read: Option<usize>,
}

/// Steps that are computed together.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    /// Its first step, counted from the start of the run.
    pub(super) first: usize,
    pub(super) steps: usize,
    pub(super) segments: Vec<Segment>,
}

/// One sample of a run, on one worker.
pub(super) struct Sample<'a> {
    pub(super) program: &'a Program,
    pub(super) request: &'a Request<'a>,
    pub(super) outputs: &'a Mutex<Outputs>,
    pub(super) poll: &'a dyn Watch,
    /// Threads that share this sample, where it is not one thread's own.
    pub(super) team: Option<&'a Team<'a>>,
    pub(super) workspace: &'a mut Workspace,
    pub(super) number: usize,
}

/// Columns of the counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    Events,
    Synops,
    SynopsZero,
    Macs,
    Updates,
    Spikes,
    Silent,
    Saturated,
}

impl Sample<'_> {
    /// Run it; `block` is the largest number of steps at a time.
    pub(super) fn run(&mut self, block: usize) -> Result<()> {
        self.workspace.begin(self.program, self.request, self.number);
        let program = self.program;
        let dynamic = program.stages.partition_point(|stage| stage.is_static);
        let once = Block { first: 0, steps: 1, segments: Vec::new() };
        for stage in &program.stages[..dynamic] {
            self.poll.check()?;
            self.stage(stage, &once)?;
            self.count_static(stage);
        }
        let mut done = 0;
        while done < self.request.steps {
            let block = self.block(done, block);
            self.workspace.list.source = None;
            self.workspace.words.source = None;
            for stage in &program.stages[dynamic..] {
                self.poll.check()?;
                self.stage(stage, &block)?;
                self.count(stage, &block);
                self.record(stage.op, &block);
            }
            done += block.steps;
            if self.request.probe {
                self.probe(done);
            }
        }
        self.keep();
        Ok(())
    }

    /// The next block: probes look at potentials, so there it ends at a read.
    fn block(&self, first: usize, most: usize) -> Block {
        let reads = &self.request.read_at;
        let next = reads.partition_point(|&read| read <= first);
        let mut steps = most.min(self.request.steps - first);
        if let Some(&read) = reads.get(next).filter(|_| self.request.probe) {
            steps = steps.min(read - first);
        }
        let mut segments = Vec::new();
        let mut begin = 0;
        for (number, &read) in reads.iter().enumerate().skip(next) {
            if read > first + steps {
                break;
            }
            segments.push(Segment { steps: begin..read - first, read: Some(number) });
            begin = read - first;
        }
        if begin < steps {
            segments.push(Segment { steps: begin..steps, read: None });
        }
        Block { first, steps, segments }
    }

    /// Count the multiplications of weight layers on static maps: once, if the state has no steps behind it.
    fn count_static(&mut self, stage: &Stage) {
        let op = stage.op;
        let counted = self.request.count && self.request.start == 0 && !self.program.meters[op].readers.is_empty();
        if !counted || self.program.ops[op].spec.kind != Kind::Real {
            return;
        }
        self.total::<f32>(op, 0..1, 1);
        for read in 0..self.request.read_at.len() {
            self.count_readers(op, read);
        }
    }

    /// Add a block to the totals, and count up to each read in it.
    fn count(&mut self, stage: &Stage, block: &Block) {
        let op = stage.op;
        if !counts_events(self.program, self.request, op) {
            return;
        }
        for segment in &block.segments {
            match self.program.ops[op].spec.kind {
                Kind::Count => self.total::<u8>(op, segment.steps.clone(), block.steps),
                Kind::Real => self.total::<f32>(op, segment.steps.clone(), block.steps),
                Kind::Current => {}
            }
            if let Some(read) = segment.read.filter(|_| self.request.count) {
                self.count_readers(op, read);
                self.count_neurons(op, read);
            }
        }
    }

    fn total<T: Element + super::count::Countable>(&mut self, op: usize, steps: Range<usize>, block: usize) {
        let map: View<'_, T> = self.workspace.maps.view(self.program.place(op), block);
        let largest = self.program.ops[op].spec.max_count.max(1);
        let totals = &mut self.workspace.totals[op];
        self.program.level.run(TotalsPass { map, steps, largest, totals });
    }

    /// Counts of the weight layers that read a map.
    fn count_readers(&mut self, op: usize, read: usize) {
        let program = self.program;
        let real = program.ops[op].spec.kind == Kind::Real;
        for reader in &program.meters[op].readers {
            let totals = &self.workspace.totals[op];
            let meet = |fanout: &[u32]| program.level.run(DotPass { totals, fanout });
            let nonzero = meet(&reader.fanout_nonzero);
            if real {
                self.add(read, reader.op, Field::Macs, nonzero);
                continue;
            }
            let all = reader.fanout.as_ref().map_or(nonzero, |fanout| meet(fanout));
            let events = program.level.run(ActivityPass { totals, steps: 0 }).events;
            self.add(read, reader.op, Field::Events, events);
            self.add(read, reader.op, Field::Synops, nonzero);
            self.add(read, reader.op, Field::SynopsZero, all - nonzero);
        }
    }

    fn count_neurons(&mut self, op: usize, read: usize) {
        if !self.program.meters[op].is_neuron {
            return;
        }
        let steps = self.request.read_at[read];
        let totals = &self.workspace.totals[op];
        let activity = self.program.level.run(ActivityPass { totals, steps: steps as u32 });
        let updates = self.program.ops[op].spec.shape.size() as u64 * steps as u64;
        self.add(read, op, Field::Updates, updates);
        self.add(read, op, Field::Spikes, activity.events);
        self.add(read, op, Field::Silent, activity.silent);
        self.add(read, op, Field::Saturated, activity.saturated);
    }

    fn add(&mut self, read: usize, op: usize, field: Field, amount: u64) {
        let at = (read * self.program.ops.len() + op) * COUNT_FIELDS + field as usize;
        self.workspace.counts[at] = self.workspace.counts[at].wrapping_add(amount as i64);
    }

    /// The range of this sample in an array `(…, batch, size)` whose leading index is `leading`.
    pub(super) fn range(&self, leading: usize, size: usize) -> Range<usize> {
        let begin = (leading * self.request.batch + self.number) * size;
        begin..begin + size
    }
}
