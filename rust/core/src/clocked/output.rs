//! The read-out: sums over the steps, and scores at each read.

use super::buffers::View;
use super::input::to_planes;
use super::sample::Segment;
use super::state::Memory;
use crate::plan::{Readout, Shape};

/// A read-out over one block.
pub(super) struct OutputPass<'a> {
    pub(super) readout: Readout,
    pub(super) unit: Option<&'a [f64]>,
    pub(super) shape: Shape,
    /// Steps behind the block, counted from the start of the state.
    pub(super) first: u64,
    pub(super) segments: &'a [Segment],
    /// Scores of one sample, `(reads, K)`.
    pub(super) scores: &'a mut [f32],
}

impl OutputPass<'_> {
    /// Read a real map.
    pub(super) fn run_real(&mut self, map: View<'_, f32>, memory: &mut Memory) {
        let Memory::RealSum(sums) = memory else { return };
        for segment in self.segments {
            for step in segment.steps.clone() {
                each(map, sums, step, |sum, value| *sum += value);
            }
            let mean = self.readout == Readout::MeanCurrent;
            let steps = self.read_steps(segment) as f32;
            self.score(segment, sums, |_, sum| if mean { sum / steps } else { sum });
        }
    }

    /// Read counts or integer currents.
    pub(super) fn run_integer<T: Copy + Into<i64>>(&mut self, map: View<'_, T>, memory: &mut Memory) {
        let Memory::LongSum(sums) = memory else { return };
        for segment in self.segments {
            for step in segment.steps.clone() {
                let now = (self.first + step as u64) as i64;
                if self.readout == Readout::FirstSpike {
                    each(map, sums, step, |first, value| {
                        if *first < 0 && value.into() > 0 {
                            *first = now;
                        }
                    });
                } else {
                    each(map, sums, step, |sum, value| *sum = sum.wrapping_add(value.into()));
                }
            }
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

fn each<T: Copy, S>(map: View<'_, T>, sums: &mut [S], step: usize, enter: impl Fn(&mut S, T)) {
    for (pixel, sums) in sums.chunks_exact_mut(map.channels).enumerate() {
        for (sum, &value) in sums.iter_mut().zip(map.at(pixel, step)) {
            enter(sum, value);
        }
    }
}
