//! The lazy store: a target that fires is only remembered, and a row applies what came since before it is used.
//!
//! It gives the bits of the eager store: the trace x of a source does not change between two of its arrivals but for epochs, and post events are
//! applied oldest first, each with its bounds.

use super::block::Block;
use super::factor::{Factor, One, Powered, Room, Weight, changed};
use super::plan::{Dependence, Kernel};
use super::trace::renewed;
use super::wire::Wire;

/// How many of a target's latest spikes are at hand without a look into its list.
const DEPTH: usize = 8;
/// Synapses that are looked at together.
const LANES: usize = 16;

/// The latest spikes of targets, and what each multiplies the traces of sources with.
#[derive(Debug, Clone)]
pub(super) struct Log {
    /// Latest first; -1: none.
    steps: [Vec<i32>; DEPTH],
    scales: [Vec<f32>; DEPTH],
    /// All that may still be awaited, oldest first.
    all: Vec<Vec<(i32, f32)>>,
    /// Steps behind which every trace is zero.
    horizon: i32,
}

impl Log {
    pub(super) fn new(kernel: &Kernel, targets: usize) -> Self {
        // From the largest trace there can be (43 units of e) to what an epoch flushes (69), and some more.
        let rate = -f64::from(kernel.x.epoch).ln() / kernel.x.down.len() as f64;
        let horizon = (130.0 / rate + 2.0 * kernel.x.down.len() as f64).min(f64::from(i32::MAX / 2)) as i32;
        Self {
            steps: std::array::from_fn(|_| vec![-1; targets]),
            scales: std::array::from_fn(|_| vec![0.0; targets]),
            all: vec![Vec::new(); targets],
            horizon,
        }
    }

    /// Note a spike.
    pub(super) fn push(&mut self, j: usize, step: i32, scale: f32) {
        for d in (1..DEPTH).rev() {
            self.steps[d][j] = self.steps[d - 1][j];
            self.scales[d][j] = self.scales[d - 1][j];
        }
        (self.steps[0][j], self.scales[0][j]) = (step, scale);
        let all = &mut self.all[j];
        if all.len() == all.capacity() {
            let old = all.partition_point(|&(s, _)| s < step - self.horizon);
            // The one before the oldest that counts says what came before it.
            all.drain(..old.saturating_sub(1));
        }
        all.push((step, scale));
    }

    /// Forget everything; `last` is the latest spike of each target, where that is known.
    pub(super) fn reset(&mut self, last: &[i32]) {
        self.steps.iter_mut().for_each(|steps| steps.fill(-1));
        for (j, all) in self.all.iter_mut().enumerate() {
            all.clear();
            all.extend(last.get(j).filter(|&&step| step >= 0).map(|&step| (step, 0.0)));
        }
    }
}

/// A source whose row is brought up to date.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    index: u32,
    /// Its latest arrival, as post events up to now saw it, and the one before.
    last: i32,
    previous: i32,
}

impl Source {
    /// The `k`-th arrival of a step.
    pub(super) fn arriving(wire: &Wire, k: usize) -> Self {
        let index = wire.arrivals[k];
        let previous = wire.previous.get(index as usize).copied().unwrap_or(-1);
        Self { index, last: wire.before.get(k).copied().unwrap_or(-1), previous }
    }

    /// Between steps.
    pub(super) fn resting(wire: &Wire, index: u32) -> Self {
        let of = |steps: &[i32]| steps.get(index as usize).copied().unwrap_or(-1);
        Self { index, last: of(&wire.last), previous: of(&wire.previous) }
    }
}

/// The trace of a source at the epochs of the spikes that wait for it.
struct Trace<'a> {
    from: i32,
    at: i32,
    log2: u32,
    /// By epoch, from that of `at` on; the last one holds for all behind it.
    z: &'a [f32],
    /// What post events of step `at` see, where that differs.
    before: Option<f32>,
}

impl Trace<'_> {
    #[inline(always)]
    fn seen(&self, step: i32) -> f32 {
        if let Some(before) = self.before.filter(|_| step == self.at) {
            return before;
        }
        let epoch = ((step >> self.log2) - (self.at >> self.log2)) as usize;
        self.z[epoch.min(self.z.len() - 1)]
    }
}

/// Apply what waits for a source's row.
#[inline(always)]
pub(super) fn apply(block: &mut Block, wire: &Wire, source: Source) {
    let (Some(kernel), Some(pending)) = (&wire.plan.kernel, &wire.pending) else { return };
    let i = source.index as usize;
    let (log2, at, from) = (kernel.x.log2(), pending.at[i], pending.from[i]);
    let mut z = Vec::with_capacity(4);
    z.push(pending.z[i]);
    let newest = ((wire.now.step >> log2) - (at >> log2)) as usize;
    while z.len() <= newest && z[z.len() - 1] != 0.0 {
        z.push(renewed(z[z.len() - 1], kernel.x.epoch));
    }
    let trace = Trace { from, at, log2, z: &z, before: pending.before.get(i).copied().filter(|_| kernel.exclusive && from == at) };
    let (w_max, inverse) = (kernel.w_max, kernel.inverse);
    if kernel.restricted {
        return restricted(block, wire, source, &trace);
    }
    match &kernel.post.dependence {
        Dependence::None => row(block, source, &trace, One, w_max),
        Dependence::Weight(None) => row(block, source, &trace, Weight { inverse }, w_max),
        Dependence::Room(None) => row(block, source, &trace, Room { w_max, inverse }, w_max),
        Dependence::Weight(Some(table)) => row(block, source, &trace, Powered { base: Weight { inverse }, table }, w_max),
        Dependence::Room(Some(table)) => row(block, source, &trace, Powered { base: Room { w_max, inverse }, table }, w_max),
    }
}

#[inline(always)]
fn row<F: Factor>(block: &mut Block, source: Source, trace: &Trace<'_>, factor: F, w_max: f32) {
    let at = block.at(source.index);
    let Block { w, to, log: Some(log), .. } = block else { return };
    let (w, to) = (&mut w[at.clone()], &to[at]);
    for (w, to) in w.chunks_mut(LANES).zip(to.chunks(LANES)) {
        let mut live = [false; LANES];
        for (live, &j) in live.iter_mut().zip(to) {
            // SAFETY: targets are below the tile's size, which is the length of every list.
            *live = unsafe { *log.steps[0].get_unchecked(j as usize) } >= trace.from;
        }
        if live == [false; LANES] {
            continue;
        }
        for ((w, &j), _) in w.iter_mut().zip(to).zip(&live).filter(|(_, live)| **live) {
            *w = one(*w, j as usize, log, trace, factor, w_max);
        }
    }
}

/// One synapse that awaits at least one spike.
#[inline(always)]
fn one<F: Factor>(mut w: f32, j: usize, log: &Log, trace: &Trace<'_>, factor: F, w_max: f32) -> f32 {
    let mut depth = 1;
    while depth < DEPTH && log.steps[depth][j] >= trace.from {
        depth += 1;
    }
    if depth == DEPTH {
        return many(w, j, log, trace, factor, w_max);
    }
    for d in (0..depth).rev() {
        w = changed(w, log.scales[d][j] * trace.seen(log.steps[d][j]), 0.0, false, factor, w_max);
    }
    w
}

/// One synapse that may await many, by the list.
#[cold]
#[inline(never)]
fn many<F: Factor>(mut w: f32, j: usize, log: &Log, trace: &Trace<'_>, factor: F, w_max: f32) -> f32 {
    let all = &log.all[j];
    for &(step, scale) in &all[all.partition_point(|&(step, _)| step < trace.from)..] {
        w = changed(w, scale * trace.seen(step), 0.0, false, factor, w_max);
    }
    w
}

/// Where a spike counts only next to one of the other side.
fn restricted(block: &mut Block, wire: &Wire, source: Source, trace: &Trace<'_>) {
    let Some(kernel) = &wire.plan.kernel else { return };
    let (w_max, inverse) = (kernel.w_max, kernel.inverse);
    match &kernel.post.dependence {
        Dependence::None => restricted_row(block, source, trace, kernel, One),
        Dependence::Weight(None) => restricted_row(block, source, trace, kernel, Weight { inverse }),
        Dependence::Room(None) => restricted_row(block, source, trace, kernel, Room { w_max, inverse }),
        Dependence::Weight(Some(table)) => restricted_row(block, source, trace, kernel, Powered { base: Weight { inverse }, table }),
        Dependence::Room(Some(table)) => restricted_row(block, source, trace, kernel, Powered { base: Room { w_max, inverse }, table }),
    }
}

fn restricted_row<F: Factor>(block: &mut Block, source: Source, trace: &Trace<'_>, kernel: &Kernel, factor: F) {
    for k in block.at(source.index) {
        let Some(log) = &block.log else { return };
        let all = &log.all[block.to[k] as usize];
        let first = all.partition_point(|&(step, _)| step < trace.from);
        for (at, &(step, scale)) in all.iter().enumerate().skip(first) {
            let before = if at == 0 { -1 } else { all[at - 1].0 };
            let arrival = if kernel.exclusive && step == source.last { source.previous } else { source.last };
            if arrival >= before + i32::from(!kernel.exclusive) {
                block.w[k] = changed(block.w[k], scale * trace.seen(step), 0.0, false, factor, kernel.w_max);
            }
        }
    }
}

/// Apply what waits for any row.
pub(super) fn flush(block: &mut Block, wire: &Wire) {
    if block.log.is_some() {
        for source in 0..block.row.len() as u32 - 1 {
            apply(block, wire, Source::resting(wire, source));
        }
    }
}
