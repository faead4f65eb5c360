//! IF neurons through T steps, from currents to spikes, in one pass over arrays that belong to others: trainings simulate with it.

use super::lanes::{Lanes, PART, TILE, Value, numbers, put, run_parts, span, spread, tile};
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::neuron::{Constants, LeakStep, step};
use crate::simd::{Kernel, Level};

/// Currents, and room for what comes of them; N neurons.
#[derive(Debug)]
pub struct Neurons<'a, T> {
    /// N values a step, the first step's first; or N that hold at every step.
    pub current: &'a [T],
    /// One threshold, or one for each channel; channels are the innermost axis.
    pub threshold: &'a [f32],
    /// The initial potential, as many values as thresholds.
    pub first: &'a [f32],
    /// N values a step: the threshold where a neuron fires, else 0.
    pub spikes: &'a mut [T],
    /// N values: the mean of the spikes.
    pub rate: &'a mut [T],
}

impl<T: Value> Neurons<'_, T> {
    /// Simulate: `v += I(t); o(t) = th [v >= th]; v -= o(t)`. No result depends on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths do not fit, or `tick` said stop.
    pub fn integrate(self, level: Level, steps: usize, threads: usize, tick: Tick<'_>) -> Result<()> {
        let Self { current, threshold, first, spikes, rate } = self;
        let size = rate.len();
        let channels = threshold.len();
        let fits = channels > 0
            && first.len() == channels
            && size % channels == 0
            && Some(spikes.len()) == size.checked_mul(steps);
        if !fits || steps == 0 || (current.len() != size && current.len() != spikes.len()) {
            return Err(Error::data(format!(
                "currents, spikes and rates: expected {size} neurons of {channels} channels through {steps} steps, got {} \
                 currents, {} spikes and {} initial potentials",
                current.len(),
                spikes.len(),
                first.len()
            )));
        }
        if size == 0 {
            return Ok(());
        }
        // Parts start with the first channel.
        let length = PART.next_multiple_of(channels);
        let stride = if current.len() == size { 0 } else { size };
        let rates = rate.chunks_mut(length).enumerate();
        let mut parts: Vec<Part<'_, T>> = rates
            .map(|(number, rate)| Part {
                current,
                stride,
                begin: number * length,
                threshold,
                first,
                spikes: Vec::with_capacity(steps),
                rate,
            })
            .collect();
        for step in spikes.chunks_mut(size) {
            for (part, spikes) in parts.iter_mut().zip(step.chunks_mut(length)) {
                part.spikes.push(spikes);
            }
        }
        run_parts(parts, level, threads, tick)
    }
}

/// Some of the neurons.
struct Part<'a, T> {
    current: &'a [T],
    /// From one step's currents to the next one's.
    stride: usize,
    begin: usize,
    /// Of each channel.
    threshold: &'a [f32],
    first: &'a [f32],
    spikes: Vec<&'a mut [T]>,
    rate: &'a mut [T],
}

impl<T: Value> Kernel for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let span = span(self.threshold.len());
        let (threshold, first) = (spread(self.threshold, span), spread(self.first, span));
        for at in (0..span).step_by(TILE) {
            let own = at..span.min(at + TILE);
            let (th, potential) = (numbers(&threshold[own.clone()], 1.0), numbers(&first[own.clone()], 0.5));
            for begin in (at..self.rate.len()).step_by(span) {
                self.tile(begin, own.len(), &th, potential);
            }
        }
    }
}

impl<T: Value> Part<'_, T> {
    /// Lanes behind a tile's length compute on zeros.
    #[inline(always)]
    fn tile(&mut self, begin: usize, length: usize, th: &Lanes, mut potential: Lanes) {
        let size = self.rate.len();
        let mut total = [0.0_f32; TILE];
        for (number, target) in self.spikes.iter_mut().enumerate() {
            let from = number * self.stride + self.begin;
            let current = tile(&self.current[from..from + size], begin, length);
            let mut spikes = [T::rounded(0.0); TILE];
            for i in 0..TILE {
                let own = Constants { fire: th[i], after: th[i], leak: LeakStep::default() };
                let after = step::<f32, false, true>(potential[i], current[i].widened(), own);
                let spike = if after.fires { th[i] } else { 0.0 };
                spikes[i] = T::rounded(spike);
                potential[i] = after.potential;
                total[i] += spike;
            }
            put(spikes, target, begin, length);
        }
        let steps = self.spikes.len() as f32;
        put(total.map(|total| T::rounded(total / steps)), self.rate, begin, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neuron_by_hand() {
        // v = .5, +.75 fires, +.75 does not reach, +.75 fires.
        let (mut spikes, mut rate) = ([0.0_f32; 4], [0.0_f32; 1]);
        let (current, threshold, first) = (&[0.75][..], &[1.0][..], &[0.5][..]);
        let neurons = Neurons { current, threshold, first, spikes: &mut spikes, rate: &mut rate };
        neurons.integrate(Level::named(None).unwrap(), 4, 1, &mut |_| true).unwrap();
        assert_eq!(spikes, [1.0, 1.0, 0.0, 1.0]);
        assert_eq!(rate, [0.75]);
    }

    #[test]
    fn each_channel_starts_from_its_own_potential() {
        let (mut spikes, mut rate) = ([0.0_f32; 4], [0.0_f32; 2]);
        let neurons = Neurons {
            current: &[0.75, 0.75],
            threshold: &[1.0, 1.0],
            first: &[0.0, 0.25],
            spikes: &mut spikes,
            rate: &mut rate,
        };
        neurons.integrate(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap();
        assert_eq!(spikes, [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(rate, [0.5, 0.5]);
    }

    /// One neuron at a time: the definition.
    fn scalar<T: Value>(current: &[T], th: &[f32], steps: usize, size: usize) -> (Vec<T>, Vec<T>) {
        let (mut spikes, mut rate) = (vec![T::rounded(0.0); steps * size], vec![T::rounded(0.0); size]);
        for i in 0..size {
            let (mut v, mut total) = (th[i % th.len()] / 2.0, 0.0);
            for t in 0..steps {
                v += current[if current.len() == size { i } else { t * size + i }].widened();
                let spike = if v >= th[i % th.len()] { th[i % th.len()] } else { 0.0 };
                spikes[t * size + i] = T::rounded(spike);
                v -= spike;
                total += spike;
            }
            rate[i] = T::rounded(total / steps as f32);
        }
        (spikes, rate)
    }

    fn every_level_is_the_scalar_one<T: Value + std::fmt::Debug + PartialEq>() {
        let th = [0.5, 1.0, 0.7];
        let first = th.map(|th| th / 2.0);
        for (size, steps) in [(3, 4), (63, 1), (3 * 64, 5), (3 * PART + 9, 3)] {
            for constant in [false, true] {
                let values = if constant { size } else { size * steps };
                let current: Vec<T> = (0..values).map(|i| T::rounded((i * 7919 % 1000) as f32 / 700.0 - 0.3)).collect();
                let expected = scalar(&current, &th, steps, size);
                for level in Level::available() {
                    for threads in [1, 3] {
                        let (mut spikes, mut rate) = (vec![T::rounded(9.0); steps * size], vec![T::rounded(9.0); size]);
                        let (threshold, first, current) = (&th[..], &first[..], &current[..]);
                        let neurons = Neurons { current, threshold, first, spikes: &mut spikes, rate: &mut rate };
                        neurons.integrate(level, steps, threads, &mut |_| true).unwrap();
                        assert!((spikes, rate) == expected, "{level:?} {size} {steps} {constant} {threads}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_level_is_the_scalar_one_in_float32() {
        every_level_is_the_scalar_one::<f32>();
    }

    #[test]
    fn every_level_is_the_scalar_one_in_bfloat16() {
        every_level_is_the_scalar_one::<u16>();
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let (mut spikes, mut rate) = ([0.0_f32; 4], [0.0_f32; 2]);
        let neurons =
            Neurons { current: &[0.0; 3], threshold: &[1.0], first: &[0.5], spikes: &mut spikes, rate: &mut rate };
        let error = neurons.integrate(Level::named(None).unwrap(), 2, 1, &mut |_| true).unwrap_err();
        assert!(
            error.to_string().contains("2 neurons of 1 channels through 2 steps, got 3 currents, 4 spikes"),
            "{error}"
        );
    }
}
