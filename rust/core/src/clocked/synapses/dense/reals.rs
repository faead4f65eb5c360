//! Dense float32 convolutions of static real maps: every input is multiplied, in the order in which inputs are added.

use crate::clocked::synapses::current::LANES;
use crate::clocked::synapses::dense::padded::Padded;
use crate::clocked::synapses::dense::pixels::{PixelRun, Windows, find_runs, find_segments};
use crate::clocked::synapses::dense::{Counts, DenseRun, Packing};
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::source::{Consumer, OneStep, Rows};
use crate::dot::{Run, Segment};
use crate::error::{Error, Result};
use crate::simd::Level;

/// Pixels whose sums stay in registers, and are enough to wait for none of them.
const TOGETHER: usize = 4;

/// Weights of 16 outputs for each input of a window, block after block.
#[derive(Debug)]
pub(crate) struct Reals(Vec<[f32; LANES]>);

impl DenseRun<f32> for Reals {
    /// Weights that are not finite have none: times 0 they would be no zeros.
    fn new(weights: &[f32], _: usize, outputs: usize) -> Option<Self> {
        if !weights.iter().all(|weight| weight.is_finite()) {
            return None;
        }
        let mut rows = vec![[0.0; LANES]; outputs.div_ceil(LANES) * weights.len() / outputs];
        for (block, rows) in rows.chunks_exact_mut(weights.len() / outputs).enumerate() {
            let begin = block * LANES;
            let width = LANES.min(outputs - begin);
            for (row, weights) in rows.iter_mut().zip(weights.chunks_exact(outputs)) {
                row[..width].copy_from_slice(&weights[begin..begin + width]);
            }
        }
        Some(Self(rows))
    }

    fn looks_up(&self, _: Level, _: &Geometry, _: usize) -> bool {
        false
    }

    fn make_tiles(&self, _: &Geometry, _: &mut Windows) {}

    fn run<C: Consumer<f32>>(&self, packing: Packing<'_, f32>, layer: C) -> Result<()> {
        let Packing { geometry, counts, bias, room } = packing;
        let Counts::Reals(padded) = counts else {
            return Err(Error::internal("a dense convolution of reals that are not there"));
        };
        let Windows { segments: [segments, ..], runs, .. } = room;
        find_segments(geometry, padded.row(), geometry.input.channels, segments);
        let (bias, _) = bias.as_chunks();
        layer.consume_step::<_, LANES, TOGETHER>(Pixels { geometry, rows: &self.0, padded, bias, segments, runs })
    }
}

/// Such a convolution as the source of a layer's currents.
struct Pixels<'a> {
    geometry: &'a Geometry,
    rows: &'a [[f32; LANES]],
    padded: &'a Padded<f32>,
    bias: &'a [[f32; LANES]],
    segments: &'a [Segment],
    runs: &'a mut Vec<PixelRun>,
}

impl Pixels<'_> {
    /// The sums of as many pixels as make whole `T`; what is left. An input of 0 adds 0, which is as good as skipping it.
    #[inline(always)]
    fn sums<'b, const T: usize>(
        &self,
        rows: &[[f32; LANES]],
        run: &mut Run,
        sums: &'b mut [[f32; LANES]],
    ) -> &'b mut [[f32; LANES]] {
        let (wholes, rest) = sums.as_chunks_mut::<T>();
        for sums in wholes {
            let mut totals = *sums;
            for segment in self.segments {
                let rows = &rows[segment.row..][..segment.length];
                let values = &self.padded.words()[run.first + segment.word..][..(T - 1) * run.step + segment.length];
                for number in 0..segment.length {
                    for pixel in 0..T {
                        let value = values[pixel * run.step + number];
                        for lane in 0..LANES {
                            totals[pixel][lane] += value * rows[number][lane];
                        }
                    }
                }
            }
            *sums = totals;
            run.first += T * run.step;
        }
        rest
    }
}

impl OneStep<f32, LANES, TOGETHER> for Pixels<'_> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.rows.len() / blocks, size_of::<[f32; LANES]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, first: usize, pixels: usize) {
        let sizes = [self.padded.row(), self.geometry.input.channels];
        find_runs(self.geometry, [first, pixels], sizes, self.runs);
    }

    #[inline(always)]
    fn fill(&self, block: usize, current: &mut Rows<f32, LANES, TOGETHER>) {
        let [height, width] = self.geometry.window.kernel;
        let depth = height * width * self.geometry.input.channels;
        let rows = &self.rows[block * depth..(block + 1) * depth];
        let mut sums = current.as_flattened_mut();
        for &PixelRun { mut run, pixels } in self.runs.iter() {
            let (own, rest) = sums.split_at_mut(pixels);
            own.fill(self.bias[block]);
            let own = self.sums::<TOGETHER>(rows, &mut run, own);
            self.sums::<1>(rows, &mut run, own);
            sums = rest;
        }
    }
}
