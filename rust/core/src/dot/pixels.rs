//! Dot products of many pixels at one step: a row of weights that was loaded once meets all of them.

use super::field::{Inputs, OUTPUTS, Run};
#[cfg(target_arch = "aarch64")]
use super::neon::{self, Signed, Unsigned, Widened};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, vnni};
use crate::simd::{Level, Set};

/// The sums of `P` pixels.
#[inline]
pub(crate) fn pixels<const P: usize, const V: usize>(
    level: Level,
    inputs: &Inputs<'_, V>,
    run: Run,
    sums: &mut [[[i32; OUTPUTS]; V]; P],
) {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
        Set::Avx2 => unsafe { avx2::pixels(inputs, run, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::AvxVnni => unsafe { vnni::vex::pixels(inputs, run, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::Avx512 => unsafe { avx512::pixels(inputs, run, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: all machines have it.
        Set::Baseline => unsafe { neon::pixels::<Widened, P, V>(inputs, run, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as with AVX2.
        Set::DotProd => unsafe { neon::pixels::<Signed, P, V>(inputs, run, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as with AVX2.
        Set::I8mm => unsafe { neon::pixels::<Unsigned, P, V>(inputs, run, sums) },
        #[cfg(not(target_arch = "aarch64"))]
        Set::Baseline => plain(inputs, run, sums),
    }
}

/// The same in plain code, for any machine.
#[cfg(any(test, not(target_arch = "aarch64")))]
#[inline(always)]
fn plain<const P: usize, const V: usize>(inputs: &Inputs<'_, V>, run: Run, sums: &mut [[[i32; OUTPUTS]; V]; P]) {
    sums.fill(*inputs.bias);
    for segment in inputs.segments {
        let (words, rows) = inputs.slices::<P>(segment, run);
        for (number, rows) in rows.iter().enumerate() {
            for (pixel, sums) in sums.iter_mut().enumerate() {
                let counts = words[pixel * run.step + number].to_le_bytes();
                for (row, sums) in rows.iter().zip(sums) {
                    for (lane, sum) in row.0.iter().zip(sums) {
                        for (count, weight) in counts.iter().zip(lane.to_le_bytes()) {
                            *sum = sum.wrapping_add(i32::from(*count) * i32::from(weight as i8));
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dot::field::{Row, Segment};
    #[cfg(target_arch = "x86_64")]
    use crate::dot::vnni::has_vnni_of_avx512;
    use crate::simd::Level;

    fn check<const P: usize, const V: usize>(most: u8) {
        let noise = |at: usize| (at.wrapping_mul(2_654_435_761) >> 9) as u8;
        let counts = |at: usize| if noise(at).is_multiple_of(3) { most } else { noise(at) % (most / 2 + 1) };
        let words: Vec<u32> = (0..90).map(|w| u32::from_le_bytes(std::array::from_fn(|k| counts(4 * w + k)))).collect();
        let weight = |at: usize| if noise(at + 7).is_multiple_of(5) { 0x80 } else { noise(at + 7) };
        let lane = |at: usize| i32::from_le_bytes(std::array::from_fn(|k| weight(4 * at + k)));
        let row = |at: usize| Row(std::array::from_fn(|output| lane(OUTPUTS * at + output)));
        let rows: Vec<[Row; V]> = (0..20).map(|at| std::array::from_fn(|v| row(V * at + v))).collect();
        let segments = [Segment { word: 0, row: 0, length: 13 }, Segment { word: 20, row: 13, length: 7 }];
        let bias: [[i32; OUTPUTS]; V] =
            std::array::from_fn(|v| std::array::from_fn(|lane| (v * 100 + lane) as i32 - 9));
        let run = Run { first: 3, step: 8 };
        let inputs = Inputs { words: &words, segments: &segments, rows: &rows, most: u32::from(most), bias: &bias };
        let mut expected = [[[0; OUTPUTS]; V]; P];
        plain(&inputs, run, &mut expected);
        for level in Level::available() {
            let mut sums = [[[-1; OUTPUTS]; V]; P];
            pixels(level, &inputs, run, &mut sums);
            assert_eq!(sums, expected, "{} {P} {V} {most}", level.name());
        }
        #[cfg(target_arch = "x86_64")]
        if has_vnni_of_avx512() {
            let mut sums = [[[-1; OUTPUTS]; V]; P];
            // SAFETY: the machine has it.
            unsafe { vnni::evex::pixels(&inputs, run, &mut sums) };
            assert_eq!(sums, expected, "{P} {V} {most}");
        }
    }

    #[test]
    fn all_levels_sum_alike() {
        for most in [1, 8, 16, 100, 127, 128, 200, 255] {
            check::<1, 1>(most);
            check::<4, 1>(most);
            check::<8, 1>(most);
            check::<2, 2>(most);
            check::<1, 2>(most);
            check::<4, 2>(most);
            check::<8, 2>(most);
        }
    }
}
