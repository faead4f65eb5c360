//! Quantised clips, forward and backward, in one pass each over arrays that belong to others.

use super::lanes::{Lanes, PART, TILE, Value, folded, numbers, put, run_parts, span, spread, tile};
use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};

/// Currents, and room for what clips make of them.
#[derive(Debug)]
pub struct Clip<'a, T> {
    /// Channels are the innermost axis.
    pub current: &'a [T],
    /// What levels are rounded with, a value for each current, or none.
    pub noise: &'a [T],
    /// As many values as currents.
    pub value: &'a mut [T],
    /// One threshold, or one for each channel.
    pub threshold: &'a [f32],
    /// L; 0 for values that are not rounded to levels.
    pub levels: u32,
}

impl<T: Value> Clip<'_, T> {
    /// Clip: `u = z (1/th)`, `a = th clip(u, 0, 1)`; with levels `a = th floor(clip(clip(u, 0, 1) L + 1/2 + noise, 0, L)) / L`.
    /// No result depends on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths do not fit, or `tick` said stop.
    pub fn forward(self, simd: Level, threads: usize, tick: Tick<'_>) -> Result<()> {
        let Self { current, noise, value, threshold, levels } = self;
        let size = current.len();
        let channels = threshold.len();
        check(channels, size, &[value.len(), if noise.is_empty() { size } else { noise.len() }])?;
        let length = PART.next_multiple_of(channels);
        let parts: Vec<Forward<'_, T>> = value
            .chunks_mut(length)
            .enumerate()
            .map(|(number, value)| {
                let own = number * length..number * length + value.len();
                let noise = if noise.is_empty() { noise } else { &noise[own.clone()] };
                Forward { current: &current[own], noise, value, threshold, levels: levels as f32 }
            })
            .collect();
        run_parts(parts, simd, threads, tick)
    }
}

/// Currents, what clips made of them, the gradient of that, and room for that of currents.
#[derive(Debug)]
pub struct Backward<'a, T> {
    /// Channels are the innermost axis.
    pub current: &'a [T],
    /// As many values.
    pub value: &'a [T],
    /// The gradient of the values.
    pub arriving: &'a [T],
    /// As many values.
    pub leaving: &'a mut [T],
    /// One threshold, or one for each channel.
    pub threshold: &'a [f32],
    /// Whether values were rounded to levels.
    pub levelled: bool,
}

impl<T: Value> Backward<'_, T> {
    /// Derive, rounding passed straight through: `da/dz` is 1 for 0 < u < 1; `da/dth` is 1 for u > 1, and with levels
    /// `(a - z)/th` inside, `a/th` outside. Returns the gradients of thresholds. No result depends on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths do not fit, or `tick` said stop.
    pub fn derive(self, simd: Level, threads: usize, tick: Tick<'_>) -> Result<Vec<f32>> {
        let Self { current, value, arriving, leaving, threshold, levelled } = self;
        let size = current.len();
        let channels = threshold.len();
        check(channels, size, &[value.len(), arriving.len(), leaving.len()])?;
        let length = PART.next_multiple_of(channels);
        let span = span(channels);
        let mut sums = vec![0.0; size.div_ceil(length) * span];
        let parts: Vec<Deriving<'_, T>> = leaving
            .chunks_mut(length)
            .zip(sums.chunks_mut(span))
            .enumerate()
            .map(|(number, (leaving, sums))| {
                let own = number * length..number * length + leaving.len();
                let [current, value, arriving] = [current, value, arriving].map(|values| &values[own.clone()]);
                Deriving { current, value, arriving, leaving, threshold, levelled, sums }
            })
            .collect();
        run_parts(parts, simd, threads, tick)?;
        Ok(folded(sums.chunks(span), channels))
    }
}

fn check(channels: usize, size: usize, others: &[usize]) -> Result<()> {
    if channels > 0 && size.is_multiple_of(channels) && others.iter().all(|other| *other == size) {
        return Ok(());
    }
    Err(Error::data(format!(
        "clips: expected currents of {channels} channels and as many other values, got {size} currents, others {others:?}"
    )))
}

/// Some of the values.
struct Forward<'a, T> {
    current: &'a [T],
    noise: &'a [T],
    value: &'a mut [T],
    threshold: &'a [f32],
    levels: f32,
}

impl<T: Value> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let span = span(self.threshold.len());
        let threshold = spread(self.threshold, span);
        for at in (0..span).step_by(TILE) {
            let own = at..span.min(at + TILE);
            let th = numbers(&threshold[own.clone()], 1.0);
            let inverse = th.map(|th| 1.0 / th);
            for from in (at..self.value.len()).step_by(span) {
                let mut level = tile(self.current, from, own.len()).map(T::widened);
                for i in 0..TILE {
                    level[i] = (level[i] * inverse[i]).clamp(0.0, 1.0);
                }
                if self.levels > 0.0 {
                    let noise = if self.noise.is_empty() {
                        [0.0; TILE]
                    } else {
                        tile(self.noise, from, own.len()).map(T::widened)
                    };
                    rounded(&mut level, &noise, self.levels);
                }
                let mut value = [T::rounded(0.0); TILE];
                for i in 0..TILE {
                    value[i] = T::rounded(level[i] * th[i]);
                }
                put(value, self.value, from, own.len());
            }
        }
    }
}

#[inline(always)]
fn rounded(level: &mut Lanes, noise: &Lanes, levels: f32) {
    for i in 0..TILE {
        level[i] = (level[i] * levels + 0.5 + noise[i]).clamp(0.0, levels).floor() / levels;
    }
}

/// Some of the values, with room for sums over them.
struct Deriving<'a, T> {
    current: &'a [T],
    value: &'a [T],
    arriving: &'a [T],
    leaving: &'a mut [T],
    threshold: &'a [f32],
    levelled: bool,
    sums: &'a mut [f32],
}

impl<T: Value> Kernel for Deriving<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let span = self.sums.len();
        let threshold = spread(self.threshold, span);
        for at in (0..span).step_by(TILE) {
            let own = at..span.min(at + TILE);
            let inverse = numbers(&threshold[own.clone()], 1.0).map(|th| 1.0 / th);
            let mut sums = [0.0; TILE];
            for from in (at..self.leaving.len()).step_by(span) {
                let mut u = tile(self.current, from, own.len()).map(T::widened);
                let mut share = tile(self.value, from, own.len()).map(T::widened);
                let mut arriving = tile(self.arriving, from, own.len()).map(T::widened);
                for i in 0..TILE {
                    u[i] *= inverse[i];
                    let over = if u[i] > 1.0 { 1.0 } else { 0.0 };
                    share[i] = if self.levelled { share[i] * inverse[i] } else { over };
                }
                for i in 0..TILE {
                    let inside = u[i] > 0.0 && u[i] < 1.0;
                    let taken = if inside && self.levelled { u[i] } else { 0.0 };
                    sums[i] += arriving[i] * (share[i] - taken);
                    arriving[i] = if inside { arriving[i] } else { 0.0 };
                }
                put(arriving.map(T::rounded), self.leaving, from, own.len());
            }
            self.sums[own.clone()].copy_from_slice(&sums[..own.len()]);
        }
    }
}

#[cfg(test)]
mod tests;
