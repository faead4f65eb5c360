//! NEON: four sums of 32 bits take in the products of four counts and four weights each. Processors since Arm v8.2 have an instruction for it, all
//! others multiply into 16 bits and add in pairs.

use std::arch::aarch64::{
    int8x16_t, int32x4_t, vdupq_n_s32, vdupq_n_u32, vget_low_s8, vmull_high_s8, vmull_s8, vpadalq_s16, vpaddq_s16,
    vreinterpretq_s8_u32,
};
use std::arch::asm;
use std::mem::transmute;

use super::field::{Field, Inputs, OUTPUTS, ROWS, Row, Run};

/// Steps or pixels whose sums stay in registers.
const TOGETHER: usize = 4;

/// Registers of 16 sums.
const VECTORS: usize = 4;

/// Sums of 16 outputs.
type Sums = [int32x4_t; VECTORS];

/// How products are summed.
pub(crate) trait Dot {
    /// The largest count that it takes.
    const LARGEST: u32;

    /// Add to each of four sums the products of four counts and four weights.
    ///
    /// # Safety
    ///
    /// The machine has the instruction.
    unsafe fn add(sums: int32x4_t, counts: int8x16_t, weights: int8x16_t) -> int32x4_t;
}

/// `sdot` (`FEAT_DotProd`), of signed counts.
pub(crate) struct Signed;

/// `usdot` (`FEAT_I8MM`), of unsigned counts.
pub(crate) struct Unsigned;

/// Any machine: two products of at most 127 * 128 fit 16 bits.
pub(crate) struct Widened;

impl Dot for Signed {
    const LARGEST: u32 = 127;

    #[inline(always)]
    unsafe fn add(mut sums: int32x4_t, counts: int8x16_t, weights: int8x16_t) -> int32x4_t {
        // SAFETY: the caller's promise; registers alone are read and written.
        unsafe {
            asm!(".arch_extension dotprod", "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sums, in(vreg) counts, in(vreg) weights,
                options(pure, nomem, nostack, preserves_flags));
        }
        sums
    }
}

impl Dot for Unsigned {
    const LARGEST: u32 = 255;

    #[inline(always)]
    unsafe fn add(mut sums: int32x4_t, counts: int8x16_t, weights: int8x16_t) -> int32x4_t {
        // SAFETY: as above.
        unsafe {
            asm!(".arch_extension i8mm", "usdot {0:v}.4s, {1:v}.16b, {2:v}.16b", inout(vreg) sums, in(vreg) counts, in(vreg) weights,
                options(pure, nomem, nostack, preserves_flags));
        }
        sums
    }
}

impl Dot for Widened {
    const LARGEST: u32 = 127;

    #[inline(always)]
    unsafe fn add(sums: int32x4_t, counts: int8x16_t, weights: int8x16_t) -> int32x4_t {
        // SAFETY: every machine has NEON.
        unsafe {
            let low = vmull_s8(vget_low_s8(counts), vget_low_s8(weights));
            vpadalq_s16(sums, vpaddq_s16(low, vmull_high_s8(counts, weights)))
        }
    }
}

/// Bits of each count that are multiplied apart: how far they are moved down, and a mask behind that.
type Part = (u32, u32);

/// All bits together, or the upper one apart from the lower seven where these alone are taken.
fn parts<D: Dot>(most: u32) -> &'static [Part] {
    if D::LARGEST >= 255 || most <= D::LARGEST { &[(0, u32::MAX)] } else { &[(0, 0x7f7f_7f7f), (7, 0x0101_0101)] }
}

#[inline]
#[target_feature(enable = "neon")]
fn counts(word: u32, (shift, mask): Part) -> int8x16_t {
    vreinterpretq_s8_u32(vdupq_n_u32((word >> shift) & mask))
}

/// As registers.
#[inline(always)]
fn vectors(row: &Row) -> [int8x16_t; VECTORS] {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(row.0) }
}

/// Add a word of counts and 16 outputs' weights.
///
/// # Safety
///
/// The machine has the instruction.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn meet<D: Dot>(totals: &mut Sums, counts: int8x16_t, weights: &[int8x16_t; VECTORS]) {
    for (total, &weights) in totals.iter_mut().zip(weights) {
        // SAFETY: the caller's promise.
        *total = unsafe { D::add(*total, counts, weights) };
    }
}

/// Add the sums of some bits to those of 16 outputs.
#[inline(always)]
fn put(sums: &mut [i32; OUTPUTS], totals: Sums, shift: u32) {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    let totals: [i32; OUTPUTS] = unsafe { transmute(totals) };
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum = sum.wrapping_add(total << shift);
    }
}

/// The sums of a pixel for up to `8 C` steps.
///
/// # Safety
///
/// The machine has the instruction.
#[target_feature(enable = "neon")]
pub(crate) unsafe fn tile<D: Dot, const C: usize, const V: usize, const P: usize>(
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    for (number, sums) in sums.chunks_mut(TOGETHER).enumerate() {
        let first = number * TOGETHER;
        for sums in sums.iter_mut() {
            sums[pixel] = *field.bias;
        }
        for v in 0..V {
            for &part in parts::<D>(field.most) {
                let mut totals = [[vdupq_n_s32(0); VECTORS]; TOGETHER];
                for segment in field.segments {
                    let (words, rows) = field.slices(segment);
                    for (word, row) in words[first / ROWS].iter().zip(rows) {
                        let weights = vectors(&row[v]);
                        for (step, totals) in totals.iter_mut().enumerate() {
                            // SAFETY: the caller's promise.
                            unsafe { meet::<D>(totals, counts(word[first % ROWS + step], part), &weights) };
                        }
                    }
                }
                for (sums, totals) in sums.iter_mut().zip(totals) {
                    put(&mut sums[pixel][v], totals, part.0);
                }
            }
        }
    }
}

/// The sums of some pixels at one step, as many at a time as stay in registers.
///
/// # Safety
///
/// The machine has the instruction.
#[target_feature(enable = "neon")]
pub(crate) unsafe fn pixels<D: Dot, const P: usize, const V: usize>(
    inputs: &Inputs<'_, V>,
    run: Run,
    sums: &mut [[[i32; OUTPUTS]; V]; P],
) {
    for (number, sums) in sums.chunks_mut(TOGETHER).enumerate() {
        let run = Run { first: run.first + number * TOGETHER * run.step, ..run };
        // SAFETY: the caller's promise.
        unsafe {
            match sums.len() {
                TOGETHER => few::<D, TOGETHER, V>(inputs, run, sums),
                2 => few::<D, 2, V>(inputs, run, sums),
                _ => few::<D, 1, V>(inputs, run, sums),
            }
        }
    }
}

/// Sum some pixels.
///
/// # Safety
///
/// The machine has the instruction.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn few<D: Dot, const P: usize, const V: usize>(
    inputs: &Inputs<'_, V>,
    run: Run,
    sums: &mut [[[i32; OUTPUTS]; V]],
) {
    sums.fill(*inputs.bias);
    for v in 0..V {
        for &part in parts::<D>(inputs.most) {
            let mut totals = [[vdupq_n_s32(0); VECTORS]; P];
            for segment in inputs.segments {
                let (words, rows) = inputs.slices::<P>(segment, run);
                for (number, row) in rows.iter().enumerate() {
                    let weights = vectors(&row[v]);
                    for (pixel, totals) in totals.iter_mut().enumerate() {
                        // SAFETY: the caller's promise.
                        unsafe { meet::<D>(totals, counts(words[pixel * run.step + number], part), &weights) };
                    }
                }
            }
            for (sums, totals) in sums.iter_mut().zip(totals) {
                put(&mut sums[v], totals, part.0);
            }
        }
    }
}
