//! The dot products of a level.

use super::field::{Counts, Field, OUTPUTS, ROWS, TOGETHER, Word};
use super::plain;
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::simd::{Level, Set};

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
        Set::Avx512 => unsafe { avx512::tile(field, pixel, sums) },
        _ => plain::tile(field, pixel, sums),
    }
}

/// Eight steps of 16 channels as the words of dot products.
#[inline(always)]
pub(crate) fn words(level: Level, steps: [Counts; ROWS]) -> [Word; TOGETHER] {
    match level.set() {
        Set::Baseline => plain::words(steps),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above; every other level has AVX2.
        _ => unsafe { avx2::words(steps) },
    }
}
