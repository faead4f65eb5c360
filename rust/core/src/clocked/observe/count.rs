//! Exact counts of events, from each neuron's total.

use std::ops::AddAssign;

use crate::clocked::maps::buffers::View;
use crate::simd::Kernel;

/// Channels added at a time.
const LANES: usize = 64;
/// Channels added at a time where fewer are left.
const FEW: usize = 16;

/// What can be counted in a map.
pub(crate) trait Countable: Copy {
    fn events(self) -> u8;
}

impl Countable for u8 {
    #[inline(always)]
    fn events(self) -> u8 {
        self
    }
}

impl Countable for f32 {
    #[inline(always)]
    fn events(self) -> u8 {
        u8::from(self != 0.0)
    }
}

/// A total of counts.
pub(crate) trait Total: Copy + AddAssign + From<u32> {}

impl Total for u32 {}
impl Total for i64 {}

/// Add the events of some steps to totals, `[pixel][channel]`.
pub(crate) struct TotalsPass<'a, T, S> {
    pub(crate) map: View<'a, T>,
    pub(crate) steps: std::ops::Range<usize>,
    /// Largest value in the map.
    pub(crate) largest: u32,
    pub(crate) totals: &'a mut [S],
}

impl<T: Countable, S: Total> Kernel for TotalsPass<'_, T, S> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let channels = self.map.channels;
        let bytes = u8::try_from(self.largest as usize * self.steps.len()).is_ok();
        for (pixel, totals) in self.totals.chunks_exact_mut(channels).enumerate() {
            let values = &self.map.pixel(pixel)[self.steps.start * channels..self.steps.end * channels];
            if channels == 1 {
                totals[0] += S::from(values.iter().map(|value| u32::from(value.events())).sum());
                continue;
            }
            let (chunks, rest) = totals.as_chunks_mut::<LANES>();
            let tail = chunks.len() * LANES;
            for (number, totals) in chunks.iter_mut().enumerate() {
                if bytes {
                    add_bytes(&values[number * LANES..], channels, totals);
                } else {
                    add_wide(&values[number * LANES..], channels, totals);
                }
            }
            let (chunks, rest) = rest.as_chunks_mut::<FEW>();
            for (number, totals) in chunks.iter_mut().enumerate() {
                let values = &values[tail + number * FEW..];
                if bytes { add_bytes(values, channels, totals) } else { add_wide(values, channels, totals) }
            }
            if !rest.is_empty() {
                add_wide(&values[channels - rest.len()..], channels, rest);
            }
        }
    }
}

/// Sums that fit a byte.
#[inline(always)]
fn add_bytes<T: Countable, S: Total, const L: usize>(values: &[T], stride: usize, totals: &mut [S; L]) {
    let mut sum = [0_u8; L];
    for begin in (0..values.len()).step_by(stride) {
        if let Some(row) = values[begin..].first_chunk::<L>() {
            for lane in 0..L {
                sum[lane] = sum[lane].wrapping_add(row[lane].events());
            }
        }
    }
    for lane in 0..L {
        totals[lane] += S::from(u32::from(sum[lane]));
    }
}

#[inline(always)]
fn add_wide<T: Countable, S: Total>(values: &[T], stride: usize, totals: &mut [S]) {
    for row in values.chunks(stride) {
        for (total, value) in totals.iter_mut().zip(row) {
            *total += S::from(u32::from(value.events()));
        }
    }
}

/// Totals times how many weights each event meets.
pub(crate) struct DotPass<'a> {
    pub(crate) totals: &'a [u32],
    pub(crate) fanout: &'a [u32],
}

impl Kernel for DotPass<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let products = self.totals.iter().zip(self.fanout);
        products.fold(0, |sum, (&total, &fanout)| sum + u64::from(total) * u64::from(fanout))
    }
}

/// Levels above 0, one spike each, times what each spike meets.
pub(crate) struct SpikesPass<'a> {
    pub(crate) levels: &'a [u32],
    pub(crate) fanout: &'a [u32],
}

impl Kernel for SpikesPass<'_> {
    type Output = u64;

    #[inline(always)]
    fn run(self) -> u64 {
        let products = self.levels.iter().zip(self.fanout);
        products.fold(0, |sum, (&level, &fanout)| sum + if level > 0 { u64::from(fanout) } else { 0 })
    }
}

/// What the totals of a neuron layer say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Activity {
    pub(crate) events: u64,
    pub(crate) silent: u64,
    pub(crate) saturated: u64,
}

/// Sum totals; count those that are zero, and those that reached `steps`.
pub(crate) struct ActivityPass<'a> {
    pub(crate) totals: &'a [u32],
    pub(crate) steps: u32,
}

impl Kernel for ActivityPass<'_> {
    type Output = Activity;

    #[inline(always)]
    fn run(self) -> Activity {
        let mut activity = Activity::default();
        for chunk in self.totals.chunks(4096) {
            let [mut silent, mut saturated] = [0_u32; 2];
            for &total in chunk {
                activity.events += u64::from(total);
                silent += u32::from(total == 0);
                saturated += u32::from(total >= self.steps);
            }
            activity.silent += u64::from(silent);
            activity.saturated += u64::from(saturated);
        }
        activity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;

    #[test]
    fn totals_are_plain_sums() {
        for (channels, largest) in [(1, 1), (3, 1), (64, 1), (70, 255), (130, 7), (130, 8)] {
            let (pixels, steps) = (3, 32);
            let values: Vec<u8> =
                (0..pixels * steps * channels).map(|i| ((i * 7919) as u32 % (largest + 1)) as u8).collect();
            let map = View::new(&values, channels, steps);
            for level in Level::available() {
                let mut totals = vec![5_u32; pixels * channels];
                level.run(TotalsPass { map, steps: 3..31, largest, totals: &mut totals });
                for (at, &total) in totals.iter().enumerate() {
                    let (pixel, channel) = (at / channels, at % channels);
                    let plain: u32 = (3..31).map(|t| u32::from(map.at(pixel, t)[channel])).sum();
                    assert_eq!(total, 5 + plain, "{channels} {largest}");
                }
            }
        }
    }

    #[test]
    fn silent_and_saturated_neurons_are_counted() {
        let activity = Level::named(None).unwrap().run(ActivityPass { totals: &[0, 4, 2, 0, 4, 4], steps: 4 });
        assert_eq!(activity, Activity { events: 14, silent: 2, saturated: 3 });
    }
}
