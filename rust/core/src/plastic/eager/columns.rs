//! Columns: what spikes of targets do to their synapses.

use crate::simd::{Kernel, Level};

use super::index::{AHEAD, Columns, From, Number};
use crate::plastic::block::Block;
use crate::plastic::factor::{Factor, One, Powered, Room, Weight, changed};
use crate::plastic::memory::{AHEAD_ROW, NEAR, prefetch};
use crate::plastic::plan::{self, Dependence};
use crate::plastic::wire::Wire;

/// Let spikes of targets change their columns: each with what it multiplies the sources' traces with.
pub(crate) fn columns(block: &mut Block, wire: &Wire, fired: &[(u32, f32)], level: Level) {
    let Some(kernel) = &wire.plan.kernel else { return };
    let Block { w, c, columns: Columns { col, from, place }, last, .. } = block;
    let by_target = ByTarget { col, from: &*from, place };
    level.run(ColumnsOf { by_target, w, c, last, wire, kernel, fired });
}

/// Where synapses are, by target.
#[derive(Clone, Copy)]
struct ByTarget<'a, F> {
    col: &'a [u32],
    from: F,
    place: &'a [u32],
}

struct ColumnsOf<'a, F> {
    by_target: ByTarget<'a, F>,
    w: &'a mut [f32],
    c: &'a mut [f32],
    last: &'a [i32],
    wire: &'a Wire,
    kernel: &'a plan::Kernel,
    fired: &'a [(u32, f32)],
}

impl Kernel for ColumnsOf<'_, &From> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.by_target.from {
            From::Narrow(from) => self.with(from.as_slice()).run(),
            From::Wide(from) => self.with(from.as_slice()).run(),
        }
    }
}

impl<'a> ColumnsOf<'a, &From> {
    #[inline(always)]
    fn with<I>(self, from: &'a [I]) -> ColumnsOf<'a, &'a [I]> {
        let Self { by_target: ByTarget { col, place, .. }, w, c, last, wire, kernel, fired } = self;
        ColumnsOf { by_target: ByTarget { col, from, place }, w, c, last, wire, kernel, fired }
    }
}

impl<I: Number> ByTarget<'_, &[I]> {
    /// The synapses of a target.
    #[inline(always)]
    fn span(&self, j: u32) -> (usize, usize) {
        (self.col[j as usize] as usize, self.col[j as usize + 1] as usize)
    }

    /// Have a column's indices on their way.
    #[inline(always)]
    fn fetch(&self, j: u32) {
        let (start, end) = self.span(j);
        let end = end.min(start + AHEAD_ROW / 2);
        prefetch(self.from, start, end);
        prefetch(self.place, start, end);
    }
}

impl<I: Number> ColumnsOf<'_, &[I]> {
    #[inline(always)]
    fn run(mut self) {
        let (w_max, inverse) = (self.kernel.w_max, self.kernel.inverse);
        match &self.kernel.post.dependence {
            Dependence::None
                if self.kernel.post.only_raises() && !self.kernel.restricted && self.kernel.c.is_none() =>
            {
                if self.w.len() > NEAR {
                    self.gain::<true>(w_max);
                } else {
                    self.gain::<false>(w_max);
                }
            }
            Dependence::None => self.change(One),
            Dependence::Weight(None) => self.change(Weight { inverse }),
            Dependence::Room(None) => self.change(Room { w_max, inverse }),
            Dependence::Weight(Some(table)) => self.change(Powered { base: Weight { inverse }, table }),
            Dependence::Room(Some(table)) => self.change(Powered { base: Room { w_max, inverse }, table }),
        }
    }

    /// Changes that only raise weights and depend on nothing.
    #[inline(always)]
    fn gain<const FAR: bool>(&mut self, w_max: f32) {
        let Self { by_target, w, wire, fired, .. } = self;
        let (by_target, x) = (*by_target, wire.x.as_slice());
        let following = |k: usize| fired.get(k).map(|&(j, _)| j);
        for (k, &(j, scale)) in fired.iter().enumerate() {
            if let Some(j) = following(k + if FAR { 2 } else { 1 }) {
                by_target.fetch(j);
            }
            let (start, end) = by_target.span(j);
            // Behind its end, a column asks for the weights at the start of the next one.
            let jump = following(k + 1).map_or(0, |j| by_target.span(j).0.wrapping_sub(end));
            for at in start..end {
                // SAFETY: columns lie within the synapses; what is `AHEAD` of one is, or starts at one and is less than `AHEAD` of it: `sorted`
                // fills as many places. Its sources are below the length of `x`, and its places below that of `w`.
                unsafe {
                    if FAR {
                        let ahead = at + AHEAD;
                        let ahead = if ahead < end { ahead } else { ahead.wrapping_add(jump) };
                        let place = *by_target.place.get_unchecked(ahead) as usize;
                        prefetch(w, place, place + 1);
                    }
                    let source = by_target.from.get_unchecked(at).get();
                    let w = w.get_unchecked_mut(*by_target.place.get_unchecked(at) as usize);
                    let next = *w + scale * *x.get_unchecked(source);
                    *w = if next < w_max { next } else { w_max };
                }
            }
        }
    }

    #[inline(always)]
    fn change<F: Factor>(&mut self, factor: F) {
        let Self { by_target, w, c, last, wire, kernel, fired } = self;
        let (offset, split, marks) = (wire.now.post_offset, kernel.post.split, kernel.c.is_some());
        for &(j, scale) in *fired {
            let (start, end) = by_target.span(j);
            let since = last.get(j as usize).map_or(0, |&last| last + i32::from(!kernel.exclusive));
            for (source, &place) in by_target.from[start..end].iter().zip(&by_target.place[start..end]) {
                let (source, place) = (source.get(), place as usize);
                let other = if kernel.restricted && wire.last[source] < since { 0.0 } else { wire.x[source] };
                if marks {
                    c[place] += scale * other + offset;
                } else {
                    w[place] = changed(w[place], scale * other, offset, split, factor, kernel.w_max);
                }
            }
        }
    }
}
