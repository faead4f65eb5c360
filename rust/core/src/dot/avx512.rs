//! AVX-512 VNNI: `vpdpbusd` multiplies four counts and four weights of 16 outputs and adds them, exactly.

use std::arch::x86_64::{__m512i, _mm512_dpbusd_epi32, _mm512_set1_epi32, _mm512_setzero_si512};
use std::mem::transmute;

use super::field::{Field, Inputs, OUTPUTS, ROWS, Row, Run};

/// Steps of a run so short that half of the lanes of a word are empty.
const FEW: usize = 4;

/// As a register.
#[inline(always)]
fn vector(lanes: [i32; OUTPUTS]) -> __m512i {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(lanes) }
}

/// As 16 sums.
#[inline(always)]
fn lanes(vector: __m512i) -> [i32; OUTPUTS] {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}

/// The sums of a pixel for up to `8 C` steps; all of them stay in registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(crate) fn tile<const C: usize, const V: usize, const P: usize>(
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    if sums.len() <= FEW {
        part::<FEW, C, V, P>(field, pixel, sums);
    } else {
        part::<ROWS, C, V, P>(field, pixel, sums);
    }
}

/// The first `S` steps of each eight.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
fn part<const S: usize, const C: usize, const V: usize, const P: usize>(
    field: &Field<'_, C, V>,
    pixel: usize,
    sums: &mut [[[[i32; OUTPUTS]; V]; P]],
) {
    let mut totals = [[field.bias.map(vector); S]; C];
    for segment in field.segments {
        let (words, rows) = field.slices(segment);
        for number in 0..segment.length {
            let weights = rows[number].map(|Row(lanes)| vector(lanes));
            for c in 0..C {
                for step in 0..S {
                    let counts = _mm512_set1_epi32(words[c][number][step] as i32);
                    for v in 0..V {
                        totals[c][step][v] = _mm512_dpbusd_epi32(totals[c][step][v], counts, weights[v]);
                    }
                }
            }
        }
    }
    for (sums, totals) in sums.iter_mut().zip(totals.as_flattened()) {
        sums[pixel] = totals.map(lanes);
    }
}

/// The sums of some pixels at one step; all of them stay in registers.
#[allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
pub(crate) fn pixels<const P: usize, const V: usize>(
    inputs: &Inputs<'_, V>,
    run: Run,
    sums: &mut [[[i32; OUTPUTS]; V]; P],
) {
    let (mut totals, mut weights) = ([[_mm512_setzero_si512(); V]; P], [_mm512_setzero_si512(); V]);
    for pixel in 0..P {
        for v in 0..V {
            totals[pixel][v] = vector(inputs.bias[v]);
        }
    }
    for segment in inputs.segments {
        let (words, rows) = inputs.slices::<P>(segment, run);
        for number in 0..segment.length {
            for v in 0..V {
                weights[v] = vector(rows[number][v].0);
            }
            for pixel in 0..P {
                // SAFETY: `number` is less than the segment's length, and there are `(P - 1) step` words beside those.
                let word = unsafe { *words.get_unchecked(pixel * run.step + number) };
                let counts = _mm512_set1_epi32(word as i32);
                for v in 0..V {
                    totals[pixel][v] = _mm512_dpbusd_epi32(totals[pixel][v], counts, weights[v]);
                }
            }
        }
    }
    for pixel in 0..P {
        for v in 0..V {
            sums[pixel][v] = lanes(totals[pixel][v]);
        }
    }
}
