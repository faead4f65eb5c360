//! Rows: what arrivals deliver, and do to their synapses.

use crate::simd::{Kernel, Level};

use crate::plastic::block::Block;
use crate::plastic::factor::{Factor, One, Powered, Room, Weight, changed};
use crate::plastic::lazy::{Source, apply};
use crate::plastic::memory::{AHEAD_ROW, NEAR, prefetch};
use crate::plastic::plan::{self, Dependence};
use crate::plastic::wire::Wire;

/// Synapses in a round of a loop.
const UNROLLED: usize = 8;

/// Deliver the arrivals of a step to `sums`, and let them change their rows.
pub(crate) fn rows(block: &mut Block, wire: &Wire, sums: &mut [f32], level: Level) {
    if wire.arrivals.is_empty() {
        return;
    }
    if block.dense {
        level.run(RowsOf::<true> { block, wire, sums, level });
    } else {
        level.run(RowsOf::<false> { block, wire, sums, level });
    }
}

/// `DENSE`: the k-th target of every row is k.
struct RowsOf<'a, const DENSE: bool> {
    block: &'a mut Block,
    wire: &'a Wire,
    sums: &'a mut [f32],
    level: Level,
}

/// A row that is looked at, and what its targets have.
struct Row<'a> {
    w: &'a mut [f32],
    c: &'a mut [f32],
    to: &'a [u16],
    y: &'a [f32],
    sums: &'a mut [f32],
    last: &'a [i32],
    /// The arrival before, where it matters.
    since: i32,
    scale: f32,
}

impl<const DENSE: bool> Kernel for RowsOf<'_, DENSE> {
    type Output = ();

    #[inline(always)]
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is for rows of one lifetime")]
    fn run(mut self) {
        let Some(kernel) = self.wire.plan.kernel.as_ref().filter(|_| self.wire.now.learn) else {
            return self.each(|row| row.deliver::<DENSE>());
        };
        let (w_max, inverse) = (kernel.w_max, kernel.inverse);
        if kernel.c.is_some() {
            let offset = self.wire.now.pre_offset;
            return self.each(|row| row.mark::<DENSE>(offset));
        }
        match &kernel.pre.dependence {
            Dependence::None if kernel.pre.only_lowers() && !kernel.restricted => self.each(|row| row.lose::<DENSE>()),
            Dependence::None => self.change(kernel, One),
            Dependence::Weight(None) => self.change(kernel, Weight { inverse }),
            Dependence::Room(None) => self.change(kernel, Room { w_max, inverse }),
            Dependence::Weight(Some(table)) => self.change(kernel, Powered { base: Weight { inverse }, table }),
            Dependence::Room(Some(table)) => self.change(kernel, Powered { base: Room { w_max, inverse }, table }),
        }
    }
}

impl<const DENSE: bool> RowsOf<'_, DENSE> {
    /// Do something with the row of each arrival; rows that come next are fetched ahead.
    #[inline(always)]
    fn each(&mut self, visit: impl Fn(Row<'_>)) {
        let wire = self.wire;
        let far = self.block.w.len() > NEAR;
        for (k, &i) in wire.arrivals.iter().enumerate() {
            if let Some(&next) = wire.arrivals.get(k + 1).filter(|_| far) {
                let at = self.block.at(next);
                let end = at.end.min(at.start + AHEAD_ROW);
                prefetch(&self.block.to, at.start, end);
                prefetch(&self.block.w, at.start, end);
            }
            if self.block.log.is_some() {
                apply(self.block, wire, Source::arriving(wire, k), self.level);
            }
            let at = self.block.at(i);
            let Block { w, c, to, y, last, .. } = &mut *self.block;
            visit(Row {
                w: &mut w[at.clone()],
                c: c.get_mut(at.clone()).unwrap_or(&mut []),
                to: &to[at],
                y,
                sums: self.sums,
                last,
                since: wire.before.get(k).map_or(0, |&last| last.max(0)),
                scale: wire.scales.get(k).copied().unwrap_or(0.0),
            });
        }
    }

    #[inline(always)]
    fn change<F: Factor>(&mut self, kernel: &plan::Kernel, factor: F) {
        let offset = self.wire.now.pre_offset;
        self.each(|row| row.change::<F, DENSE>(kernel, offset, factor));
    }
}

impl Row<'_> {
    /// The target of the row's `k`-th synapse.
    #[inline(always)]
    fn target<const DENSE: bool>(to: &[u16], k: usize) -> usize {
        // SAFETY: `k` counts the weights of the row, and it has as many targets.
        if DENSE { k } else { usize::from(unsafe { *to.get_unchecked(k) }) }
    }

    #[inline(always)]
    fn deliver<const DENSE: bool>(self) {
        let Self { w, to, sums, .. } = self;
        for (k, w) in w.iter().enumerate() {
            // SAFETY: targets are below the tile's size, which is the length of sums and traces: `Block::new` puts none else.
            unsafe { *sums.get_unchecked_mut(Self::target::<DENSE>(to, k)) += *w };
        }
    }

    /// Changes that only lower weights and depend on nothing.
    #[inline(always)]
    fn lose<const DENSE: bool>(self) {
        let Self { w, to, y, sums, scale, .. } = self;
        let mut visit = |w: &mut f32, j: usize| {
            // SAFETY: as above.
            let (sum, y) = unsafe { (sums.get_unchecked_mut(j), *y.get_unchecked(j)) };
            *sum += *w;
            let next = *w + scale * y;
            *w = if next > 0.0 { next } else { 0.0 };
        };
        if DENSE {
            return w.iter_mut().enumerate().for_each(|(j, w)| visit(w, j));
        }
        let ((parts, rest), (targets, others)) = (w.as_chunks_mut::<UNROLLED>(), to.as_chunks::<UNROLLED>());
        for (w, to) in parts.iter_mut().zip(targets) {
            (0..UNROLLED).for_each(|k| visit(&mut w[k], usize::from(to[k])));
        }
        rest.iter_mut().zip(others).for_each(|(w, &j)| visit(w, usize::from(j)));
    }

    #[inline(always)]
    fn change<F: Factor, const DENSE: bool>(self, kernel: &plan::Kernel, offset: f32, factor: F) {
        let (restricted, split, w_max) = (kernel.restricted, kernel.pre.split, kernel.w_max);
        let Self { w, to, y, sums, last, since, scale, .. } = self;
        for (k, w) in w.iter_mut().enumerate() {
            let j = Self::target::<DENSE>(to, k);
            // SAFETY: as above.
            let (sum, y) = unsafe { (sums.get_unchecked_mut(j), *y.get_unchecked(j)) };
            *sum += *w;
            let other = if restricted && last[j] < since { 0.0 } else { y };
            *w = changed(*w, scale * other, offset, split, factor, w_max);
        }
    }

    #[inline(always)]
    fn mark<const DENSE: bool>(self, offset: f32) {
        let Self { w, c, to, y, sums, last, since, scale } = self;
        for (k, (w, c)) in w.iter().zip(c).enumerate() {
            let j = Self::target::<DENSE>(to, k);
            sums[j] += *w;
            let other = if !last.is_empty() && last[j] < since { 0.0 } else { y[j] };
            *c += scale * other + offset;
        }
    }
}
