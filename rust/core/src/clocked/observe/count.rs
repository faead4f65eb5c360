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

/// Add bytes to bytes; no sum may leave its own.
pub(crate) struct AddPass<'a> {
    pub(crate) values: &'a [u8],
    pub(crate) sums: &'a mut [u8],
}

impl Kernel for AddPass<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (sum, &value) in self.sums.iter_mut().zip(self.values) {
            *sum = sum.wrapping_add(value);
        }
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

/// What the totals of a map say.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) events: u64,
    /// Totals of zero.
    pub(crate) silent: u64,
    /// Totals that reached the number of steps.
    pub(crate) saturated: u64,
    /// Weights that all events meet.
    pub(crate) met: u64,
    /// Those of them that are not zero.
    pub(crate) met_nonzero: u64,
}

/// Totals that are worked on together: they stay in the first cache.
const PIECE: usize = 2048;

/// Count what totals say, in one pass over them.
pub(crate) struct CountPass<'a> {
    pub(crate) totals: &'a [u32],
    pub(crate) steps: u32,
    /// How many weights an event meets at each place; empty where that is not asked for.
    pub(crate) fanout: &'a [u32],
    /// The same for weights that are not zero.
    pub(crate) fanout_nonzero: &'a [u32],
}

impl Kernel for CountPass<'_> {
    type Output = Counted;

    #[inline(always)]
    fn run(self) -> Counted {
        let mut counted = Counted::default();
        for (number, totals) in self.totals.chunks(PIECE).enumerate() {
            let begin = number * PIECE;
            let [mut silent, mut saturated] = [0_u32; 2];
            for &total in totals {
                counted.events += u64::from(total);
                silent += u32::from(total == 0);
                saturated += u32::from(total >= self.steps);
            }
            counted.silent += u64::from(silent);
            counted.saturated += u64::from(saturated);
            counted.met += dot(totals, self.fanout, begin);
            counted.met_nonzero += dot(totals, self.fanout_nonzero, begin);
        }
        counted
    }
}

/// The sum of totals times what stands at their places, which begin at `begin`.
#[inline(always)]
fn dot(totals: &[u32], fanout: &[u32], begin: usize) -> u64 {
    let fanout = fanout.get(begin..).unwrap_or_default();
    totals.iter().zip(fanout).fold(0, |sum, (&total, &met)| sum + u64::from(total) * u64::from(met))
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
    fn totals_are_counted() {
        let totals: Vec<u32> = (0..5000).map(|i| i * 7919 % 6).collect();
        let fanout: Vec<u32> = (0..5000).map(|i| i % 11).collect();
        let nonzero: Vec<u32> = fanout.iter().map(|met| met / 2).collect();
        let met = |fanout: &[u32]| totals.iter().zip(fanout).map(|(&n, &met)| u64::from(n * met)).sum::<u64>();
        let number = |has: fn(&u32) -> bool| totals.iter().filter(|total| has(total)).count() as u64;
        for level in Level::available() {
            let pass = CountPass { totals: &totals, steps: 4, fanout: &fanout, fanout_nonzero: &nonzero };
            let expected = Counted {
                events: totals.iter().map(|&total| u64::from(total)).sum(),
                silent: number(|&total| total == 0),
                saturated: number(|&total| total >= 4),
                met: met(&fanout),
                met_nonzero: met(&nonzero),
            };
            assert_eq!(level.run(pass), expected);
            let alone = level.run(CountPass { totals: &totals, steps: 4, fanout: &[], fanout_nonzero: &[] });
            assert_eq!(alone, Counted { met: 0, met_nonzero: 0, ..expected });
        }
    }
}
