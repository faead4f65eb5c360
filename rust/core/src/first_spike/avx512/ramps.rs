//! Ramps of a block at one site. Slopes and sums stay in registers, and nothing is divided before the end.
//!
//! A neuron fires by `next` if `sum / slope`, rounded, is not later. The quotient of two floats never lies in the middle between two
//! neighbouring ones, so that is `sum / slope < next + half`, half of the distance to the next float: `slope * next - sum + slope * half > 0`.
//! Two fused multiply-adds give that sign exactly: where the first one rounds, its result is larger than `slope * half`, as long as nothing
//! is too small for a float (`Comparable`, [`comparable_times`]).

use crate::first_spike::avx512::register::{lane, vector};
use crate::first_spike::blocks::{BLOCK, Block, LANES, Lane};
use crate::first_spike::neuron::Fired;
use crate::first_spike::sorter::Spike;
use std::arch::x86_64::{
    __m512, _CMP_GT_OQ, _CMP_LT_OQ, _mm512_add_ps, _mm512_cmp_ps_mask, _mm512_div_ps, _mm512_fmadd_ps, _mm512_fmsub_ps,
    _mm512_mask_cmp_ps_mask, _mm512_mask_mov_ps, _mm512_max_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_setzero_ps,
};

/// Times but 0 are at least this.
const LEAST_TIME: f32 = 1.0 / (1_u64 << 40) as f32;

/// Whether no spike, ascending in time, is so early, and a float comes after the last one.
pub(crate) fn comparable_times(spikes: &[Spike]) -> bool {
    let first = spikes.partition_point(|spike| spike.time == 0.0);
    let early = spikes.get(first).is_some_and(|spike| spike.time < LEAST_TIME);
    !early && spikes.last().is_none_or(|spike| spike.time < f32::MAX)
}

/// A block's neurons while spikes come in.
struct Ramps<const N: usize> {
    slope: [__m512; N],
    /// Threshold + sum of weight x time.
    sum: [__m512; N],
    /// Of those that have fired.
    fired: [Crossing; N],
    /// Who has not fired, a bit a lane.
    waiting: [u16; N],
}

/// What is known of neurons as they fire: slope and sum, and the earliest time that is left.
#[derive(Clone, Copy)]
struct Crossing {
    slope: __m512,
    sum: __m512,
    after: __m512,
}

impl<const N: usize> Ramps<N> {
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn new(threshold: f32, width: usize) -> Self {
        let all = if width < BLOCK { (1_u64 << width) - 1 } else { u64::MAX };
        let mut waiting = [0; N];
        for n in 0..N {
            waiting[n] = (all >> (n * LANES)) as u16;
        }
        let zero = _mm512_setzero_ps();
        let fired = [Crossing { slope: zero, sum: zero, after: zero }; N];
        Self { slope: [zero; N], sum: [_mm512_set1_ps(threshold); N], fired, waiting }
    }

    /// Take a spike.
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
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn fire(&mut self, last: f32, next: f32) -> bool {
        let half = _mm512_set1_ps((f32::from_bits(next.to_bits() + 1) - next) * 0.5);
        let (next, after) = (_mm512_set1_ps(next), _mm512_set1_ps(f32::from_bits(last.to_bits() + 1)));
        let mut fires = [0; N];
        for n in 0..N {
            let slope = self.slope[n];
            let over = _mm512_fmadd_ps(slope, half, _mm512_fmsub_ps(slope, next, self.sum[n]));
            let rises = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(slope, _mm512_setzero_ps());
            fires[n] = _mm512_mask_cmp_ps_mask::<_CMP_GT_OQ>(rises, over, _mm512_setzero_ps());
        }
        // Where a few neurons see many times, hardly any of which makes one fire.
        if N == 1 && fires[0] & self.waiting[0] == 0 {
            return true;
        }
        self.note(fires, after)
    }

    /// Those that fire keep what they fire with; gives whether some still wait.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn note(&mut self, fires: [u16; N], after: __m512) -> bool {
        let mut waiting = 0;
        for n in 0..N {
            let (fires, fired) = (fires[n] & self.waiting[n], &mut self.fired[n]);
            fired.slope = _mm512_mask_mov_ps(fired.slope, fires, self.slope[n]);
            fired.sum = _mm512_mask_mov_ps(fired.sum, fires, self.sum[n]);
            fired.after = _mm512_mask_mov_ps(fired.after, fires, after);
            self.waiting[n] &= !fires;
            waiting |= self.waiting[n];
        }
        waiting != 0
    }

    /// The times and slopes of all that fire, those included that do so after the last spike, at `last`.
    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
    #[inline]
    fn end(mut self, last: f32) -> Fired<N> {
        self.note([u16::MAX; N], _mm512_set1_ps(f32::from_bits(last.to_bits() + 1)));
        let mut fired = Fired::<N>::NONE;
        for n in 0..N {
            let Crossing { slope, sum, after } = self.fired[n];
            let at = _mm512_div_ps(sum, slope);
            let rises = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(slope, _mm512_setzero_ps());
            let fires = _mm512_mask_cmp_ps_mask::<_CMP_LT_OQ>(rises, at, _mm512_set1_ps(f32::INFINITY));
            fired.times[n] = lane(_mm512_mask_mov_ps(vector(fired.times[n]), fires, _mm512_max_ps(at, after)));
            fired.marks[n] = lane(_mm512_mask_mov_ps(vector(fired.marks[n]), fires, slope));
        }
        fired
    }
}

/// What the neurons of a block give for a list of spikes; no weight and no time is too small.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn ramps<const N: usize>(block: &Block<'_>, spikes: &[Spike], threshold: f32) -> Fired<N> {
    let mut ramps = Ramps::<N>::new(threshold, block.width);
    let (mut number, mut time) = (0, 0.0);
    while number < spikes.len() {
        time = spikes[number].time;
        while number < spikes.len() && spikes[number].time == time {
            ramps.add(block.row::<N>(spikes[number].row), time);
            number += 1;
        }
        if number < spikes.len() && !ramps.fire(time, spikes[number].time) {
            break;
        }
    }
    ramps.end(time)
}
