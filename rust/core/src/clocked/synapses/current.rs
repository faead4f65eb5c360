//! The two kinds of current, float32 and int32, and the arithmetic that `docs/numerics.md` defines for each.

use crate::clocked::maps::buffers::Element;
use crate::neuron::Potential;

/// Channels that the neuron arithmetic takes at a time.
pub(crate) const LANES: usize = 16;

/// Neurons whose currents lie side by side: `P` neighbouring pixels of `N` channels, `P N` = 64.
pub(crate) const TOGETHER: usize = 64;

/// Constants of channels, in whole blocks of 64.
pub(crate) fn blocks<T: Copy>(constants: &[T], padding: T) -> Vec<T> {
    let mut padded = constants.to_vec();
    padded.resize(constants.len().next_multiple_of(TOGETHER), padding);
    padded
}

/// Such constants of 64 neurons: of `N` channels from `begin` on, again and again.
#[inline(always)]
pub(crate) fn lanes<T: Copy + Default, const N: usize>(constants: &[T], begin: usize) -> [T; TOGETHER] {
    let mut lanes = [T::default(); TOGETHER];
    if let Some(own) = constants[begin..].first_chunk::<N>() {
        for lanes in lanes.as_chunks_mut::<N>().0 {
            *lanes = *own;
        }
    }
    lanes
}

/// Rows of int8 weights that a 16-bit sum holds for certain: 256 * 128 = 2^15, which only -128 reaches.
const NARROW_ROWS: usize = 256;

/// What flows into neurons: `f32` from `f32` weights, or `i32` from `i8` weights.
pub(crate) trait Current: Element + Potential {
    /// The weights that make it.
    type Weight: Copy + Default + std::fmt::Debug + Send + Sync + 'static;

    /// Counts up to this one are added again and again rather than multiplied; floats would not be the same.
    const AGAIN: u8;

    /// A weight as a current.
    fn weigh(weight: Self::Weight) -> Self;
    /// A weight times a count or a real value.
    fn weigh_by(weight: Self::Weight, value: f32) -> Self;
    /// A count times a constant.
    fn scale(count: u8, constant: Self) -> Self;
    /// A fixed-point product; floats have none and stay as they are.
    fn ratio(self, multiplier: i32, shift: i32) -> Self;
    fn widen(self) -> f64;

    /// Add rows of weights, in the order of `rows`, to the sums of `R` pixels; there are whole fours of rows.
    #[inline(always)]
    fn add_rows<const M: usize, const R: usize>(
        rows: &[u32],
        weights: [&[[Self::Weight; M]]; R],
        sums: &mut [[Self; M]; R],
    ) {
        let mut totals = *sums;
        for &row in rows {
            for pixel in 0..R {
                let weight = &weights[pixel][row as usize];
                for lane in 0..M {
                    totals[pixel][lane] = totals[pixel][lane].plus(Self::weigh(weight[lane]));
                }
            }
        }
        *sums = totals;
    }

    /// Add rows of weights, each times its value, in the order of `rows`.
    #[inline(always)]
    fn add_rows_by<const M: usize, const R: usize>(
        rows: &[u32],
        values: &[f32],
        weights: [&[[Self::Weight; M]]; R],
        sums: &mut [[Self; M]; R],
    ) {
        let mut totals = *sums;
        for (&row, &value) in rows.iter().zip(values) {
            // One loop over all lanes: of two nested ones the compiler makes scalar code.
            let together: [[Self::Weight; M]; R] = std::array::from_fn(|pixel| weights[pixel][row as usize]);
            for (total, &weight) in totals.as_flattened_mut().iter_mut().zip(together.as_flattened()) {
                *total = total.plus(Self::weigh_by(weight, value));
            }
        }
        *sums = totals;
    }
}

impl Current for f32 {
    type Weight = f32;
    const AGAIN: u8 = 1;

    #[inline(always)]
    fn weigh(weight: f32) -> Self {
        weight
    }

    #[inline(always)]
    fn weigh_by(weight: f32, value: f32) -> Self {
        value * weight
    }

    #[inline(always)]
    fn scale(count: u8, constant: Self) -> Self {
        f32::from(count) * constant
    }

    #[inline(always)]
    fn ratio(self, _multiplier: i32, _shift: i32) -> Self {
        self
    }

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl Current for i32 {
    type Weight = i8;
    const AGAIN: u8 = 8;

    #[inline(always)]
    fn weigh(weight: i8) -> Self {
        i32::from(weight)
    }

    #[inline(always)]
    fn weigh_by(weight: i8, value: f32) -> Self {
        value as i32 * i32::from(weight)
    }

    #[inline(always)]
    fn scale(count: u8, constant: Self) -> Self {
        i32::from(count).wrapping_mul(constant)
    }

    #[inline(always)]
    fn ratio(self, multiplier: i32, shift: i32) -> Self {
        let half = 1_i64 << (shift - 1);
        ((i64::from(self) * i64::from(multiplier)).wrapping_add(half) >> shift) as i32
    }

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    /// In 16-bit lanes, twice as many at a time: integer sums do not depend on their order.
    #[inline(always)]
    fn add_rows<const M: usize, const R: usize>(rows: &[u32], weights: [&[[i8; M]]; R], sums: &mut [[Self; M]; R]) {
        for chunk in rows.chunks(NARROW_ROWS) {
            let mut totals = [[0_i16; M]; R];
            for &row in chunk {
                for pixel in 0..R {
                    let weight = &weights[pixel][row as usize];
                    for lane in 0..M {
                        totals[pixel][lane] = totals[pixel][lane].wrapping_add(i16::from(weight[lane]));
                    }
                }
            }
            for (sum, total) in sums.as_flattened_mut().iter_mut().zip(totals.as_flattened()) {
                *sum = sum.wrapping_add(i32::from(*total));
            }
        }
    }
}
