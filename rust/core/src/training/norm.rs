//! Backward through batch normalisation, channels innermost.

use super::lanes::{PART, TILE, Value, folded, numbers, put, run_on, span, spread, tile};
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};
use crate::threads::with_team;

/// Values that were normalised, the gradient of what they became, and room for their own.
#[derive(Debug)]
pub struct Norm<'a, T> {
    /// What was normalised; channels are the innermost axis.
    pub input: &'a [T],
    /// The gradient of `weight (x - mean) / deviation + bias`, as many values.
    pub arriving: &'a [T],
    /// As many values.
    pub leaving: &'a mut [T],
    /// One for each channel.
    pub mean: &'a [f32],
    /// `1 / deviation`, one for each channel.
    pub inverse: &'a [f32],
    /// One for each channel.
    pub weight: &'a [f32],
    /// Whether mean and deviation do not follow from these values.
    pub frozen: bool,
}

/// The gradients of weights and biases.
#[derive(Debug, Clone, PartialEq)]
pub struct OfNorm {
    /// Of each weight.
    pub weight: Vec<f32>,
    /// Of each bias.
    pub bias: Vec<f32>,
}

impl<T: Value> Norm<'_, T> {
    /// Derive: `dx = weight inverse (dy - mean(dy) - n mean(dy n))` with `n = (x - mean) inverse`; frozen `weight inverse dy`.
    /// No result depends on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths do not fit, or `tick` said stop.
    pub fn derive(self, level: Level, threads: usize, tick: Tick<'_>) -> Result<OfNorm> {
        let channels = self.mean.len();
        let size = self.input.len();
        let alike = self.inverse.len() == channels && self.weight.len() == channels;
        let fits = alike && channels > 0 && size.is_multiple_of(channels);
        if !fits || self.arriving.len() != size || self.leaving.len() != size {
            return Err(Error::data(format!(
                "batch normalisation: expected values of {channels} channels and as many gradients, got {size} values, {} and \
                 {} gradients, {} deviations and {} weights",
                self.arriving.len(),
                self.leaving.len(),
                self.inverse.len(),
                self.weight.len()
            )));
        }
        if size == 0 {
            return Ok(OfNorm { weight: vec![0.0; channels], bias: vec![0.0; channels] });
        }
        let length = PART.next_multiple_of(channels);
        let span = span(channels);
        let mut sums = vec![0.0; size.div_ceil(length) * 2 * span];
        with_team(threads.min(size.div_ceil(length)), tick, |team| {
            let parts = self.input.chunks(length).zip(self.arriving.chunks(length));
            let summing: Vec<_> = parts
                .zip(sums.chunks_mut(2 * span))
                .map(|((input, arriving), sums)| Summing {
                    input,
                    arriving,
                    mean: self.mean,
                    inverse: self.inverse,
                    sums,
                })
                .collect();
            run_on(team, summing, level)?;
            let bias = folded(sums.chunks(2 * span).map(|part| &part[..span]), channels);
            let weight = folded(sums.chunks(2 * span).map(|part| &part[span..]), channels);
            let line = Line::of(&self, &weight, &bias);
            let parts = self.input.chunks(length).zip(self.arriving.chunks(length));
            let writing: Vec<_> = parts
                .zip(self.leaving.chunks_mut(length))
                .map(|((input, arriving), leaving)| Writing { input, arriving, leaving, mean: self.mean, line: &line })
                .collect();
            run_on(team, writing, level)?;
            Ok(OfNorm { weight, bias })
        })
    }
}

/// For each channel, `dx = slope dy + tilt (x - mean) + level`.
struct Line {
    slope: Vec<f32>,
    tilt: Vec<f32>,
    level: Vec<f32>,
}

impl Line {
    fn of<T>(norm: &Norm<'_, T>, weight: &[f32], bias: &[f32]) -> Self {
        let slope: Vec<f32> = norm.weight.iter().zip(norm.inverse).map(|(weight, inverse)| weight * inverse).collect();
        let count = (norm.input.len() / slope.len()) as f32;
        let share = if norm.frozen { 0.0 } else { -1.0 / count };
        let of =
            |sums: &[f32]| -> Vec<f32> { slope.iter().zip(sums).map(|(slope, sum)| slope * sum * share).collect() };
        let (mut tilt, level) = (of(weight), of(bias));
        for (tilt, inverse) in tilt.iter_mut().zip(norm.inverse) {
            *tilt *= inverse;
        }
        Self { slope, tilt, level }
    }
}

/// Sums over some of the values: of gradients, behind them of gradients times normalised values.
struct Summing<'a, T> {
    input: &'a [T],
    arriving: &'a [T],
    mean: &'a [f32],
    inverse: &'a [f32],
    sums: &'a mut [f32],
}

impl<T: Value> Kernel for Summing<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let span = self.sums.len() / 2;
        let (mean, inverse) = (spread(self.mean, span), spread(self.inverse, span));
        let (to_bias, to_weight) = self.sums.split_at_mut(span);
        for at in (0..span).step_by(TILE) {
            let own = at..span.min(at + TILE);
            let mean = numbers(&mean[own.clone()], 0.0);
            let (mut bias, mut weight) = ([0.0; TILE], [0.0; TILE]);
            for from in (at..self.input.len()).step_by(span) {
                let (x, dy) = (tile(self.input, from, own.len()), tile(self.arriving, from, own.len()));
                for i in 0..TILE {
                    bias[i] += dy[i].widened();
                    weight[i] += dy[i].widened() * (x[i].widened() - mean[i]);
                }
            }
            to_bias[own.clone()].copy_from_slice(&bias[..own.len()]);
            for ((to_weight, weight), inverse) in to_weight[own.clone()].iter_mut().zip(weight).zip(&inverse[own]) {
                *to_weight = weight * inverse;
            }
        }
    }
}

/// The gradients of some of the values.
struct Writing<'a, T> {
    input: &'a [T],
    arriving: &'a [T],
    leaving: &'a mut [T],
    mean: &'a [f32],
    line: &'a Line,
}

impl<T: Value> Kernel for Writing<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let span = span(self.mean.len());
        let [mean, slope, tilt, level] =
            [self.mean, &self.line.slope, &self.line.tilt, &self.line.level].map(|values| spread(values, span));
        for at in (0..span).step_by(TILE) {
            let length = TILE.min(span - at);
            let [mean, slope, tilt, level] =
                [&mean, &slope, &tilt, &level].map(|values| numbers(&values[at..at + length], 0.0));
            for from in (at..self.input.len()).step_by(span) {
                let (x, dy) = (tile(self.input, from, length), tile(self.arriving, from, length));
                let mut dx = [T::rounded(0.0); TILE];
                for i in 0..TILE {
                    let moved = tilt[i] * (x[i].widened() - mean[i]) + level[i];
                    dx[i] = T::rounded(slope[i] * dy[i].widened() + moved);
                }
                put(dx, self.leaving, from, length);
            }
        }
    }
}

#[cfg(test)]
mod tests;
