//! The lazy store: a target that fires is only remembered, and a row applies what came since before it is used.
//!
//! It gives the bits of the eager store: the trace x of a source does not change between two of its arrivals but for epochs, and post events are
//! applied oldest first, each with its bounds.

use crate::simd::{Kernel, Level};

use super::block::Block;
use super::factor::{Factor, One, Powered, Room, Weight, changed};
use super::log::{DEPTH, Log};
use super::plan::{self, Dependence};
use super::trace::renewed;
use super::wire::Wire;

/// Synapses that are looked at together.
const LANES: usize = 16;

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

/// What waits for a row, and the upper bound.
struct Waiting<'a> {
    log: &'a Log,
    trace: &'a Trace<'a>,
    w_max: f32,
}

/// Apply what waits for a source's row.
pub(super) fn apply(block: &mut Block, wire: &Wire, source: Source, level: Level) {
    let (Some(kernel), Some(pending)) = (&wire.plan.kernel, &wire.pending) else { return };
    let i = source.index as usize;
    let (log2, at, from) = (kernel.x.log2(), pending.at[i], pending.from[i]);
    let mut z = Vec::with_capacity(4);
    z.push(pending.z[i]);
    let newest = ((wire.now.step >> log2) - (at >> log2)) as usize;
    while z.len() <= newest && z[z.len() - 1] != 0.0 {
        z.push(renewed(z[z.len() - 1], kernel.x.epoch));
    }
    let trace = Trace {
        from,
        at,
        log2,
        z: &z,
        before: pending.before.get(i).copied().filter(|_| kernel.exclusive && from == at),
    };
    if kernel.restricted {
        restricted(block, wire, source, &trace);
    } else {
        level.run(Apply { block, kernel, source, trace });
    }
}

struct Apply<'a> {
    block: &'a mut Block,
    kernel: &'a plan::Kernel,
    source: Source,
    trace: Trace<'a>,
}

impl Kernel for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { block, kernel, source, trace } = self;
        let (w_max, inverse) = (kernel.w_max, kernel.inverse);
        match &kernel.post.dependence {
            Dependence::None => row(block, source, &trace, One, w_max),
            Dependence::Weight(None) => row(block, source, &trace, Weight { inverse }, w_max),
            Dependence::Room(None) => row(block, source, &trace, Room { w_max, inverse }, w_max),
            Dependence::Weight(Some(table)) => {
                row(block, source, &trace, Powered { base: Weight { inverse }, table }, w_max);
            }
            Dependence::Room(Some(table)) => {
                row(block, source, &trace, Powered { base: Room { w_max, inverse }, table }, w_max);
            }
        }
    }
}

#[inline(always)]
fn row<F: Factor>(block: &mut Block, source: Source, trace: &Trace<'_>, factor: F, w_max: f32) {
    let at = block.at(source.index);
    let Block { w, to, log: Some(log), .. } = block else { return };
    let (w, to) = (&mut w[at.clone()], &to[at]);
    let (whole, rest) = w.as_chunks_mut::<LANES>();
    let (targets, others) = to.as_chunks::<LANES>();
    let few = Few::new(trace);
    let waiting = &Waiting { log, trace, w_max };
    for (w, to) in whole.iter_mut().zip(targets) {
        match &few {
            Some(few) => few.apply(w, to, waiting, factor),
            None => each(w, to, waiting, factor),
        }
    }
    each(rest, others, waiting, factor);
}

/// Synapses one after another.
#[inline(always)]
fn each<F: Factor>(w: &mut [f32], to: &[u16], waiting: &Waiting<'_>, factor: F) {
    for (w, &j) in w.iter_mut().zip(to) {
        if waiting.log.steps[0][j as usize] >= waiting.trace.from {
            *w = one(*w, j as usize, waiting, factor);
        }
    }
}

type Lanes<T> = [T; LANES];

/// A trace of few epochs, for many synapses at once.
struct Few {
    z: Lanes<f32>,
    last: i32,
}

impl Few {
    #[inline(always)]
    fn new(trace: &Trace<'_>) -> Option<Self> {
        let mut z = [0.0; LANES];
        z.get_mut(..trace.z.len())?.copy_from_slice(trace.z);
        Some(Self { z, last: trace.z.len() as i32 - 1 })
    }

    /// The newest spikes of each synapse, from the oldest on; those that await more than are at hand go by the list.
    #[inline(always)]
    fn apply<F: Factor>(&self, w: &mut Lanes<f32>, to: &Lanes<u16>, waiting: &Waiting<'_>, factor: F) {
        let Waiting { log, trace, w_max } = *waiting;
        let (mut steps, mut live) = ([[0i32; LANES]; DEPTH], [[0u32; LANES]; DEPTH]);
        let (mut depth, mut awaited) = (0, [u32::MAX; LANES]);
        while depth < DEPTH {
            let here = gather(&log.steps[depth], to);
            let mut any = 0;
            for l in 0..LANES {
                awaited[l] &= u32::from(here[l] >= trace.from).wrapping_neg();
                any |= awaited[l];
            }
            if any == 0 {
                break;
            }
            (steps[depth], live[depth]) = (here, awaited);
            depth += 1;
        }
        if depth == DEPTH {
            return each(w, to, waiting, factor);
        }
        let mut now = *w;
        for d in (0..depth).rev() {
            let (scales, z) = (gather(&log.scales[d], to), self.seen(&steps[d], trace));
            for l in 0..LANES {
                let next = changed(now[l], scales[l] * z[l], 0.0, false, factor, w_max).to_bits();
                now[l] = f32::from_bits((next & live[d][l]) | (now[l].to_bits() & !live[d][l]));
            }
        }
        *w = now;
    }

    /// The trace at some steps; of steps that are not awaited anything.
    #[inline(always)]
    fn seen(&self, steps: &Lanes<i32>, trace: &Trace<'_>) -> Lanes<f32> {
        let first = trace.at >> trace.log2;
        let mut z = [0.0; LANES];
        for l in 0..LANES {
            let epoch = ((steps[l] >> trace.log2) - first).clamp(0, self.last);
            z[l] = self.z[epoch as usize & (LANES - 1)];
        }
        if let Some(before) = trace.before {
            for l in 0..LANES {
                z[l] = if steps[l] == trace.at { before } else { z[l] };
            }
        }
        z
    }
}

/// What targets have in a list.
#[inline(always)]
fn gather<T: Copy + Default>(values: &[T], to: &Lanes<u16>) -> Lanes<T> {
    let mut found = [T::default(); LANES];
    for l in 0..LANES {
        // SAFETY: targets are below the tile's size, which is the length of every list: `Block::new` puts none else.
        found[l] = unsafe { *values.get_unchecked(to[l] as usize) };
    }
    found
}

/// One synapse that awaits at least one spike.
#[inline(always)]
fn one<F: Factor>(mut w: f32, j: usize, waiting: &Waiting<'_>, factor: F) -> f32 {
    let Waiting { log, trace, w_max } = *waiting;
    let mut depth = 1;
    while depth < DEPTH && log.steps[depth][j] >= trace.from {
        depth += 1;
    }
    if depth == DEPTH {
        return many(w, j, waiting, factor);
    }
    for d in (0..depth).rev() {
        w = changed(w, log.scales[d][j] * trace.seen(log.steps[d][j]), 0.0, false, factor, w_max);
    }
    w
}

/// One synapse that may await many, by the list.
#[cold]
#[inline(never)]
fn many<F: Factor>(mut w: f32, j: usize, waiting: &Waiting<'_>, factor: F) -> f32 {
    let Waiting { log, trace, w_max } = *waiting;
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
        Dependence::Weight(Some(table)) => {
            restricted_row(block, source, trace, kernel, Powered { base: Weight { inverse }, table });
        }
        Dependence::Room(Some(table)) => {
            restricted_row(block, source, trace, kernel, Powered { base: Room { w_max, inverse }, table });
        }
    }
}

fn restricted_row<F: Factor>(block: &mut Block, source: Source, trace: &Trace<'_>, kernel: &plan::Kernel, factor: F) {
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
pub(super) fn flush(block: &mut Block, wire: &Wire, level: Level) {
    if block.log.is_some() {
        for source in 0..block.row.len() as u32 - 1 {
            apply(block, wire, Source::resting(wire, source), level);
        }
    }
}
