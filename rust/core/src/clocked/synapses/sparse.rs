//! Convolutions by events: weight rows of the active inputs, summed.

use std::hint::black_box;
use std::ops::Range;

use crate::clocked::synapses::aligned::{Aligned, LINE};
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::current::lanes;
use crate::clocked::synapses::events::{ActiveList, Tell};
use crate::clocked::synapses::geometry::blocks_together;
use crate::clocked::synapses::rows::RowList;
use crate::clocked::synapses::source::{Group, Rows, Source};

/// Programs for 32 bits do not: they are to be small.
const FETCHES: bool = cfg!(target_pointer_width = "64");
/// Events an input channel from which on all weights are fetched: most rows are then met, in either of 9 taps.
const EVENTS_TO_FETCH: usize = 2;

/// A convolution without groups, whose weights are rows of `M` outputs; an input meets `R` of them, `M R` = 64.
pub(crate) struct Events<'a, A: Synaptic, const M: usize, const R: usize> {
    pub(crate) synapses: &'a Synapses<A>,
    pub(crate) weights: &'a Aligned<A::Weight>,
    pub(crate) list: &'a ActiveList,
    pub(crate) rows: &'a mut RowList,
}

/// Look at each line of weights.
#[inline(never)]
fn read_in_order<A: Synaptic>(weights: &[A::Weight]) {
    let lines = weights.iter().step_by(LINE / size_of::<A::Weight>());
    black_box(lines.fold(A::default(), |all, &weight| all.plus(A::weigh(weight))));
}

impl<A: Synaptic, const M: usize, const R: usize> Events<'_, A, M, R> {
    /// The weights of a block as each pixel sees them: one row number is that of all pixels.
    #[inline(always)]
    fn views(&self, block: usize) -> [&[[A::Weight; M]]; R] {
        let (size, distance) = (self.synapses.geometry.reach.rows(), self.synapses.geometry.reach.distance());
        let weights = &self.weights.rows()[block * size..(block + 1) * size];
        let length = size - (R - 1) * distance;
        std::array::from_fn(|pixel| &weights[(R - 1 - pixel) * distance..][..length])
    }
}

impl<A: Synaptic, const M: usize, const R: usize, const N: usize, const P: usize> Source<A, N, P>
    for Events<'_, A, M, R>
{
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.synapses.geometry.reach.rows(), size_of::<[A::Weight; M]>(), blocks)
    }

    /// Events come to rows of weights in no order that a processor foresees: where they will come to most of them, these are read in
    /// order first.
    #[inline(always)]
    fn fetch(&self, blocks: Range<usize>) {
        let geometry = &self.synapses.geometry;
        let size = geometry.reach.rows();
        if FETCHES && self.list.used >= EVENTS_TO_FETCH * geometry.input.channels {
            let rows = &self.weights.rows::<M>()[blocks.start * size..blocks.end * size];
            read_in_order::<A>(rows.as_flattened());
        }
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        self.rows.gather(&self.synapses.geometry, self.list, [group.y, group.x / P], group.steps);
    }

    #[inline(always)]
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<A, N, P>) {
        let (weights, bias) = (self.views(block), lanes::<_, N>(&self.synapses.bias, block * N));
        let mut start = [[A::default(); M]; R];
        start.as_flattened_mut().copy_from_slice(&bias);
        let sums = current[..group.steps].as_flattened_mut().as_flattened_mut().as_chunks_mut::<M>().0;
        for (step, sums) in sums.as_chunks_mut::<R>().0.iter_mut().enumerate() {
            *sums = start;
            if self.synapses.geometry.tell == Tell::Value {
                A::add_rows_by(self.rows.rows(step), self.rows.values(step), weights, sums);
            } else {
                A::add_rows(self.rows.rows(step), weights, sums);
            }
        }
    }
}

/// A convolution with groups: each input adds to its own group's outputs and touches no other.
pub(crate) struct Groups<'a, A: Synaptic> {
    pub(crate) synapses: &'a Synapses<A>,
    pub(crate) weights: &'a [A::Weight],
    pub(crate) targets: &'a [u32],
    pub(crate) width: usize,
    pub(crate) list: &'a ActiveList,
    pub(crate) rows: &'a mut RowList,
    pub(crate) sums: &'a mut Vec<A>,
}

impl<A: Synaptic, const N: usize> Source<A, N, 1> for Groups<'_, A> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        let (rows, steps) = (&mut *self.rows, group.steps);
        rows.gather(&self.synapses.geometry, self.list, [group.y, group.x], steps);
        self.sums.clear();
        for step in 0..steps {
            let begin = self.sums.len();
            self.sums.extend_from_slice(&self.synapses.bias);
            let sums = &mut self.sums[begin..];
            for (number, &row) in rows.rows(step).iter().enumerate() {
                let row = row as usize;
                let weights = &self.weights[row * self.width..(row + 1) * self.width];
                let target = self.targets[row] as usize;
                let sums = &mut sums[target..target + self.width];
                if self.synapses.geometry.tell == Tell::Value {
                    let value = rows.values(step)[number];
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = sum.plus(A::weigh_by(weight, value));
                    }
                } else {
                    for (sum, &weight) in sums.iter_mut().zip(weights) {
                        *sum = sum.plus(A::weigh(weight));
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<A, N, 1>) {
        let padded = self.synapses.bias.len();
        for (step, [sum]) in current[..group.steps].iter_mut().enumerate() {
            sum.copy_from_slice(&self.sums[step * padded + block * N..step * padded + (block + 1) * N]);
        }
    }
}
