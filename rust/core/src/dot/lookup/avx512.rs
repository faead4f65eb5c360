//! AVX-512: `vpermw` looks up 32 sums.

use std::arch::x86_64::{
    __m256i, __m512i, _mm_cvtsi64_si128, _mm256_and_si256, _mm256_set_epi64x, _mm256_set_m128i, _mm256_set1_epi16,
    _mm256_srl_epi16, _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512, _mm512_castsi256_si512,
    _mm512_castsi512_si256, _mm512_cvtepi16_epi32, _mm512_cvtepi32_epi16, _mm512_cvtepi64_epi16,
    _mm512_extracti64x4_epi64, _mm512_permutex2var_epi64, _mm512_permutexvar_epi16, _mm512_set_epi64,
    _mm512_set1_epi32, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_srl_epi32, _mm512_srl_epi64,
    _mm512_test_epi8_mask, _mm512_unpackhi_epi16, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi16,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};
use std::mem::transmute;

use super::{ACROSS, INPUTS, LANES, Lookup, OUTPUTS, PART, PATTERNS, QUAD, STEPS, Sums, groups};

/// As a register.
#[inline(always)]
fn vector<T: Copy, const N: usize>(lanes: [T; N]) -> __m512i {
    const { assert!(size_of::<[T; N]>() == 64) };
    // SAFETY: both are 64 bytes, and any bits are a value of a register.
    unsafe { std::mem::transmute_copy(&lanes) }
}

/// As 32 sums.
#[inline(always)]
fn lanes(vector: __m512i) -> Sums {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    Sums(unsafe { transmute::<__m512i, [i16; LANES]>(vector) })
}

/// As 16 currents.
#[inline(always)]
fn currents(vector: __m512i) -> [i32; OUTPUTS] {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}

/// See [`super::sums`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) fn sums(lookup: &Lookup<'_>, sums: &mut [[Sums; ACROSS]; QUAD]) {
    if lookup.stride == 1 {
        made::<true>(lookup, sums);
    } else {
        made::<false>(lookup, sums);
    }
}

/// All of them stay in registers; whether pixels are side by side.
#[inline]
#[allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn made<const NEXT: bool>(lookup: &Lookup<'_>, sums: &mut [[Sums; ACROSS]; QUAD]) {
    let mut totals = [[_mm512_setzero_si512(); ACROSS]; QUAD];
    let groups = lookup.groups[0];
    for tap in 0..lookup.taps.len() {
        let tables = &lookup.tables[tap * groups..][..groups];
        for group in 0..groups {
            let rows = lookup.row(lookup.taps[tap], group);
            for across in 0..ACROSS {
                let (one, other) = if NEXT {
                    (2 * across, 2 * across + 1)
                } else {
                    (2 * across * lookup.stride, (2 * across + 1) * lookup.stride)
                };
                let patterns = vector([rows[one], rows[other]]);
                for output in 0..QUAD {
                    let found = _mm512_permutexvar_epi16(patterns, vector(tables[group][output].0));
                    totals[output][across] = _mm512_add_epi16(totals[output][across], found);
                }
            }
        }
    }
    for output in 0..QUAD {
        for across in 0..ACROSS {
            sums[output][across] = lanes(totals[output][across]);
        }
    }
}

/// Eight rows of 16-bit numbers, turned: number `j` of quarter `L` of the result is column `8 L + j`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn turned(rows: &[__m512i; 8]) -> [__m512i; 8] {
    let &[a, b, c, d, e, f, g, h] = rows;
    let low = [
        _mm512_unpacklo_epi16(a, b),
        _mm512_unpacklo_epi16(c, d),
        _mm512_unpacklo_epi16(e, f),
        _mm512_unpacklo_epi16(g, h),
    ];
    let high = [
        _mm512_unpackhi_epi16(a, b),
        _mm512_unpackhi_epi16(c, d),
        _mm512_unpackhi_epi16(e, f),
        _mm512_unpackhi_epi16(g, h),
    ];
    let [p, q] = [quarter(low), quarter(high)];
    [p[0], p[1], p[2], p[3], q[0], q[1], q[2], q[3]]
}

/// The last two rounds, of four columns.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn quarter([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    let [low, high] = [_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b)];
    let [more, most] = [_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d)];
    [
        _mm512_unpacklo_epi64(low, more),
        _mm512_unpackhi_epi64(low, more),
        _mm512_unpacklo_epi64(high, most),
        _mm512_unpackhi_epi64(high, most),
    ]
}

/// See [`super::spread`].
#[allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) fn spread<const P: usize>(
    sums: [&Sums; OUTPUTS],
    bias: &[i32; OUTPUTS],
    first: usize,
    found: &mut [[[i32; OUTPUTS]; P]; STEPS],
) {
    let (mut low, mut high) = ([_mm512_setzero_si512(); 8], [_mm512_setzero_si512(); 8]);
    for output in 0..8 {
        low[output] = vector(sums[output].0);
        high[output] = vector(sums[8 + output].0);
    }
    let (low, high, bias) = (turned(&low), turned(&high), vector(*bias));
    // Quarters 0 and 1 are the first pixel's steps 0 to 7 and 8 to 15, quarters 2 and 3 the second one's.
    let of_first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    let of_second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for step in 0..8 {
        let one = _mm512_permutex2var_epi64(low[step], of_first, high[step]);
        let other = _mm512_permutex2var_epi64(low[step], of_second, high[step]);
        let wide = |half| currents(_mm512_add_epi32(_mm512_cvtepi16_epi32(half), bias));
        found[step][first] = wide(_mm512_castsi512_si256(one));
        found[8 + step][first] = wide(_mm512_extracti64x4_epi64::<1>(one));
        found[step][first + 1] = wide(_mm512_castsi512_si256(other));
        found[8 + step][first + 1] = wide(_mm512_extracti64x4_epi64::<1>(other));
    }
}

/// See [`super::pack`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(super) fn pack<const C: usize>(spikes: &[[u8; C]; STEPS], patterns: &mut [u16], apart: usize) {
    // A bit for each spike: `C` of them, or a part of those, are a step.
    let spikes = spikes.as_flattened().as_chunks::<64>().0;
    let parts = C.div_ceil(PART);
    for (part, patterns) in patterns.chunks_mut(apart * groups(PART)).take(parts).enumerate() {
        let [low, high] = match C {
            16 => {
                let four = _mm256_set_epi64x(bits(spikes, 3), bits(spikes, 2), bits(spikes, 1), bits(spikes, 0));
                [_mm512_castsi256_si512(four), _mm512_setzero_si512()]
            }
            32 => [eight(spikes, 1), _mm512_setzero_si512()],
            _ => [eight(&spikes[part..], parts), eight(&spikes[part + 8 * parts..], parts)],
        };
        for (group, patterns) in patterns.chunks_mut(apart).take(groups(C.min(PART))).enumerate() {
            let Some(patterns) = patterns.first_chunk_mut::<STEPS>() else { continue };
            let by = _mm_cvtsi64_si128((group * INPUTS) as i64);
            *patterns = words(match C {
                16 => {
                    let shifted = _mm256_srl_epi16(_mm512_castsi512_si256(low), by);
                    _mm256_and_si256(shifted, _mm256_set1_epi16(PATTERNS as i16 - 1))
                }
                32 => {
                    let shifted = _mm512_srl_epi32(low, by);
                    _mm512_cvtepi32_epi16(_mm512_and_si512(shifted, _mm512_set1_epi32(PATTERNS as i32 - 1)))
                }
                _ => {
                    let last = _mm512_set1_epi64(PATTERNS as i64 - 1);
                    let first = _mm512_cvtepi64_epi16(_mm512_and_si512(_mm512_srl_epi64(low, by), last));
                    let other = _mm512_cvtepi64_epi16(_mm512_and_si512(_mm512_srl_epi64(high, by), last));
                    _mm256_set_m128i(other, first)
                }
            });
        }
    }
}

/// A bit for each of 64 spikes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn bits(spikes: &[[u8; 64]], number: usize) -> i64 {
    let spikes = vector(spikes[number]);
    _mm512_test_epi8_mask(spikes, spikes) as i64
}

/// Those of eight times as many, so far apart.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn eight(spikes: &[[u8; 64]], apart: usize) -> __m512i {
    let [a, b] = [bits(spikes, 0), bits(spikes, apart)];
    let [c, d] = [bits(spikes, 2 * apart), bits(spikes, 3 * apart)];
    let [e, f] = [bits(spikes, 4 * apart), bits(spikes, 5 * apart)];
    let [g, h] = [bits(spikes, 6 * apart), bits(spikes, 7 * apart)];
    _mm512_set_epi64(h, g, f, e, d, c, b, a)
}

#[inline(always)]
fn words(vector: __m256i) -> [u16; STEPS] {
    // SAFETY: both are 32 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}
