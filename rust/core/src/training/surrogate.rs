//! Backward through time through IF neurons, with a triangular surrogate for the step of a spike; potentials are computed again.

use super::integrate::{PART, TILE, Value};
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};
use crate::threads::{share, with_team};

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
        let span = channels.max(TILE / channels * channels);
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
        with_team(threads.min(parts.len()), tick, |team| {
            share(Some(team), team.watch(), parts, |part, _| {
                level.run(part);
                Ok(())
            })
        })?;
        Ok(OfChannels { threshold: folded(&sums, 0, span, channels), first: folded(&sums, span, span, channels) })
    }
}

/// The sums of parts, each `span` values from `from` on in its two spans, added up for each channel.
fn folded(sums: &[f32], from: usize, span: usize, channels: usize) -> Vec<f32> {
    let mut total = vec![0.0_f64; channels];
    for part in sums.chunks(2 * span) {
        for row in part[from..from + span].chunks(channels) {
            for (total, value) in total.iter_mut().zip(row) {
                *total += f64::from(*value);
            }
        }
    }
    total.into_iter().map(|value| value as f32).collect()
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
        let spread = |values: &[f32]| -> Vec<f32> { values.iter().copied().cycle().take(span).collect() };
        let (threshold, first) = (spread(self.threshold), spread(self.first));
        let mut potentials = vec![[0.0; TILE]; self.arriving.len() / self.size];
        let (mut begin, mut at) = (0, 0);
        while begin < self.neurons {
            let length = TILE.min(span - at).min(self.neurons - begin);
            let tile = Tile { begin, at, length };
            self.tile(tile, &mut potentials, (&threshold[at..at + length], &first[at..at + length]));
            begin += length;
            at = if at + length == span { 0 } else { at + length };
        }
    }
}

/// Neurons side by side: their first within the part, the place of that within the sums, and how many they are.
#[derive(Clone, Copy)]
struct Tile {
    begin: usize,
    at: usize,
    length: usize,
}

type Lanes = [f32; TILE];

impl<T: Value> Part<'_, T> {
    /// Lanes behind a tile's length compute on zeros.
    #[inline(always)]
    fn tile(&mut self, tile: Tile, potentials: &mut [Lanes], (threshold, first): (&[f32], &[f32])) {
        let constant = self.current.len() == self.size;
        let place = |step: usize| {
            let from = step * self.size + self.begin + tile.begin;
            from..from + tile.length
        };
        let (th, mut v) = (widened(threshold, 1.0), widened(first, 0.0));
        for (step, before) in potentials.iter_mut().enumerate() {
            let current = widened(&self.current[place(if constant { 0 } else { step })], 0.0);
            for i in 0..TILE {
                before[i] = v[i] + current[i];
                v[i] = before[i] - if before[i] >= th[i] { th[i] } else { 0.0 };
            }
        }
        let (mut later, mut total, mut to_threshold) = ([0.0; TILE], [0.0; TILE], [0.0; TILE]);
        for (step, v) in potentials.iter().enumerate().rev() {
            let arriving = widened(&self.arriving[place(step)], 0.0);
            back(v, &th, &arriving, (&mut later, &mut total, &mut to_threshold));
            if !constant {
                rounded(&later, &mut self.leaving[step][tile.begin..tile.begin + tile.length]);
            }
        }
        if constant {
            rounded(&total, &mut self.leaving[0][tile.begin..tile.begin + tile.length]);
        }
        add(&to_threshold, &mut self.to_threshold[tile.at..tile.at + tile.length]);
        add(&later, &mut self.to_first[tile.at..tile.at + tile.length]);
    }
}

/// One step back: from potentials before the reset, and the gradients that arrive at spikes.
#[inline(always)]
fn back(v: &Lanes, th: &Lanes, arriving: &Lanes, sums: (&mut Lanes, &mut Lanes, &mut Lanes)) {
    let (later, total, to_threshold) = sums;
    for i in 0..TILE {
        let u = v[i] / th[i];
        let slope = (1.0 - (u - 1.0).abs()).max(0.0);
        let given = arriving[i] - later[i];
        later[i] += given * slope;
        total[i] += later[i];
        let fires = if v[i] >= th[i] { 1.0 } else { 0.0 };
        to_threshold[i] += given * (fires - u * slope);
    }
}

/// Values as float32, others behind them. A full tile has a length that the compiler knows.
#[inline(always)]
fn widened<T: Value>(values: &[T], others: f32) -> Lanes {
    let mut found = [others; TILE];
    if let Ok(values) = <&[T; TILE]>::try_from(values) {
        for i in 0..TILE {
            found[i] = values[i].widened();
        }
    } else {
        for (found, value) in found.iter_mut().zip(values) {
            *found = value.widened();
        }
    }
    found
}

#[inline(always)]
fn rounded<T: Value>(values: &Lanes, target: &mut [T]) {
    if let Ok(target) = <&mut [T; TILE]>::try_from(&mut *target) {
        for i in 0..TILE {
            target[i] = T::rounded(values[i]);
        }
    } else {
        for (target, value) in target.iter_mut().zip(values) {
            *target = T::rounded(*value);
        }
    }
}

#[inline(always)]
fn add(values: &Lanes, target: &mut [f32]) {
    for (target, value) in target.iter_mut().zip(values) {
        *target += value;
    }
}

#[cfg(test)]
mod tests;
