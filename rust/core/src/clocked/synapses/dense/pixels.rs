//! Dense int8 convolutions at one step: a row of weights that was loaded once meets many pixels.

use crate::clocked::synapses::dense::lookups::Found;
use crate::clocked::synapses::dense::padded::Padded;
use crate::clocked::synapses::dense::words::words_of;
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::source::{MAX_PIXELS, OneStep, Rows};
use crate::dot::tiles::Begins;
use crate::dot::{self, OUTPUTS, Row, Segment};
use crate::simd::Level;

/// A dense convolution at one step as the source of a layer's currents.
pub(crate) struct Pixels<'a, const V: usize> {
    level: Level,
    geometry: &'a Geometry,
    rows: &'a [[Row; V]],
    padded: &'a Padded<u32>,
    bias: &'a [[[i32; OUTPUTS]; V]],
    /// Of every pixel.
    segments: &'a [Segment],
    runs: &'a mut Vec<PixelRun>,
}

impl<'a, const V: usize> Pixels<'a, V> {
    pub(crate) fn new(
        level: Level,
        geometry: &'a Geometry,
        rows: &'a [[Row; V]],
        padded: &'a Padded<u32>,
        bias: &'a [[[i32; OUTPUTS]; V]],
        room: &'a mut Windows,
    ) -> Self {
        let Windows { segments: [segments, ..], runs, .. } = room;
        find_segments(geometry, padded.row(), words_of(geometry.input.channels), segments);
        Self { level, geometry, rows, padded, bias, segments, runs }
    }

    /// The sums of as many pixels as make whole `T`; what is left of the run.
    #[inline(always)]
    fn sums<'b, const T: usize>(
        &self,
        inputs: &dot::Inputs<'_, V>,
        run: &mut dot::Run,
        sums: &'b mut [[[i32; OUTPUTS]; V]],
    ) -> &'b mut [[[i32; OUTPUTS]; V]] {
        let (wholes, rest) = sums.as_chunks_mut::<T>();
        for sums in wholes {
            dot::pixels(self.level, inputs, *run, sums);
            run.first += T * run.step;
        }
        rest
    }
}

impl<const V: usize, const N: usize, const P: usize> OneStep<i32, N, P> for Pixels<'_, V> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.rows.len() / blocks, size_of::<[Row; V]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, first: usize, pixels: usize) {
        let width = words_of(self.geometry.input.channels);
        find_runs(self.geometry, [first, pixels], [self.padded.row(), width], self.runs);
    }

    #[inline(always)]
    fn fill(&self, block: usize, current: &mut Rows<i32, N, P>) {
        let [height, width] = self.geometry.window.kernel;
        let depth = height * width * words_of(self.geometry.input.channels);
        let inputs = dot::Inputs {
            words: self.padded.words(),
            segments: self.segments,
            rows: &self.rows[block * depth..(block + 1) * depth],
            most: self.geometry.most,
            bias: &self.bias[block],
        };
        let sums = current.as_flattened_mut().as_flattened_mut().as_chunks_mut::<OUTPUTS>().0;
        let mut sums = &mut sums.as_chunks_mut::<V>().0[..];
        for &PixelRun { mut run, pixels } in self.runs.iter() {
            let (own, rest) = sums.split_at_mut(pixels);
            let own = self.sums::<8>(&inputs, &mut run, own);
            let own = self.sums::<4>(&inputs, &mut run, own);
            let own = self.sums::<2>(&inputs, &mut run, own);
            self.sums::<1>(&inputs, &mut run, own);
            sums = rest;
        }
    }
}

/// Room for what the windows of dense convolutions read.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// Of each pixel, or of every one in the first.
    pub(crate) segments: [Vec<Segment>; MAX_PIXELS],
    pub(crate) runs: Vec<PixelRun>,
    pub(crate) found: Found,
    pub(crate) begins: Begins,
}

impl Windows {
    /// Make room for those of a convolution.
    pub(crate) fn make_room(&mut self, geometry: &Geometry) {
        let [height, width] = geometry.window.kernel;
        for segments in &mut self.segments {
            segments.clear();
            segments.reserve(height * width);
        }
        self.runs.clear();
        self.runs.reserve(geometry.down.len());
    }
}

/// Pixels of one row of a result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PixelRun {
    pub(crate) run: dot::Run,
    pub(crate) pixels: usize,
}

/// What a pixel reads, from its first word on, in a map with rows and pixels of so many words; rows of weights are as the words.
pub(crate) fn find_segments(geometry: &Geometry, row: usize, width: usize, segments: &mut Vec<Segment>) {
    let window = &geometry.window;
    // Taps that lie side by side are one segment; taps apart are one each.
    let joined = window.dilation[1] == 1;
    let (slices, length) = if joined { (1, window.kernel[1]) } else { (window.kernel[1], 1) };
    segments.clear();
    for tap in 0..window.kernel[0] {
        for slice in 0..slices {
            segments.push(Segment {
                word: tap * window.dilation[0] * row + slice * window.dilation[1] * width,
                row: (tap * window.kernel[1] + slice) * width,
                length: length * width,
            });
        }
    }
}

/// The runs of some pixels, from number `first` on, in a map with rows and pixels of so many words.
#[inline(always)]
pub(crate) fn find_runs(
    geometry: &Geometry,
    [mut first, mut pixels]: [usize; 2],
    [row, width]: [usize; 2],
    runs: &mut Vec<PixelRun>,
) {
    let ([down, across], columns) = (geometry.window.stride, geometry.across.len());
    runs.clear();
    while pixels > 0 {
        let (y, x) = (first / columns, first % columns);
        let own = pixels.min(columns - x);
        let run = dot::Run { first: y * down * row + x * across * width, step: across * width };
        runs.push(PixelRun { run, pixels: own });
        (first, pixels) = (first + own, pixels - own);
    }
}
