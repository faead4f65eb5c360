//! The read-out: sums over the steps, and scores at each read.

use std::ops::{AddAssign, Range};

use crate::clocked::block::Segment;
use crate::clocked::maps::buffers::View;
use crate::clocked::maps::transpose::to_planes;
use crate::clocked::observe::count::TotalsPass;
use crate::plan::{Readout, Shape};
use crate::simd::{Kernel, Level};

/// A read-out over one block.
pub(crate) struct OutputPass<'a> {
    pub(crate) level: Level,
    pub(crate) readout: Readout,
    pub(crate) unit: Option<&'a [f64]>,
    pub(crate) shape: Shape,
    /// Steps behind the block, counted from the start of the state.
    pub(crate) first: u64,
    pub(crate) segments: &'a [Segment],
    /// Scores of one sample, `(reads, K)`.
    pub(crate) scores: &'a mut [f32],
}

impl OutputPass<'_> {
    /// Read a real map.
    pub(crate) fn run_real(&mut self, map: View<'_, f32>, sums: &mut [f32]) {
        for segment in self.segments {
            self.level.run(SumPass { map, steps: segment.steps.clone(), sums });
            let mean = self.readout == Readout::MeanCurrent;
            let steps = self.read_steps(segment) as f32;
            self.score(segment, sums, |_, sum| if mean { sum / steps } else { sum });
        }
    }

    /// Read integer currents.
    pub(crate) fn run_current(&mut self, map: View<'_, i32>, sums: &mut [i64]) {
        for segment in self.segments {
            self.level.run(SumPass { map, steps: segment.steps.clone(), sums });
            self.score_integer(segment, sums);
        }
    }

    /// Read counts, none above `largest`.
    pub(crate) fn run_count(&mut self, map: View<'_, u8>, largest: u32, sums: &mut [i64]) {
        for segment in self.segments {
            if self.readout == Readout::FirstSpike {
                for step in segment.steps.clone() {
                    note_first(map, step, (self.first + step as u64) as i64, sums);
                }
            } else {
                self.level.run(TotalsPass { map, steps: segment.steps.clone(), largest, totals: sums });
            }
            self.score_integer(segment, sums);
        }
    }

    fn score_integer(&mut self, segment: &Segment, sums: &[i64]) {
        let (readout, unit, steps) = (self.readout, self.unit, self.read_steps(segment));
        self.score(segment, sums, |channel, sum| match (readout, unit) {
            (Readout::FirstSpike, _) if sum < 0 => f32::NEG_INFINITY,
            (Readout::FirstSpike, _) => -(sum as f32),
            (Readout::MeanCurrent, Some(unit)) => (sum as f64 * unit[channel] / steps as f64) as f32,
            (Readout::MeanCurrent, None) => sum as f32 / steps as f32,
            (_, Some(unit)) => (sum as f64 * unit[channel]) as f32,
            (_, None) => sum as f32,
        });
    }

    /// Steps from the start of the state to a segment's end.
    fn read_steps(&self, segment: &Segment) -> u64 {
        self.first + segment.steps.end as u64
    }

    fn score<T: Copy>(&mut self, segment: &Segment, sums: &[T], turn: impl Fn(usize, T) -> f32) {
        if let Some(read) = segment.read {
            let size = self.shape.size();
            to_planes(sums, self.shape, &mut self.scores[read * size..(read + 1) * size], turn);
        }
    }
}

/// Add some steps of a map to sums, ascending.
struct SumPass<'a, T, S> {
    map: View<'a, T>,
    steps: Range<usize>,
    sums: &'a mut [S],
}

impl<T: Copy, S: AddAssign + From<T>> Kernel for SumPass<'_, T, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (pixel, sums) in self.sums.chunks_exact_mut(self.map.channels).enumerate() {
            for step in self.steps.clone() {
                for (sum, &value) in sums.iter_mut().zip(self.map.at(pixel, step)) {
                    *sum += S::from(value);
                }
            }
        }
    }
}

/// Set what spikes now and has not spiked before.
fn note_first(map: View<'_, u8>, step: usize, now: i64, firsts: &mut [i64]) {
    for (pixel, firsts) in firsts.chunks_exact_mut(map.channels).enumerate() {
        for (first, &count) in firsts.iter_mut().zip(map.at(pixel, step)) {
            if *first < 0 && count > 0 {
                *first = now;
            }
        }
    }
}
