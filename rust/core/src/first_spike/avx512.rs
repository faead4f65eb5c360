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
    /// Threshold + sum of weight x time; infinite for those that have fired, which they then never do again.
    sum: [__m512; N],
    times: [__m512; N],
    marks: [__m512; N],
    /// How many have not fired.
    waiting: u32,
}

impl<const N: usize> Ramps<N> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn new(threshold: f32, width: usize) -> Self {
        let mut sum = [[f32::INFINITY; LANES]; N];
        for neuron in 0..width {
            sum[neuron / LANES][neuron % LANES] = threshold;
        }
        Self {
            slope: [_mm512_setzero_ps(); N],
            sum: sum.map(vector),
            times: [_mm512_set1_ps(f32::INFINITY); N],
            marks: [_mm512_setzero_ps(); N],
            waiting: width as u32,
        }
    }

    /// Take a spike; gives which neurons may fire before the next one, where it is the last of its time.
    #[allow(
        clippy::needless_range_loop,
        reason = "adapters of the standard library are not compiled for these instructions"
    )]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn add(&mut self, weights: &[Lane; N], time: f32, next: f32) -> [u16; N] {
        let (time, bound, mut may) = (_mm512_set1_ps(time), _mm512_set1_ps(next * MARGIN), [0; N]);
        for n in 0..N {
            let weight = vector(weights[n]);
            self.slope[n] = _mm512_add_ps(self.slope[n], weight);
            self.sum[n] = _mm512_add_ps(self.sum[n], _mm512_mul_ps(weight, time));
            may[n] = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(_mm512_mul_ps(self.slope[n], bound), self.sum[n]);
        }
        may
    }

    /// Let those fire that do so after the spikes at `last` and up to `next`; gives whether some still wait.
    #[allow(
        clippy::needless_range_loop,
        reason = "adapters of the standard library are not compiled for these instructions"
    )]
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn fire(&mut self, may: [u16; N], last: f32, next: f32) -> bool {
        let after = _mm512_set1_ps(f32::from_bits(last.to_bits() + 1));
        let (next, infinity) = (_mm512_set1_ps(next), _mm512_set1_ps(f32::INFINITY));
        for n in 0..N {
            if may[n] != 0 {
                let at = _mm512_div_ps(self.sum[n], self.slope[n]);
                let rises = _mm512_mask_cmp_ps_mask::<_CMP_GT_OQ>(may[n], self.slope[n], _mm512_setzero_ps());
                let soon = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(rises, at, next);
                let fires = _mm512_mask_cmp_ps_mask::<_CMP_LT_OQ>(soon, at, infinity);
                let at = _mm512_mask_blend_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(at, after), after, at);
                self.times[n] = _mm512_mask_mov_ps(self.times[n], fires, at);
                self.marks[n] = _mm512_mask_mov_ps(self.marks[n], fires, self.slope[n]);
                self.sum[n] = _mm512_mask_mov_ps(self.sum[n], fires, infinity);
                self.waiting -= fires.count_ones();
            }
        }
        self.waiting != 0
    }
}

/// What the neurons of a block give for a list of spikes; `next` has the time behind that of each spike, or 0 where the next spike has the same one.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(super) fn ramps<const N: usize>(block: &Block<'_>, spikes: &[Spike], next: &[f32], threshold: f32) -> Fired<N> {
    let mut ramps = Ramps::<N>::new(threshold, block.width);
    for (spike, &next) in spikes.iter().zip(next) {
        let may = ramps.add(block.row::<N>(spike.row), spike.time, next);
        let any = may.into_iter().fold(0, |any, may| any | may);
        if any != 0 && next > 0.0 && !ramps.fire(may, spike.time, next) {
            break;
        }
    }
    Fired { times: ramps.times.map(lane), marks: ramps.marks.map(lane) }
}
