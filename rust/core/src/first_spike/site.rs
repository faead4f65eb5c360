//! Times and gradients of neurons, and spikes, as the loops of the backward pass read them.

use super::blocks::{LANES, Lane};
use super::sorter::Spike;

/// The neurons of one block at one site.
pub(super) struct Site<const N: usize> {
    pub(super) neurons: Neurons<N>,
    /// No spike from here on counts (ramp).
    latest: f32,
}

impl<const N: usize> Site<N> {
    #[inline(always)]
    pub(super) fn new(times: &[f32], gradient: &[f32], width: usize) -> Self {
        let neurons = Neurons::new(&times[..width], &gradient[..width]);
        let mut latest = 0.0;
        for (&time, &gradient) in neurons.times.as_flattened().iter().zip(neurons.gradient.as_flattened()) {
            latest = if gradient != 0.0 && time > latest { time } else { latest };
        }
        Self { neurons, latest }
    }

    /// The spikes that count (ramp).
    #[inline(always)]
    pub(super) fn in_time<'a>(&self, spikes: &'a [Spike]) -> &'a [Spike] {
        &spikes[..spikes.partition_point(|spike| spike.time < self.latest)]
    }
}

/// A spike of one sample.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry {
    pub(super) time: f32,
    pub(super) sample: u32,
}

/// Times and gradients of some neighbouring neurons in one sample; those that do not count, and lanes without one, have 0.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Neurons<const M: usize> {
    pub(super) times: [Lane; M],
    pub(super) gradient: [Lane; M],
}

impl<const M: usize> Neurons<M> {
    /// Of as many neurons as there are lanes, or fewer.
    #[inline(always)]
    pub(super) fn new(times: &[f32], gradient: &[f32]) -> Self {
        let mut neurons = Self { times: [[0.0; LANES]; M], gradient: [[0.0; LANES]; M] };
        neurons.times.as_flattened_mut()[..times.len()].copy_from_slice(times);
        neurons.gradient.as_flattened_mut()[..gradient.len()].copy_from_slice(gradient);
        neurons
    }

    /// Add to the gradients by the weights that ramps give to a spike.
    #[inline(always)]
    pub(super) fn add_ramps(&self, spike: f32, row: &mut [Lane; M]) {
        // One loop over all columns: the compiler keeps it, and makes it one of whole vectors.
        let neurons = self.gradient.as_flattened().iter().zip(self.times.as_flattened());
        for (sum, (&gradient, &time)) in row.as_flattened_mut().iter_mut().zip(neurons) {
            let term = gradient * (spike - time);
            *sum += if spike < time { term } else { 0.0 };
        }
    }
}
