//! What a layer's currents start from: nothing, or a convolution.

use super::conv::{RowList, Synapses, blocks_together};
use super::current::Current;
use super::dense::Words;
use super::events::ActiveList;
use crate::plan::MAX_BLOCK;

/// A map as a kernel wants it.
pub(super) enum Inputs<'a> {
    /// Its active inputs, and room for those of a pixel.
    Active(&'a ActiveList, &'a mut [RowList; MAX_PIXELS]),
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

/// A convolution without groups.
pub(super) struct Blocks<'a, A: Current, const N: usize> {
    pub(super) synapses: &'a Synapses<A>,
    pub(super) weights: &'a [[A::Weight; N]],
    pub(super) list: &'a ActiveList,
    pub(super) rows: &'a mut [RowList; MAX_PIXELS],
}

impl<A: Current, const N: usize, const P: usize> Source<A, N, P> for Blocks<'_, A, N> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.synapses.rows, size_of::<[A::Weight; N]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        for (number, rows) in self.rows[..group.pixels].iter_mut().enumerate() {
            rows.gather(self.synapses, self.list, [group.y, group.x + number], group.steps);
        }
    }

    #[inline(always)]
    fn fill(&self, group: &Group, block: usize, current: &mut Rows<A, N, P>) {
        let weights = &self.weights[block * self.synapses.rows..(block + 1) * self.synapses.rows];
        let mut bias = [A::default(); N];
        bias.copy_from_slice(&self.synapses.bias[block * N..(block + 1) * N]);
        for (number, rows) in self.rows[..group.pixels].iter().enumerate() {
            for (step, sums) in current[..group.steps].iter_mut().enumerate() {
                let mut total = bias;
                if self.synapses.valued {
                    A::add_rows_by(rows.rows(step), rows.values(step), weights, &mut total);
                } else {
                    A::add_rows(rows.rows(step), weights, &mut total);
                }
                sums[number] = total;
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
    pub(super) rows: &'a mut [RowList; MAX_PIXELS],
    pub(super) sums: Vec<A>,
}

impl<A: Current, const N: usize> Source<A, N, 1> for Groups<'_, A> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        let (rows, steps) = (&mut self.rows[0], group.steps);
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
                if self.synapses.valued {
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
