//! AVX2: `vpmaddubsw` multiplies counts and weights and adds them in pairs, in 16 bits; those sums are widened before they could
//! leave 16 bits.

use std::arch::x86_64::{
    __m128i, __m256i, _mm256_add_epi16, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set_m128i, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
    _mm256_unpacklo_epi64,
};
use std::mem::transmute;

use super::field::{Counts, DEPTH, Field, Inputs, OUTPUTS, ROWS, Row, Run, TOGETHER, Word};

/// Steps whose sums stay in registers.
const STEPS: usize = 4;

/// The largest count whose products with two weights fit 16 bits for certain: 2 * 127 * 128 < 2^15.
pub(crate) const LARGEST: u32 = 127;

/// Sums of 16 outputs, two inputs' in each lane.
type Sums = [[__m256i; 2]; STEPS];

/// As two registers.
#[inline(always)]
fn vectors(row: Row) -> [__m256i; 2] {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(row) }
}

/// As 16 sums.
#[inline(always)]
fn lanes(vectors: [__m256i; 2]) -> [i32; OUTPUTS] {
    // SAFETY: as above.
    unsafe { transmute(vectors) }
}

/// The sums of a pixel for up to `8 C` steps.
#[target_feature(enable = "avx2")]
pub(crate) fn tile<const C: usize, const V: usize, const P: usize>(
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    for (number, sums) in sums.chunks_mut(STEPS).enumerate() {
        for v in 0..V {
            for sums in sums.iter_mut() {
                sums[pixel][v] = field.bias[v];
            }
            part(field, [number * STEPS, v], |totals| {
                for (sums, totals) in sums.iter_mut().zip(totals) {
                    for (sum, total) in sums[pixel][v].iter_mut().zip(lanes(widened(totals))) {
                        *sum = sum.wrapping_add(total);
                    }
                }
            });
        }
    }
}

/// Sum four steps and 16 outputs; `add` is given parts of the sums.
#[inline]
#[target_feature(enable = "avx2")]
fn part<const C: usize, const V: usize>(field: &Field<'_, C, V>, [first, v]: [usize; 2], mut add: impl FnMut(Sums)) {
    // Words of counts that 16 bits hold for certain; the first product of each is at most 2 * most * 128.
    let most = (LARGEST / field.most.max(1)).max(1) as usize;
    let (mut totals, mut room) = ([[_mm256_setzero_si256(); 2]; STEPS], most);
    for segment in field.segments {
        let (words, rows) = field.slices(segment);
        let (mut words, mut rows) = (words[first / ROWS], rows);
        while !rows.is_empty() {
            let now = room.min(rows.len());
            for (row, word) in rows[..now].iter().zip(&words[..now]) {
                let weights = vectors(row[v]);
                for step in 0..STEPS {
                    let counts = _mm256_set1_epi32(word[first % ROWS + step] as i32);
                    for half in 0..2 {
                        let products = _mm256_maddubs_epi16(counts, weights[half]);
                        totals[step][half] = _mm256_add_epi16(totals[step][half], products);
                    }
                }
            }
            (words, rows, room) = (&words[now..], &rows[now..], room - now);
            if room == 0 {
                add(totals);
                (totals, room) = ([[_mm256_setzero_si256(); 2]; STEPS], most);
            }
        }
    }
    add(totals);
}

/// Sums of the two halves of each lane.
#[inline]
#[target_feature(enable = "avx2")]
fn widened(totals: [__m256i; 2]) -> [__m256i; 2] {
    totals.map(|total| _mm256_madd_epi16(total, _mm256_set1_epi16(1)))
}

/// Eight steps of 16 channels as four words: a transposition of 4 x 4 lanes in each half of the registers.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn words(steps: [Counts; ROWS]) -> [Word; TOGETHER] {
    // SAFETY: each is 16 bytes, and any bits are a value of either.
    let steps: [__m128i; ROWS] = unsafe { transmute(steps) };
    let [a, b, c, d]: [__m256i; TOGETHER] = std::array::from_fn(|k| _mm256_set_m128i(steps[k + TOGETHER], steps[k]));
    let (low, high) = (_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
    let (low_next, high_next) = (_mm256_unpacklo_epi32(c, d), _mm256_unpackhi_epi32(c, d));
    let words = [
        _mm256_unpacklo_epi64(low, low_next),
        _mm256_unpackhi_epi64(low, low_next),
        _mm256_unpacklo_epi64(high, high_next),
        _mm256_unpackhi_epi64(high, high_next),
    ];
    // SAFETY: as above, of 32 bytes each.
    unsafe { transmute(words) }
}

/// The sums of some pixels at one step, as many at a time as stay in registers.
#[target_feature(enable = "avx2")]
pub(crate) fn pixels<const P: usize, const V: usize>(
    inputs: &Inputs<'_, V>,
    run: Run,
    sums: &mut [[[i32; OUTPUTS]; V]; P],
) {
    for (number, sums) in sums.chunks_mut(STEPS).enumerate() {
        let run = Run { first: run.first + number * STEPS * run.step, ..run };
        for v in 0..V {
            match sums.len() {
                STEPS => few::<STEPS, V>(inputs, run, v, sums),
                2 => few::<2, V>(inputs, run, v, sums),
                _ => few::<1, V>(inputs, run, v, sums),
            }
        }
    }
}

/// Sum some pixels and 16 outputs.
#[inline]
#[target_feature(enable = "avx2")]
fn few<const P: usize, const V: usize>(inputs: &Inputs<'_, V>, run: Run, v: usize, sums: &mut [[[i32; OUTPUTS]; V]]) {
    for sums in &mut *sums {
        sums[v] = inputs.bias[v];
    }
    masked::<P, V>(inputs, run, [v, LARGEST as usize], sums);
    if inputs.most > LARGEST {
        // The upper bit apart from the lower seven: the products of either fit.
        masked::<P, V>(inputs, run, [v, LARGEST as usize + 1], sums);
    }
}

/// Add the part of such sums that the bits of a mask make, which is 127 or 128.
#[inline]
#[allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]
#[target_feature(enable = "avx2")]
fn masked<const P: usize, const V: usize>(
    inputs: &Inputs<'_, V>,
    run: Run,
    [v, mask]: [usize; 2],
    sums: &mut [[[i32; OUTPUTS]; V]],
) {
    let bits = u32::from_le_bytes([mask as u8; DEPTH]);
    // Words of counts that 16 bits hold for certain.
    let most = (LARGEST / inputs.most.min(mask as u32).max(1)).max(1) as usize;
    let (mut totals, mut room) = ([[_mm256_setzero_si256(); 2]; P], most);
    for segment in inputs.segments {
        let (words, rows) = inputs.slices::<P>(segment, run);
        let mut begin = 0;
        while begin < segment.length {
            let end = segment.length.min(begin + room);
            for number in begin..end {
                let weights = vectors(rows[number][v]);
                for pixel in 0..P {
                    // SAFETY: `number` is less than the segment's length, and there are `(P - 1) step` words beside those.
                    let word = unsafe { *words.get_unchecked(pixel * run.step + number) };
                    let counts = _mm256_set1_epi32((word & bits) as i32);
                    for half in 0..2 {
                        let products = _mm256_maddubs_epi16(counts, weights[half]);
                        totals[pixel][half] = _mm256_add_epi16(totals[pixel][half], products);
                    }
                }
            }
            room -= end - begin;
            begin = end;
            if room == 0 {
                add(totals, v, sums);
                (totals, room) = ([[_mm256_setzero_si256(); 2]; P], most);
            }
        }
    }
    add(totals, v, sums);
}

/// Widen the sums of some pixels and add them to those of 16 outputs.
#[inline]
#[allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]
#[target_feature(enable = "avx2")]
fn add<const P: usize, const V: usize>(totals: [[__m256i; 2]; P], v: usize, sums: &mut [[[i32; OUTPUTS]; V]]) {
    let ones = _mm256_set1_epi16(1);
    for pixel in 0..P {
        let own = lanes([_mm256_madd_epi16(totals[pixel][0], ones), _mm256_madd_epi16(totals[pixel][1], ones)]);
        for lane in 0..OUTPUTS {
            sums[pixel][v][lane] = sums[pixel][v][lane].wrapping_add(own[lane]);
        }
    }
}
