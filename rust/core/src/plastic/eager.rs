//! The eager store: an arrival changes its row, a spike of a target changes its column.

use crate::simd::{Kernel, Level};

use super::block::Block;
use super::factor::{Factor, One, Powered, Room, Weight, changed};
use super::lazy::{Source, apply};
use super::memory::prefetch;
use super::plan::{Change, Dependence};
use super::wire::Wire;

/// Weights that stay in the cache of a core: nothing is fetched ahead.
const NEAR: usize = 1 << 19;
/// How many places ahead the weights of a column are asked for.
const AHEAD: usize = 64;
/// Of the next row and column, how much is fetched ahead at most.
const AHEAD_ROW: usize = 512;

/// Deliver the arrivals of a step to `sums`, and let them change their rows.
pub(super) fn rows(block: &mut Block, wire: &Wire, sums: &mut [f32], level: Level) {
    level.run(RowsOf { block, wire, sums });
}

/// Let spikes of targets change their columns: each with what it multiplies the sources' traces with.
pub(super) fn columns(block: &mut Block, wire: &Wire, fired: &[(u32, f32)], level: Level) {
    level.run(ColumnsOf { block, wire, fired });
}

struct RowsOf<'a> {
    block: &'a mut Block,
    wire: &'a Wire,
    sums: &'a mut [f32],
}

struct ColumnsOf<'a> {
    block: &'a mut Block,
    wire: &'a Wire,
    fired: &'a [(u32, f32)],
}

impl Kernel for RowsOf<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let Some(kernel) = self.wire.plan.kernel.as_ref().filter(|_| self.wire.now.learn) else {
            return self.each(|this, at, _, _| this.deliver(at));
        };
        let (w_max, inverse) = (kernel.w_max, kernel.inverse);
        if kernel.c.is_some() {
            return self.each(RowsOf::mark);
        }
        match &kernel.pre.dependence {
            Dependence::None if is_loss(&kernel.pre) && !kernel.restricted => {
                self.each(|this, at, _, scale| this.lose(at, scale));
            }
            Dependence::None => self.each(|this, at, k, scale| this.change(at, k, scale, One)),
            Dependence::Weight(None) => self.each(|this, at, k, scale| this.change(at, k, scale, Weight { inverse })),
            Dependence::Room(None) => {
                self.each(|this, at, k, scale| this.change(at, k, scale, Room { w_max, inverse }));
            }
            Dependence::Weight(Some(table)) => {
                let factor = Powered { base: Weight { inverse }, table };
                self.each(|this, at, k, scale| this.change(at, k, scale, factor));
            }
            Dependence::Room(Some(table)) => {
                let factor = Powered { base: Room { w_max, inverse }, table };
                self.each(|this, at, k, scale| this.change(at, k, scale, factor));
            }
        }
    }
}

/// Whether a change can only lower weights.
fn is_loss(change: &Change) -> bool {
    change.pair <= 0.0 && change.triplet <= 0.0 && change.offset == 0.0
}

/// Whether a change can only raise weights.
fn is_gain(change: &Change) -> bool {
    change.pair >= 0.0 && change.triplet >= 0.0 && change.offset == 0.0
}

impl RowsOf<'_> {
    /// Do something with each arrival's row, its source and its scale; rows that come next are fetched ahead.
    #[inline(always)]
    fn each(&mut self, row: impl Fn(&mut Self, std::ops::Range<usize>, usize, f32)) {
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
                apply(self.block, wire, Source::arriving(wire, k));
            }
            row(self, self.block.at(i), k, wire.scales.get(k).copied().unwrap_or(0.0));
        }
    }

    #[inline(always)]
    fn deliver(&mut self, at: std::ops::Range<usize>) {
        for (w, &j) in self.block.w[at.clone()].iter().zip(&self.block.to[at]) {
            self.sums[j as usize] += *w;
        }
    }

    /// Changes that only lower weights and depend on nothing.
    #[inline(always)]
    fn lose(&mut self, at: std::ops::Range<usize>, scale: f32) {
        let Block { w, to, y, .. } = &mut *self.block;
        for (w, &j) in w[at.clone()].iter_mut().zip(&to[at]) {
            let j = j as usize;
            // SAFETY: targets are below the tile's size, which is the length of sums and traces: `Block::new` puts none else.
            let (sum, y) = unsafe { (self.sums.get_unchecked_mut(j), *y.get_unchecked(j)) };
            *sum += *w;
            let next = *w + scale * y;
            *w = if next > 0.0 { next } else { 0.0 };
        }
    }

    #[inline(always)]
    fn change<F: Factor>(&mut self, at: std::ops::Range<usize>, k: usize, scale: f32, factor: F) {
        let Some(kernel) = &self.wire.plan.kernel else { return };
        let (offset, split) = (self.wire.now.pre_offset, kernel.pre.split);
        let since = self.wire.before.get(k).map_or(0, |&last| last.max(0));
        let Block { w, to, y, last, .. } = &mut *self.block;
        for (w, &j) in w[at.clone()].iter_mut().zip(&to[at]) {
            let j = j as usize;
            self.sums[j] += *w;
            let other = if kernel.restricted && last[j] < since { 0.0 } else { y[j] };
            *w = changed(*w, scale * other, offset, split, factor, kernel.w_max);
        }
    }

    #[inline(always)]
    fn mark(&mut self, at: std::ops::Range<usize>, k: usize, scale: f32) {
        let Some(kernel) = &self.wire.plan.kernel else { return };
        let since = self.wire.before.get(k).map_or(0, |&last| last.max(0));
        let Block { w, c, to, y, last, .. } = &mut *self.block;
        for ((w, c), &j) in w[at.clone()].iter().zip(&mut c[at.clone()]).zip(&to[at]) {
            let j = j as usize;
            self.sums[j] += *w;
            let other = if kernel.restricted && last[j] < since { 0.0 } else { y[j] };
            *c += scale * other + self.wire.now.pre_offset;
        }
    }
}

impl Kernel for ColumnsOf<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let Some(kernel) = &self.wire.plan.kernel else { return };
        let (w_max, inverse) = (kernel.w_max, kernel.inverse);
        match &kernel.post.dependence {
            Dependence::None if is_gain(&kernel.post) && !kernel.restricted && kernel.c.is_none() => {
                if self.block.w.len() > NEAR { self.gain::<true>(w_max) } else { self.gain::<false>(w_max) }
            }
            Dependence::None => self.change(One),
            Dependence::Weight(None) => self.change(Weight { inverse }),
            Dependence::Room(None) => self.change(Room { w_max, inverse }),
            Dependence::Weight(Some(table)) => self.change(Powered { base: Weight { inverse }, table }),
            Dependence::Room(Some(table)) => self.change(Powered { base: Room { w_max, inverse }, table }),
        }
    }
}

impl ColumnsOf<'_> {
    /// Have what the next columns need on its way.
    #[inline(always)]
    fn fetch(&self, k: usize) {
        let columns = &self.block.columns;
        let span = |j: u32| columns.col[j as usize] as usize..columns.col[j as usize + 1] as usize;
        if let Some(&(j, _)) = self.fired.get(k + 2) {
            let at = span(j);
            let end = at.end.min(at.start + AHEAD_ROW / 2);
            prefetch(&columns.from, at.start, end);
            prefetch(&columns.place, at.start, end);
        }
        if let Some(&(j, _)) = self.fired.get(k + 1) {
            let at = span(j);
            for &place in &columns.place[at.start..at.end.min(at.start + AHEAD)] {
                prefetch(&self.block.w, place as usize, place as usize + 1);
            }
        }
    }

    /// Changes that only raise weights and depend on nothing.
    #[inline(always)]
    fn gain<const FAR: bool>(&mut self, w_max: f32) {
        for (k, &(j, scale)) in self.fired.iter().enumerate() {
            if FAR {
                self.fetch(k);
            }
            let Block { w, columns, .. } = &mut *self.block;
            let (a, b) = (columns.col[j as usize] as usize, columns.col[j as usize + 1] as usize);
            for at in a..b {
                // SAFETY: `transpose` makes columns within `from` and `place`, sources below the length of `x`, and places below that of `w`.
                unsafe {
                    if FAR {
                        let next = *columns.place.get_unchecked((at + AHEAD).min(b - 1)) as usize;
                        prefetch(w, next, next + 1);
                    }
                    let x = *self.wire.x.get_unchecked(*columns.from.get_unchecked(at) as usize);
                    let w = w.get_unchecked_mut(*columns.place.get_unchecked(at) as usize);
                    let next = *w + scale * x;
                    *w = if next < w_max { next } else { w_max };
                }
            }
        }
    }

    #[inline(always)]
    fn change<F: Factor>(&mut self, factor: F) {
        let Some(kernel) = &self.wire.plan.kernel else { return };
        let (offset, split) = (self.wire.now.post_offset, kernel.post.split);
        for &(j, scale) in self.fired {
            let Block { w, c, columns, last, .. } = &mut *self.block;
            let at = columns.col[j as usize] as usize..columns.col[j as usize + 1] as usize;
            let since = last.get(j as usize).map_or(0, |&last| last + i32::from(!kernel.exclusive));
            for (&i, &place) in columns.from[at.clone()].iter().zip(&columns.place[at]) {
                let (i, place) = (i as usize, place as usize);
                let other = if kernel.restricted && self.wire.last[i] < since { 0.0 } else { self.wire.x[i] };
                if kernel.c.is_some() {
                    c[place] += scale * other + offset;
                } else {
                    w[place] = changed(w[place], scale * other, offset, split, factor, kernel.w_max);
                }
            }
        }
    }
}
