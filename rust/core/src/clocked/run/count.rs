//! What a sample adds to the counts of a run.

use std::ops::Range;

use crate::clocked::block::Block;
use crate::clocked::maps::buffers::{Element, View};
use crate::clocked::observe::count::{CountPass, Countable, Counted, SpikesPass, TotalsPass};
use crate::clocked::program::compiled::Reader;
use crate::clocked::program::stage::Stage;
use crate::clocked::request::COUNT_FIELDS;
use crate::clocked::run::sample::Sample;
use crate::clocked::run::tally::counts_steps;
use crate::clocked::run::workspace::counts_events;
use crate::error::Result;
use crate::plan::Kind;

/// Columns of the counts.
#[derive(Debug, Clone, Copy)]
enum Field {
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
    /// Count the multiplications of weight layers on static maps: once, if the state has no steps behind it.
    pub(crate) fn count_static(&mut self, stage: &Stage) -> Result<()> {
        let op = stage.op;
        let counted = self.request.count && self.request.start == 0 && !self.program.meters[op].readers.is_empty();
        match self.program.ops[op].spec.kind {
            _ if !counted => return Ok(()),
            Kind::Real => self.total::<f32>(op, 0..1, 1)?,
            Kind::Count => {
                self.total::<u8>(op, 0..1, 1)?;
                // Numbers, not spikes: those that are not 0 are multiplied.
                self.workspace.totals[op].iter_mut().for_each(|total| *total = (*total).min(1));
            }
            Kind::Current | Kind::Level => return Ok(()),
        }
        for read in 0..self.request.read_at.len() {
            self.count_totals(op, read);
        }
        Ok(())
    }

    /// Add a block to the totals, and count up to each read in it.
    pub(crate) fn count(&mut self, stage: &Stage, block: &Block) -> Result<()> {
        let op = stage.op;
        if self.request.count && self.program.meters[op].is_neuron {
            for read in block.segments.iter().filter_map(|segment| segment.read) {
                let spec = &self.program.ops[op].spec;
                let steps = self.request.read_at[read] as u64;
                // A window's steps add the slope each, and those of the neuron's own what it rises by.
                let each = if spec.kind == Kind::Level { 2 * u64::from(spec.max_count) } else { steps };
                let updates = spec.shape.size() as u64 * each;
                self.add(read, op, Field::Updates, updates);
            }
        }
        if !counts_events(self.program, self.request, op) {
            return Ok(());
        }
        for segment in &block.segments {
            match self.program.ops[op].spec.kind {
                Kind::Count | Kind::Level => self.total::<u8>(op, segment.steps.clone(), block.steps)?,
                Kind::Real => self.total::<f32>(op, segment.steps.clone(), block.steps)?,
                Kind::Current => {}
            }
            if let Some(read) = segment.read.filter(|_| self.request.count) {
                self.count_totals(op, read);
            }
        }
        Ok(())
    }

    /// Add the spikes of a block to the counters of its steps.
    pub(crate) fn count_steps(&mut self, op: usize, block: &Block) -> Result<()> {
        if counts_steps(self.program, self.request, op) {
            let (workspace, place) = (&mut *self.workspace, self.program.place(op));
            let map: View<'_, u8> = workspace.maps.view(place, block.steps)?;
            workspace.tally.add(self.program.level, op, [block.first, place.shape.size()], map.values());
        }
        Ok(())
    }

    fn total<T: Element + Countable>(&mut self, op: usize, steps: Range<usize>, block: usize) -> Result<()> {
        let map: View<'_, T> = self.workspace.maps.view(self.program.place(op), block)?;
        let largest = self.program.ops[op].spec.max_count.max(1);
        let totals = &mut self.workspace.totals[op];
        self.program.level.run(TotalsPass { map, steps, largest, totals });
        Ok(())
    }

    /// Count what a map's totals say: of the neurons that made it, and of the weight layers that read it.
    fn count_totals(&mut self, op: usize, read: usize) {
        let program = self.program;
        if program.ops[op].spec.kind == Kind::Level {
            return self.count_levels(op, read);
        }
        let spec = &program.ops[op].spec;
        let (meter, real) = (&program.meters[op], spec.kind == Kind::Real || spec.is_static);
        let first = self.counted(op, read, meter.readers.first());
        if meter.is_neuron && meter.fires {
            self.add(read, op, Field::Spikes, first.events);
            self.add(read, op, Field::Silent, first.silent);
            self.add(read, op, Field::Saturated, first.saturated);
        }
        for (number, reader) in meter.readers.iter().enumerate() {
            let counted = if number == 0 { first } else { self.counted(op, read, Some(reader)) };
            if real {
                self.add(read, reader.op, Field::Macs, counted.met_nonzero);
                continue;
            }
            let zero = if reader.fanout.is_some() { counted.met - counted.met_nonzero } else { 0 };
            self.add(read, reader.op, Field::Events, counted.events);
            self.add(read, reader.op, Field::Synops, counted.met_nonzero);
            self.add(read, reader.op, Field::SynopsZero, zero);
        }
    }

    fn counted(&self, op: usize, read: usize, reader: Option<&Reader>) -> Counted {
        self.program.level.run(CountPass {
            totals: &self.workspace.totals[op],
            steps: self.request.read_at[read] as u32,
            fanout: reader.and_then(|reader| reader.fanout.as_deref()).unwrap_or_default(),
            fanout_nonzero: reader.map(|reader| &reader.fanout_nonzero[..]).unwrap_or_default(),
        })
    }

    /// The same of a map of levels, whose totals are the levels of the only step: one spike each, or none.
    fn count_levels(&mut self, op: usize, read: usize) {
        let program = self.program;
        let (meter, spec) = (&program.meters[op], &program.ops[op].spec);
        if meter.is_neuron && meter.fires {
            let totals = &self.workspace.totals[op];
            let none: &[u32] = &[];
            let found =
                program.level.run(CountPass { totals, steps: spec.max_count, fanout: none, fanout_nonzero: none });
            self.add(read, op, Field::Spikes, spec.shape.size() as u64 - found.silent);
            self.add(read, op, Field::Silent, found.silent);
            self.add(read, op, Field::Saturated, found.saturated);
        }
        for reader in &meter.readers {
            let totals = &self.workspace.totals[op];
            let meet = |table: &[u32]| program.level.run(SpikesPass { levels: totals, fanout: table });
            let nonzero = meet(&reader.fanout_nonzero);
            let all = reader.fanout.as_ref().map_or(nonzero, |fanout| meet(fanout));
            let events = reader.times.as_ref().map_or(0, |times| meet(times));
            self.add(read, reader.op, Field::Events, events);
            self.add(read, reader.op, Field::Synops, nonzero);
            self.add(read, reader.op, Field::SynopsZero, all - nonzero);
        }
    }

    fn add(&mut self, read: usize, op: usize, field: Field, amount: u64) {
        let at = (read * self.program.ops.len() + op) * COUNT_FIELDS + field as usize;
        self.workspace.counts[at] = self.workspace.counts[at].wrapping_add(amount as i64);
        if matches!(field, Field::Synops | Field::Macs | Field::Spikes) {
            self.workspace.of_sample[read * self.program.ops.len() + op] += amount as i64;
        }
    }
}
