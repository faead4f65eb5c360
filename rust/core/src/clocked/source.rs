//! What a layer's currents start from: nothing, or a convolution.

use super::aligned::Aligned;
use super::conv::{Synapses, blocks_together};
use super::current::{Current, lanes};
use super::dense::Words;
use super::events::{ActiveList, Tell};
use super::rows::RowList;
use crate::plan::MAX_BLOCK;

/// A map as a kernel wants it.
#[derive(Clone, Copy)]
pub(super) enum Inputs<'a> {
    /// Its active inputs.
    Active(&'a ActiveList),
    /// All of it.
    Words(&'a Words),
}

/// Neighbouring pixels, at most.
pub(super) const MAX_PIXELS: usize = 4;

/// Neighbouring pixels of a row of the result, from column `x` on.
pub(super) struct Group {
    pub(super) y: usize,
    pub(super) x: usize,
    pub(super) pixels: usize,
    pub(super) steps: usize,
}

/// Values of `P` neighbouring pixels and `N` channels, step by step.
pub(super) type Rows<T, const N: usize, const P: usize> = [[[T; N]; P]; MAX_BLOCK];

/// What a layer's currents start from.
pub(super) trait Source<A, const N: usize, const P: usize> {
    /// Blocks of channels to run together over all pixels.
    fn together(&self, blocks: usize) -> usize;
    /// Prepare some output pixels.
    fn begin(&mut self, group: &Group);
    /// Their currents in a block of channels.
    fn fill(&self, group: &Group, block: usize, current: &mut Rows<A, N, P>);
}

/// No convolution.
pub(super) struct Silence;

impl<A: Current, const N: usize, const P: usize> Source<A, N, P> for Silence {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, _: &Group) {}

    #[inline(always)]
    fn fill(&self, group: &Group, _: usize, current: &mut Rows<A, N, P>) {
        current[..group.steps].fill([[A::default(); N]; P]);
    }
}

/// A convolution without groups, whose weights are rows of `M` outputs; an input meets `R` of them, `M R` = 64.
pub(super) struct Events<'a, A: Current, const M: usize, const R: usize> {
    pub(super) synapses: &'a Synapses<A>,
    pub(super) weights: &'a Aligned<A::Weight>,
    pub(super) list: &'a ActiveList,
    pub(super) rows: &'a mut RowList,
}

impl<A: Current, const M: usize, const R: usize> Events<'_, A, M, R> {
    /// The weights of a block as each pixel sees them: one row number is that of all pixels.
    #[inline(always)]
    fn views(&self, block: usize) -> [&[[A::Weight; M]]; R] {
        let (size, distance) = (self.synapses.reach.rows(), self.synapses.reach.distance());
        let weights = &self.weights.rows()[block * size..(block + 1) * size];
        let length = size - (R - 1) * distance;
        std::array::from_fn(|pixel| &weights[(R - 1 - pixel) * distance..][..length])
    }
}

impl<A: Current, const M: usize, const R: usize, const N: usize, const P: usize> Source<A, N, P>
    for Events<'_, A, M, R>
{
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.synapses.reach.rows(), size_of::<[A::Weight; M]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        self.rows.gather(self.synapses, self.list, [group.y, group.x / P], group.steps);
    }

    #[inline(always)]
    fn fill(&self, group: &Group, block: usize, current: &mut Rows<A, N, P>) {
        let (weights, bias) = (self.views(block), lanes::<_, N>(&self.synapses.bias, block * N));
        let mut start = [[A::default(); M]; R];
        start.as_flattened_mut().copy_from_slice(&bias);
        let sums = current[..group.steps].as_flattened_mut().as_flattened_mut().as_chunks_mut::<M>().0;
        for (step, sums) in sums.as_chunks_mut::<R>().0.iter_mut().enumerate() {
            *sums = start;
            if self.synapses.tell == Tell::Value {
                A::add_rows_by(self.rows.rows(step), self.rows.values(step), weights, sums);
            } else {
                A::add_rows(self.rows.rows(step), weights, sums);
            }
        }
    }
}

/// A convolution with groups: each input adds to its own group's outputs and touches no other.
pub(super) struct Groups<'a, A: Current> {
    pub(super) synapses: &'a Synapses<A>,
    pub(super) weights: &'a [A::Weight],
    pub(super) targets: &'a [u32],
    pub(super) width: usize,
    pub(super) list: &'a ActiveList,
    pub(super) rows: &'a mut RowList,
    pub(super) sums: Vec<A>,
}

impl<A: Current, const N: usize> Source<A, N, 1> for Groups<'_, A> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        let (rows, steps) = (&mut *self.rows, group.steps);
        rows.gather(self.synapses, self.list, [group.y, group.x], steps);
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
                if self.synapses.tell == Tell::Value {
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
    fn fill(&self, group: &Group, block: usize, current: &mut Rows<A, N, 1>) {
        let padded = self.synapses.bias.len();
        for (step, [sum]) in current[..group.steps].iter_mut().enumerate() {
            sum.copy_from_slice(&self.sums[step * padded + block * N..step * padded + (block + 1) * N]);
        }
    }
}
