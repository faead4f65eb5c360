//! Sums of a row's gradients over all samples, in registers.

use std::arch::x86_64::{
    _CMP_LT_OQ, _mm512_cmp_ps_mask, _mm512_mask_add_ps, _mm512_mul_ps, _mm512_set1_ps, _mm512_sub_ps,
};

use crate::first_spike::avx512::register::{lane, vector};
use crate::first_spike::blocks::Lane;
use crate::first_spike::site::{Entry, Neurons};

/// Add `gradient * (time - times)` of the neurons that fire later than each spike; `panel` has a place a sample.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
pub(crate) fn add_row<const M: usize>(row: &mut [Lane; M], panel: &[Neurons<M>], spikes: &[Entry]) {
    let mut sums = row.map(vector);
    for spike in spikes {
        let Some(neurons) = panel.get(spike.sample as usize) else { break };
        let time = _mm512_set1_ps(spike.time);
        for m in 0..M {
            let times = vector(neurons.times[m]);
            let term = _mm512_mul_ps(vector(neurons.gradient[m]), _mm512_sub_ps(time, times));
            sums[m] = _mm512_mask_add_ps(sums[m], _mm512_cmp_ps_mask::<_CMP_LT_OQ>(time, times), sums[m], term);
        }
    }
    *row = sums.map(lane);
}
