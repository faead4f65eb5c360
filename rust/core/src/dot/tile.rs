//! The dot products of a level.

use super::field::{Counts, Field, OUTPUTS, ROWS, TOGETHER, Word};
#[cfg(target_arch = "aarch64")]
use super::neon::{self, Signed, Unsigned, Widened};
use super::plain;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512, vnni};
use crate::simd::Level;
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
use crate::simd::Set;

/// Dot products for up to `8 C` steps and `16 V` outputs.
#[inline]
pub(crate) fn tile<const C: usize, const V: usize, const P: usize>(
    level: Level,
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
        Set::Avx2 if field.most <= avx2::LARGEST => unsafe { avx2::tile(field, pixel, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::AvxVnni => unsafe { vnni::vex::tile(field, pixel, sums) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Set::Avx512 => unsafe { avx512::tile(field, pixel, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: all machines have it.
        Set::Baseline => unsafe { neon::tile::<Widened, C, V, P>(field, pixel, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as with AVX2.
        Set::DotProd => unsafe { neon::tile::<Signed, C, V, P>(field, pixel, sums) },
        #[cfg(target_arch = "aarch64")]
        // SAFETY: as with AVX2.
        Set::I8mm => unsafe { neon::tile::<Unsigned, C, V, P>(field, pixel, sums) },
        #[cfg(not(target_arch = "aarch64"))]
        _ => plain::tile(field, pixel, sums),
    }
}

/// Eight steps of 16 channels as the words of dot products.
#[inline(always)]
pub(crate) fn words(level: Level, steps: [Counts; ROWS]) -> [Word; TOGETHER] {
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above; all have AVX2.
        Set::Avx2 | Set::AvxVnni | Set::Avx512 => unsafe { avx2::words(steps) },
        _ => plain::words(steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dot::field::{Row, Segment};
    #[cfg(target_arch = "x86_64")]
    use crate::dot::vnni::has_vnni_of_avx512;

    fn noise(at: usize) -> u8 {
        (at.wrapping_mul(2_654_435_761) >> 9) as u8
    }

    fn check<const C: usize, const V: usize>(most: u8, steps: usize) {
        let count = |at: usize| if noise(at).is_multiple_of(3) { most } else { noise(at) % (most / 2 + 1) };
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|k| count(4 * at + k)));
        let words: [Vec<Word>; C] = std::array::from_fn(|c| {
            (0..20).map(|at| std::array::from_fn(|step| word(ROWS * (20 * c + at) + step))).collect()
        });
        let weight = |at: usize| if noise(at + 7).is_multiple_of(5) { 0x80 } else { noise(at + 7) };
        let lane = |at: usize| i32::from_le_bytes(std::array::from_fn(|k| weight(4 * at + k)));
        let row = |at: usize| Row(std::array::from_fn(|output| lane(OUTPUTS * at + output)));
        let rows: Vec<[Row; V]> = (0..18).map(|at| std::array::from_fn(|v| row(V * at + v))).collect();
        let segments = [Segment { word: 0, row: 0, length: 11 }, Segment { word: 13, row: 11, length: 7 }];
        let bias = std::array::from_fn(|v| std::array::from_fn(|lane| (v * 100 + lane) as i32 - 9));
        let words = std::array::from_fn(|c| &words[c][..]);
        let field = Field { words, segments: &segments, rows: &rows, most: u32::from(most), bias: &bias };
        let mut expected = vec![[[[0; OUTPUTS]; V]; 2]; steps];
        plain::tile::<C, V, 2>(&field, 1, &mut expected);
        for level in Level::available() {
            let mut sums = vec![[[[0; OUTPUTS]; V]; 2]; steps];
            tile::<C, V, 2>(level, &field, 1, &mut sums);
            assert_eq!(sums, expected, "{} {C} {V} {most} {steps}", level.name());
        }
        #[cfg(target_arch = "x86_64")]
        if has_vnni_of_avx512() {
            let mut sums = vec![[[[0; OUTPUTS]; V]; 2]; steps];
            // SAFETY: the machine has it.
            unsafe { vnni::evex::tile::<C, V, 2>(&field, 1, &mut sums) };
            assert_eq!(sums, expected, "{C} {V} {most} {steps}");
        }
    }

    #[test]
    fn all_levels_sum_alike() {
        for most in [1, 8, 100, 127, 128, 255] {
            for steps in 1..=ROWS {
                check::<1, 1>(most, steps);
                check::<1, 2>(most, steps);
                check::<2, 1>(most, ROWS + steps);
                check::<2, 2>(most, ROWS + steps);
            }
        }
    }
}
