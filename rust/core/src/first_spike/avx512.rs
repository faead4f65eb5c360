//! AVX-512: ramps of a block at one site. Slopes and sums stay in registers, and only vectors in which a neuron may fire are divided.

use std::arch::x86_64::{
    __m512, _CMP_GE_OQ, _CMP_GT_OQ, _CMP_LE_OQ, _CMP_LT_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_div_ps,
    _mm512_mask_blend_ps, _mm512_mask_cmp_ps_mask, _mm512_mask_mov_ps, _mm512_mul_ps, _mm512_set1_ps,
    _mm512_setzero_ps,
};
use std::mem::transmute;

use super::blocks::{Block, LANES, Lane};
use super::neuron::{Fired, MARGIN};
use super::spikes::Spike;

/// As a register.
#[inline(always)]
fn vector(lane: Lane) -> __m512 {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(lane) }
}

/// As 16 values.
#[inline(always)]
fn lane(vector: __m512) -> Lane {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}

/// A block's neurons while spikes come in.
struct Ramps<const N: usize> {
    slope: [__m512; N],
    /// Threshold + sum of weight x time.
    sum: [__m512; N],
    times: [__m512; N],
    marks: [__m512; N],
    /// Who has not fired, a bit a lane.
    waiting: [u16; N],
}

impl<const N: usize> Ramps<N> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn new(threshold: f32, width: usize) -> Self {
        let mut waiting = [0; N];
        for neuron in 0..width {
            waiting[neuron / LANES] |= 1 << (neuron % LANES);
        }
        Self {
            slope: [_mm512_setzero_ps(); N],
            sum: [_mm512_set1_ps(threshold); N],
            times: [_mm512_set1_ps(f32::INFINITY); N],
            marks: [_mm512_setzero_ps(); N],
            waiting,
        }
    }

    /// Take a spike.
    #[allow(
        clippy::needless_range_loop,
        reason = "adapters of the standard library are not compiled for these instructions"
    )]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn add(&mut self, weights: &[Lane; N], time: f32) {
        let time = _mm512_set1_ps(time);
        for n in 0..N {
            let weight = vector(weights[n]);
            self.slope[n] = _mm512_add_ps(self.slope[n], weight);
            self.sum[n] = _mm512_add_ps(self.sum[n], _mm512_mul_ps(weight, time));
        }
    }

    /// Let those fire that do so after the spikes at `last` and up to `next`; gives whether some still wait.
    #[allow(
        clippy::needless_range_loop,
        reason = "adapters of the standard library are not compiled for these instructions"
    )]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn fire(&mut self, last: f32, next: f32) -> bool {
        let bound = _mm512_set1_ps(next * MARGIN);
        let (mut may, mut any) = ([0; N], 0);
        for n in 0..N {
            may[n] =
                _mm512_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_mul_ps(self.slope[n], bound), self.sum[n]) & self.waiting[n];
            any |= may[n];
        }
        if any == 0 {
            return true;
        }
        let after = _mm512_set1_ps(f32::from_bits(last.to_bits() + 1));
        let (next, infinity) = (_mm512_set1_ps(next), _mm512_set1_ps(f32::INFINITY));
        let mut waiting = 0;
        for n in 0..N {
            if may[n] != 0 {
                let at = _mm512_div_ps(self.sum[n], self.slope[n]);
                let rises = _mm512_mask_cmp_ps_mask::<_CMP_GT_OQ>(may[n], self.slope[n], _mm512_setzero_ps());
                let soon = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(rises, at, next);
                let fires = _mm512_mask_cmp_ps_mask::<_CMP_LT_OQ>(soon, at, infinity);
                let at = _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(at, after), after, at);
                self.times[n] = _mm512_mask_mov_ps(self.times[n], fires, at);
                self.marks[n] = _mm512_mask_mov_ps(self.marks[n], fires, self.slope[n]);
                self.waiting[n] &= !fires;
            }
            waiting |= self.waiting[n];
        }
        waiting != 0
    }
}

/// What the neurons of a block give for a list of spikes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(super) fn ramps<const N: usize>(block: &Block<'_>, spikes: &[Spike], threshold: f32) -> Fired<N> {
    let mut ramps = Ramps::<N>::new(threshold, block.width);
    let mut number = 0;
    while number < spikes.len() {
        let time = spikes[number].time;
        while number < spikes.len() && spikes[number].time == time {
            ramps.add(block.row::<N>(spikes[number].row), time);
            number += 1;
        }
        let next = if number < spikes.len() { spikes[number].time } else { f32::INFINITY };
        if !ramps.fire(time, next) {
            break;
        }
    }
    Fired { times: ramps.times.map(lane), marks: ramps.marks.map(lane) }
}
