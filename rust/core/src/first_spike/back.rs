//! From the gradient by the times of neurons to those by their weights and by the times of their inputs.

#[cfg(target_arch = "x86_64")]
use super::avx512::input_gradients;
#[cfg(target_arch = "x86_64")]
use super::blocks::with_fewest_lanes;
use super::blocks::{Block, LANES, Lane, Weights, check_rows, with_lanes};
use super::site::Site;
use super::sorter::Spike;
use super::spikes::Lists;
use crate::error::Result;
#[cfg(target_arch = "x86_64")]
use crate::simd::Set;
use crate::simd::{Kernel, Level};

/// How times depend on weights and on earlier times.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way<'a> {
    /// `dt_j/dw_ij = (t_i - t_j) / A`, `dt_j/dt_i = w_ij / A` where `t_i < t_j`; the gradient is already divided by A.
    Ramp,
    /// `dt_j/dw_ij = kernel[t_j - t_i + steps]`, `dt_j/dt_i = w_ij` where `t_i <= t_j`.
    Step { kernel: &'a [f32], steps: usize },
}

impl Way<'_> {
    /// Whether only spikes before a neuron's own count, not those at its time.
    fn strict(self) -> bool {
        matches!(self, Self::Ramp)
    }
}

/// A layer in the backward pass: a row of `columns` values for each list of incoming spikes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Back<'a> {
    pub(super) way: Way<'a>,
    pub(super) lists: &'a Lists,
    /// Times of the neurons; those that do not count have 0 (ramp), silent ones `steps` (step).
    pub(super) times: &'a [f32],
    pub(super) gradient: &'a [f32],
}

/// Add to the gradient by the weights of one block, `[row][lanes of the block]`.
pub(super) fn by_weight(
    level: Level,
    back: Back<'_>,
    block: &Block<'_>,
    columns: usize,
    sum: &mut [f32],
) -> Result<()> {
    check_rows(sum.len() / (block.lanes() * LANES), back.lists.rows())?;
    level.run(ByWeight { back, block: *block, columns, sum });
    Ok(())
}

/// Add to the gradient by the times of inputs: `add(list, row, gradient)`.
pub(super) fn by_input(
    level: Level,
    back: Back<'_>,
    weights: &Weights<'_>,
    add: impl FnMut(usize, u32, f32),
) -> Result<()> {
    check_rows(weights.rows(), back.lists.rows())?;
    let all = ByInput { back, weights, add };
    match level.set() {
        #[cfg(target_arch = "x86_64")]
        Set::Avx512 => all.run_avx512(),
        _ => level.run(all),
    }
    Ok(())
}

struct ByWeight<'a> {
    back: Back<'a>,
    block: Block<'a>,
    columns: usize,
    sum: &'a mut [f32],
}

struct ByInput<'a, F> {
    back: Back<'a>,
    weights: &'a Weights<'a>,
    add: F,
}

impl Kernel for ByWeight<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { back, block, columns, sum } = self;
        let rows = back.times.chunks_exact(columns).zip(back.gradient.chunks_exact(columns));
        for (spikes, (times, gradient)) in back.lists.iter().zip(rows) {
            let (times, gradient) = (&times[block.first..], &gradient[block.first..]);
            with_lanes!(block.lanes(), N => {
                let site = Site::<N>::new(times, gradient, block.width);
                match back.way {
                    Way::Ramp => ramp_by_weight(&site, spikes, sum),
                    Way::Step { kernel, steps } => step_by_weight(&site, spikes, kernel, steps, sum),
                }
            });
        }
    }
}

#[inline(always)]
fn ramp_by_weight<const N: usize>(site: &Site<N>, spikes: &[Spike], sum: &mut [f32]) {
    let rows = sum.as_chunks_mut::<LANES>().0.as_chunks_mut::<N>().0;
    for spike in site.in_time(spikes) {
        let Some(row) = rows.get_mut(spike.row as usize) else { break };
        site.neurons.add_ramps(spike.time, row);
    }
}

#[inline(always)]
fn step_by_weight<const N: usize>(site: &Site<N>, spikes: &[Spike], kernel: &[f32], steps: usize, sum: &mut [f32]) {
    let rows = sum.as_chunks_mut::<LANES>().0.as_chunks_mut::<N>().0;
    let mut terms = [[0.0; LANES]; N];
    let mut of = f32::NEG_INFINITY;
    for spike in spikes {
        if spike.time > of {
            of = spike.time;
            let neurons = site.neurons.gradient.as_flattened().iter().zip(site.neurons.times.as_flattened());
            for (term, (&gradient, &time)) in terms.as_flattened_mut().iter_mut().zip(neurons) {
                let distance = time as usize + steps - spike.time as usize;
                *term = gradient * kernel.get(distance).copied().unwrap_or(0.0);
            }
        }
        let Some(row) = rows.get_mut(spike.row as usize) else { break };
        for (sum, term) in row.as_flattened_mut().iter_mut().zip(terms.as_flattened()) {
            *sum += term;
        }
    }
}

impl<F: FnMut(usize, u32, f32)> ByInput<'_, F> {
    /// Visit all lists, block by block: the block, the list, its number, and the block's part of the times and gradients.
    #[inline(always)]
    fn each_site(self, mut visit: impl FnMut(&mut F, &Block<'_>, (usize, &[Spike]), &[f32], &[f32])) {
        let Self { back, weights, mut add } = self;
        let columns = weights.columns();
        for number in 0..weights.blocks() {
            let block = weights.block(number);
            let rows = back.times.chunks_exact(columns).zip(back.gradient.chunks_exact(columns));
            for (list, (times, gradient)) in back.lists.iter().enumerate().zip(rows) {
                visit(&mut add, &block, list, &times[block.first..], &gradient[block.first..]);
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn run_avx512(self) {
        let strict = self.back.way.strict();
        self.each_site(|add, block, (list, spikes), times, gradient| {
            with_fewest_lanes!(block, N => {
                let site = Site::<N>::new(times, gradient, block.width);
                let add = |row, value| add(list, row, value);
                // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
                unsafe {
                    if strict {
                        input_gradients::<N, true>(&site, block, site.in_time(spikes), add);
                    } else {
                        input_gradients::<N, false>(&site, block, spikes, add);
                    }
                }
            });
        });
    }
}

impl<F: FnMut(usize, u32, f32)> Kernel for ByInput<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let strict = self.back.way.strict();
        self.each_site(|add, block, (list, spikes), times, gradient| {
            with_lanes!(block.lanes(), N => {
                let site = Site::<N>::new(times, gradient, block.width);
                let spikes = if strict { site.in_time(spikes) } else { spikes };
                for spike in spikes {
                    add(list, spike.row, input_gradient(&site, block.row(spike.row), spike.time, strict));
                }
            });
        });
    }
}

#[inline(always)]
fn input_gradient<const N: usize>(site: &Site<N>, weight: &[Lane; N], time: f32, strict: bool) -> f32 {
    let mut sums = [0.0; LANES];
    for ((times, gradient), weight) in site.neurons.times.iter().zip(&site.neurons.gradient).zip(weight) {
        for l in 0..LANES {
            let causal = if strict { time < times[l] } else { time <= times[l] };
            sums[l] += if causal { gradient[l] * weight[l] } else { 0.0 };
        }
    }
    halves(&sums)
}

/// The sum of all lanes: the upper half is added to the lower, until one is left.
#[inline(always)]
fn halves(sums: &Lane) -> f32 {
    let mut sums = *sums;
    let mut half = LANES / 2;
    while half > 0 {
        for l in 0..half {
            sums[l] += sums[l + half];
        }
        half /= 2;
    }
    sums[0]
}

/// Gradients by block as one matrix of rows.
pub(super) fn joined(weights: &Weights<'_>, sums: &[Vec<f32>], rows: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(rows * weights.columns());
    for row in 0..rows {
        for (number, sum) in sums.iter().enumerate() {
            let block = weights.block(number);
            all.extend_from_slice(&sum[row * block.lanes() * LANES..][..block.width]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_sum_all_lanes() {
        let mut sums = [0.0; LANES];
        for (l, sum) in sums.iter_mut().enumerate() {
            *sum = l as f32;
        }
        assert_eq!(halves(&sums), 120.0);
    }
}
