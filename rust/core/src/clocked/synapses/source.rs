//! What a layer's currents start from: nothing, or a convolution.

use std::ops::Range;

use crate::clocked::synapses::current::Current;
use crate::error::Result;
use crate::plan::MAX_BLOCK;
use crate::simd::Level;

/// Neighbouring pixels, at most.
pub(crate) const MAX_PIXELS: usize = 4;

/// Neighbouring pixels of a row of the result, from column `x` on.
pub(crate) struct Group {
    pub(crate) y: usize,
    pub(crate) x: usize,
    pub(crate) pixels: usize,
    pub(crate) steps: usize,
}

/// Values of `P` neighbouring pixels and `N` channels, step by step.
pub(crate) type Rows<T, const N: usize, const P: usize> = [[[T; N]; P]; MAX_BLOCK];

/// What a layer's currents start from.
pub(crate) trait Source<A, const N: usize, const P: usize> {
    /// Blocks of channels to run together over all pixels.
    fn together(&self, blocks: usize) -> usize;
    /// Before these blocks go over all pixels: fetch what all of these need.
    #[inline(always)]
    fn fetch(&self, _: Range<usize>) {}
    /// Prepare some output pixels.
    fn begin(&mut self, group: &Group);
    /// Their currents in a block of channels.
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<A, N, P>);
}

/// Currents of many pixels at one step, whatever rows of the result these lie in.
pub(crate) trait OneStep<A, const N: usize, const P: usize> {
    /// Blocks of channels to run together over all pixels.
    fn together(&self, blocks: usize) -> usize;
    /// Prepare some output pixels, from number `first` on.
    fn begin(&mut self, first: usize, pixels: usize);
    /// Their currents in a block of channels, `P` pixels in each row.
    fn fill(&self, block: usize, current: &mut Rows<A, N, P>);
}

/// A layer that takes its currents from any source.
pub(crate) trait Consumer<A> {
    /// The level that it runs at.
    fn level(&self) -> Level;
    /// Run on a source.
    fn consume<S: Source<A, N, P>, const N: usize, const P: usize>(self, source: S) -> Result<()>;
    /// Run on a source of one step.
    fn consume_step<S: OneStep<A, N, P>, const N: usize, const P: usize>(self, source: S) -> Result<()>;
}

/// No convolution.
pub(crate) struct Silence;

impl<A: Current, const N: usize, const P: usize> Source<A, N, P> for Silence {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, _: &Group) {}

    #[inline(always)]
    fn fill(&mut self, group: &Group, _: usize, current: &mut Rows<A, N, P>) {
        current[..group.steps].fill([[A::default(); N]; P]);
    }
}
