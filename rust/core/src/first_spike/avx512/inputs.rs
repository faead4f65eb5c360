//! Gradients by the times of 16 input spikes, whose sums over a block's neurons are folded together.

use std::arch::x86_64::{
    __m512, _CMP_LE_OQ, _CMP_LT_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_mask_add_ps, _mm512_mul_ps,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4, _mm512_shuffle_ps,
};

use crate::first_spike::avx512::register::{lane, vector};
use crate::first_spike::blocks::{Block, LANES, Lane};
use crate::first_spike::site::Site;
use crate::first_spike::sorter::Spike;

/// No spike: it is before no neuron's.
const NONE: Spike = Spike { time: f32::INFINITY, row: 0 };

/// The gradient by the time of each spike, over the block's neurons that fire later (`STRICT`), or not earlier: `give(row, gradient)`.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn input_gradients<const N: usize, const STRICT: bool>(
    site: &Site<N>,
    block: &Block<'_>,
    spikes: &[Spike],
    mut give: impl FnMut(u32, f32),
) {
    let (whole, rest) = spikes.as_chunks::<LANES>();
    for spikes in whole {
        let found = sixteen::<N, STRICT>(site, block, spikes);
        for s in 0..LANES {
            give(spikes[s].row, found[s]);
        }
    }
    let mut last = [NONE; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let found = sixteen::<N, STRICT>(site, block, &last);
    for s in 0..rest.len() {
        give(rest[s].row, found[s]);
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
#[inline]
fn sixteen<const N: usize, const STRICT: bool>(site: &Site<N>, block: &Block<'_>, spikes: &[Spike; LANES]) -> Lane {
    let mut sums = [_mm512_setzero_ps(); LANES];
    for s in 0..LANES {
        let (time, weights) = (_mm512_set1_ps(spikes[s].time), block.row::<N>(spikes[s].row));
        for n in 0..N {
            let times = vector(site.neurons.times[n]);
            let causal = if STRICT {
                _mm512_cmp_ps_mask::<_CMP_LT_OQ>(time, times)
            } else {
                _mm512_cmp_ps_mask::<_CMP_LE_OQ>(time, times)
            };
            let term = _mm512_mul_ps(vector(site.neurons.gradient[n]), vector(weights[n]));
            sums[s] = _mm512_mask_add_ps(sums[s], causal, sums[s], term);
        }
    }
    lane(folded(&sums))
}

/// The sum of all values of each vector: its upper half is added to its lower, until one is left.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
#[inline]
fn folded(all: &[__m512; LANES]) -> __m512 {
    let mut fours = [_mm512_setzero_ps(); 4];
    for p in 0..4 {
        let low = eights(all[p], all[p + 4]);
        let high = eights(all[p + 8], all[p + 12]);
        let (even, odd) = (_mm512_shuffle_f32x4::<0x88>(low, high), _mm512_shuffle_f32x4::<0xDD>(low, high));
        fours[p] = _mm512_add_ps(even, odd);
    }
    let (low, high) = (twos(fours[0], fours[1]), twos(fours[2], fours[3]));
    _mm512_add_ps(_mm512_shuffle_ps::<0x88>(low, high), _mm512_shuffle_ps::<0xDD>(low, high))
}

/// Eight sums of each of two vectors.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
#[inline]
fn eights(a: __m512, b: __m512) -> __m512 {
    _mm512_add_ps(_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xEE>(a, b))
}

/// In each quarter: two sums of the four of either vector.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
#[inline]
fn twos(a: __m512, b: __m512) -> __m512 {
    _mm512_add_ps(_mm512_shuffle_ps::<0x44>(a, b), _mm512_shuffle_ps::<0xEE>(a, b))
}
