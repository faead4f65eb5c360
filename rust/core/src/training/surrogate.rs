//! Backward through time through IF neurons, with a triangular surrogate for the step of a spike; potentials are computed again.

use super::lanes::{Lanes, PART, TILE, Value, folded, numbers, put, run_parts, span, spread, tile};
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};

/// Currents, the gradient of what neurons put out, and room for that of their currents; N neurons.
#[derive(Debug)]
pub struct Backward<'a, T> {
    /// N values a step, the first step's first; or N that hold at every step.
    pub current: &'a [T],
    /// One threshold, or one for each channel; channels are the innermost axis.
    pub threshold: &'a [f32],
    /// The initial potential, as many values as thresholds.
    pub first: &'a [f32],
    /// The gradient of the spikes times the threshold, N values a step.
    pub arriving: &'a [T],
    /// As many values as currents.
    pub leaving: &'a mut [T],
}

/// The gradients of thresholds and initial potentials.
#[derive(Debug, Clone, PartialEq)]
pub struct OfChannels {
    /// Of each threshold.
    pub threshold: Vec<f32>,
    /// Of each initial potential.
    pub first: Vec<f32>,
}

impl<T: Value> Backward<'_, T> {
    /// Derive `v += I(t); o(t) = th [v >= th]; v -= o(t)`, with `d o/d v = max(0, 1 - |v/th - 1|)`.
    ///
    /// Backward in time, with a the gradient of `o(t)` less what the potential behind it gets: the potential before it gets
    /// `d o/d v a` more, which is the current's gradient, and the threshold `([v >= th] - d o/d v v/th) a`. No result depends
    /// on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths do not fit, or `tick` said stop.
    pub fn derive(self, level: Level, steps: usize, threads: usize, tick: Tick<'_>) -> Result<OfChannels> {
        let Self { current, threshold, first, arriving, leaving } = self;
        let channels = threshold.len();
        let size = arriving.len() / steps.max(1);
        let fits = channels > 0
            && first.len() == channels
            && size.is_multiple_of(channels)
            && size * steps == arriving.len()
            && leaving.len() == current.len();
        if !fits || steps == 0 || (current.len() != size && current.len() != arriving.len()) {
            return Err(Error::data(format!(
                "currents and gradients: expected neurons of {channels} channels through {steps} steps, got {} currents, \
                 {} gradients of spikes, {} of currents and {} initial potentials",
                current.len(),
                arriving.len(),
                leaving.len(),
                first.len()
            )));
        }
        let zeros = vec![0.0; channels];
        if size == 0 {
            return Ok(OfChannels { threshold: zeros.clone(), first: zeros });
        }
        let constant = current.len() == size;
        let span = span(channels);
        // Parts start with the first channel.
        let length = PART.next_multiple_of(channels);
        let mut sums = vec![0.0; size.div_ceil(length) * 2 * span];
        let mut parts: Vec<Part<'_, T>> = sums
            .chunks_mut(2 * span)
            .enumerate()
            .map(|(number, sums)| {
                let (to_threshold, to_first) = sums.split_at_mut(span);
                let begin = number * length;
                let neurons = length.min(size - begin);
                let leaving = Vec::with_capacity(if constant { 1 } else { steps });
                Part { current, threshold, first, arriving, size, begin, neurons, leaving, to_threshold, to_first }
            })
            .collect();
        for step in leaving.chunks_mut(size) {
            for (part, leaving) in parts.iter_mut().zip(step.chunks_mut(length)) {
                part.leaving.push(leaving);
            }
        }
        run_parts(parts, level, threads, tick)?;
        let of_threshold = sums.chunks(2 * span).map(|part| &part[..span]);
        let of_first = sums.chunks(2 * span).map(|part| &part[span..]);
        Ok(OfChannels { threshold: folded(of_threshold, channels), first: folded(of_first, channels) })
    }
}

/// Some of the neurons, with room for sums over them: a value for each channel, or for several neurons of few channels.
struct Part<'a, T> {
    current: &'a [T],
    threshold: &'a [f32],
    first: &'a [f32],
    arriving: &'a [T],
    /// All neurons: from one step's values to the next one's.
    size: usize,
    begin: usize,
    neurons: usize,
    leaving: Vec<&'a mut [T]>,
    to_threshold: &'a mut [f32],
    to_first: &'a mut [f32],
}

impl<T: Value> Kernel for Part<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let span = self.to_first.len();
        let (threshold, first) = (spread(self.threshold, span), spread(self.first, span));
        let mut potentials = vec![[0.0; TILE]; self.arriving.len() / self.size];
        for at in (0..span).step_by(TILE) {
            let own = at..span.min(at + TILE);
            let th = numbers(&threshold[own.clone()], 1.0);
            let channels = OfTile { th, inverse: th.map(|th| 1.0 / th), first: numbers(&first[own.clone()], 0.0) };
            let (mut to_threshold, mut to_first) = ([0.0; TILE], [0.0; TILE]);
            for begin in (at..self.neurons).step_by(span) {
                let tile = (begin, own.len());
                self.tile(tile, &channels, &mut potentials, (&mut to_threshold, &mut to_first));
            }
            self.to_threshold[own.clone()].copy_from_slice(&to_threshold[..own.len()]);
            self.to_first[own.clone()].copy_from_slice(&to_first[..own.len()]);
        }
    }
}

/// Threshold, `1 / threshold` and initial potential of neurons side by side.
struct OfTile {
    th: Lanes,
    inverse: Lanes,
    first: Lanes,
}

impl<T: Value> Part<'_, T> {
    /// Derive some neurons of a part, from one on. Lanes behind them compute on zeros.
    #[inline(always)]
    fn tile(
        &mut self,
        (begin, length): (usize, usize),
        channels: &OfTile,
        potentials: &mut [Lanes],
        (to_threshold, to_first): (&mut Lanes, &mut Lanes),
    ) {
        let OfTile { th, first, .. } = channels;
        let constant = self.current.len() == self.size;
        let of = |values: &[T], step: usize| {
            let from = step * self.size + self.begin;
            tile(&values[from..from + self.neurons], begin, length)
        };
        let mut v = *first;
        for (step, before) in potentials.iter_mut().enumerate() {
            let current = of(self.current, if constant { 0 } else { step });
            for i in 0..TILE {
                before[i] = v[i] + current[i].widened();
                v[i] = before[i] - if before[i] >= th[i] { th[i] } else { 0.0 };
            }
        }
        let (mut later, mut total) = ([0.0_f32; TILE], [0.0_f32; TILE]);
        for (step, v) in potentials.iter().enumerate().rev() {
            let arriving = of(self.arriving, step).map(T::widened);
            back(v, channels, &arriving, (&mut later, &mut total, to_threshold));
            if !constant {
                put(later.map(T::rounded), self.leaving[step], begin, length);
            }
        }
        if constant {
            put(total.map(T::rounded), self.leaving[0], begin, length);
        }
        for (to_first, later) in to_first.iter_mut().zip(later) {
            *to_first += later;
        }
    }
}

/// One step back: from potentials before the reset, and the gradients that arrive at spikes.
#[inline(always)]
fn back(v: &Lanes, channels: &OfTile, arriving: &Lanes, sums: (&mut Lanes, &mut Lanes, &mut Lanes)) {
    let (later, total, to_threshold) = sums;
    for i in 0..TILE {
        let u = v[i] * channels.inverse[i];
        let slope = (1.0 - (u - 1.0).abs()).max(0.0);
        let given = arriving[i] - later[i];
        later[i] += given * slope;
        total[i] += later[i];
        let fires = if v[i] >= channels.th[i] { 1.0 } else { 0.0 };
        to_threshold[i] += given * (fires - u * slope);
    }
}

#[cfg(test)]
mod tests;
