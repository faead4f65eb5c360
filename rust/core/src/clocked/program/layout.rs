//! Which map lives in which slot: maps whose lives do not overlap share memory.

use crate::clocked::maps::buffers::Place;
use crate::clocked::program::stage::Stage;
use crate::error::{Error, Result};
use crate::plan::{Body, Kind, MAX_BLOCK, MAX_MEMORY, Op, Shape};

/// Bytes of maps that one block should stay within, so that they stay cached.
const CACHED_MAPS: usize = 4 << 20;
/// Values of one map in one block, at most, so that 32 bits number them.
const MAX_VALUES: usize = 1 << 30;

/// Memory for one map at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    pub(crate) kind: Kind,
    is_static: bool,
    size: usize,
}

/// All slots, and the place of each operation's map.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) slots: Vec<Slot>,
    pub(crate) places: Vec<Place>,
    /// Steps of a block, at most: no delay reads what the block itself computes.
    most: usize,
}

impl Slot {
    /// Values that it holds in blocks of `steps`.
    pub(crate) fn values(&self, steps: usize) -> usize {
        if self.is_static { self.size } else { self.size.saturating_mul(steps) }
    }

    fn bytes(&self, steps: usize) -> usize {
        let width = if self.kind.holds_spikes() { 1 } else { 4 };
        self.values(steps).saturating_mul(width)
    }
}

impl Layout {
    /// Lay out the maps that `stages` compute, in this order; static stages come first and run once a sample.
    pub(crate) fn new(ops: &[Op], stages: &[Stage]) -> Result<Self> {
        let nowhere = Place { slot: usize::MAX, shape: Shape::new(0, 0, 0), is_static: false };
        let mut layout = Self { slots: Vec::new(), places: vec![nowhere; ops.len()], most: shortest_delay(ops) };
        let last_reads = last_reads(ops, stages);
        let mut free: Vec<usize> = Vec::new();
        for (time, stage) in stages.iter().enumerate() {
            if stage.has_map() {
                let spec = &ops[stage.op].spec;
                let slot = layout
                    .choose(&mut free, Slot { kind: spec.kind, is_static: spec.is_static, size: spec.shape.size() });
                layout.places[stage.op] = Place { slot, shape: spec.shape, is_static: spec.is_static };
            }
            let mut done: Vec<usize> = stage.sources.clone();
            done.push(stage.op);
            done.sort_unstable();
            done.dedup();
            done.retain(|&op| last_reads[op] == time && layout.places[op].slot != usize::MAX);
            free.extend(done.iter().map(|&op| layout.places[op].slot));
        }
        let bytes = layout.bytes(1).saturating_add(delayed_bytes(ops));
        if bytes as u64 > MAX_MEMORY {
            return Err(Error::capacity(format!("the maps of a run take {bytes} bytes; the limit is {MAX_MEMORY}")));
        }
        Ok(layout)
    }

    fn choose(&mut self, free: &mut Vec<usize>, wanted: Slot) -> usize {
        let fits = |&slot: &usize| {
            let slot = &self.slots[slot];
            slot.kind == wanted.kind && slot.is_static == wanted.is_static
        };
        let waste = |&slot: &usize| self.slots[slot].size.abs_diff(wanted.size);
        if let Some(slot) = free.iter().copied().filter(fits).min_by_key(waste) {
            free.retain(|&other| other != slot);
            self.slots[slot].size = self.slots[slot].size.max(wanted.size);
            return slot;
        }
        self.slots.push(wanted);
        self.slots.len() - 1
    }

    fn bytes(&self, steps: usize) -> usize {
        self.slots.iter().fold(0, |sum, slot| sum.saturating_add(slot.bytes(steps)))
    }

    /// Steps to compute at a time: `wish`, or as many as keep the maps cached.
    pub(crate) fn block(&self, wish: usize, steps: usize) -> usize {
        let largest = self.slots.iter().map(|slot| slot.size).max().unwrap_or(1);
        let limit = (MAX_VALUES / largest.max(1)).clamp(1, self.most).min(steps);
        if wish > 0 {
            return wish.min(limit);
        }
        let step_bytes = self.bytes(2) - self.bytes(1);
        (CACHED_MAPS / step_bytes.max(1)).clamp(1, limit)
    }
}

/// Bytes that delays remember.
fn delayed_bytes(ops: &[Op]) -> usize {
    let bytes = |op: &Op| {
        let Body::Delay(delay) = &op.body else { return 0 };
        let width = if op.spec.kind == Kind::Count { 1 } else { 4 };
        op.spec.shape.size().saturating_mul(delay.steps).saturating_mul(width)
    };
    ops.iter().map(bytes).fold(0, usize::saturating_add)
}

/// The shortest delay of a plan, as far as a block goes.
fn shortest_delay(ops: &[Op]) -> usize {
    let delays = ops.iter().filter_map(|op| if let Body::Delay(delay) = &op.body { Some(delay.steps) } else { None });
    delays.min().unwrap_or(MAX_BLOCK).min(MAX_BLOCK)
}

/// When each map is read for the last time.
///
/// Every block reads static maps again, but no map of a block takes their slots.
fn last_reads(ops: &[Op], stages: &[Stage]) -> Vec<usize> {
    let mut last = vec![0; ops.len()];
    for delay in ops.iter().filter(|op| matches!(op.body, Body::Delay(_))) {
        // What is delayed is read behind the block's last stage.
        delay.sources().into_iter().for_each(|source| last[source] = stages.len());
    }
    for (time, stage) in stages.iter().enumerate() {
        for &read in stage.sources.iter().chain([&stage.op]) {
            last[read] = last[read].max(time);
        }
    }
    last
}
