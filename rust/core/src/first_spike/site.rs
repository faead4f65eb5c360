//! Times and gradients of neurons, and spikes, as the loops of the backward pass read them.

use super::blocks::{LANES, Lane};
use super::sorter::Spike;

/// The neurons of one block at one site.
pub(super) struct Site<const N: usize> {
    pub(super) times: [Lane; N],
    pub(super) gradient: [Lane; N],
    /// No spike from here on counts (ramp).
    latest: f32,
}

impl<const N: usize> Site<N> {
    #[inline(always)]
    pub(super) fn new(times: &[f32], gradient: &[f32], width: usize) -> Self {
        let (mut padded_times, mut padded_gradient) = ([[0.0; LANES]; N], [[0.0; LANES]; N]);
        padded_times.as_flattened_mut()[..width].copy_from_slice(&times[..width]);
        padded_gradient.as_flattened_mut()[..width].copy_from_slice(&gradient[..width]);
        let mut latest = 0.0;
        for (&time, &gradient) in padded_times.as_flattened().iter().zip(padded_gradient.as_flattened()) {
            latest = if gradient != 0.0 && time > latest { time } else { latest };
        }
        Self { times: padded_times, gradient: padded_gradient, latest }
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

/// Times and gradients of some neighbouring neurons in one sample; those that do not count have 0.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Neurons<const M: usize> {
    pub(super) times: [Lane; M],
    pub(super) gradient: [Lane; M],
}
