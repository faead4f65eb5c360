//! One step of an optimiser, in one pass over the weights.

use crate::control::Tick;
use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};
use crate::threads::{share, with_team};

/// Values of a part of the work.
const PART: usize = 1 << 14;

/// The constants of a step of Adam.
#[derive(Debug, Clone, Copy)]
pub struct Adam {
    /// What stays of the mean, and what is added of the gradient.
    pub mean: [f32; 2],
    /// The same of the mean square.
    pub square: [f32; 2],
    /// The factor of its root.
    pub scale: f32,
    /// Added to the root.
    pub epsilon: f32,
    /// The learning rate.
    pub rate: f32,
    /// What stays of the weights.
    pub kept: f32,
}

/// Weights, their gradient and its moments, side by side.
#[derive(Debug)]
pub struct Moments<'a> {
    /// Changed by the step.
    pub weight: &'a mut [f32],
    /// Read.
    pub gradient: &'a [f32],
    /// Changed.
    pub mean: &'a mut [f32],
    /// Changed.
    pub square: &'a mut [f32],
}

impl Adam {
    /// Take a step; every operation is rounded to float32, so that no result depends on the level or on the threads.
    ///
    /// # Errors
    ///
    /// Lengths differ, or `tick` said stop.
    pub fn step(self, level: Level, moments: Moments<'_>, threads: usize, tick: Tick<'_>) -> Result<()> {
        let Moments { weight, gradient, mean, square } = moments;
        let length = weight.len();
        if [gradient.len(), mean.len(), square.len()] != [length; 3] {
            let found = format!("{}, {} and {}", gradient.len(), mean.len(), square.len());
            return Err(Error::data(format!("gradient and moments: expected {length} values, got {found}")));
        }
        let changed = weight.chunks_mut(PART).zip(mean.chunks_mut(PART).zip(square.chunks_mut(PART)));
        let parts = changed.zip(gradient.chunks(PART));
        let parts: Vec<Step<'_>> = parts
            .map(|((weight, (mean, square)), gradient)| Step {
                adam: self,
                moments: Moments { weight, gradient, mean, square },
            })
            .collect();
        with_team(threads.min(parts.len()), tick, |team| {
            share(Some(team), team.watch(), parts, |part, _| {
                level.run(part);
                Ok(())
            })
        })
    }
}

struct Step<'a> {
    adam: Adam,
    moments: Moments<'a>,
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { adam, moments: Moments { weight, gradient, mean, square } } = self;
        let moments = mean.iter_mut().zip(square);
        for ((weight, &gradient), (mean, square)) in weight.iter_mut().zip(gradient).zip(moments) {
            *mean = *mean * adam.mean[0] + gradient * adam.mean[1];
            *square = *square * adam.square[0] + gradient * gradient * adam.square[1];
            let root = square.sqrt() * adam.scale + adam.epsilon;
            *weight = *weight * adam.kept - *mean / root * adam.rate;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Adam =
        Adam { mean: [0.9, 0.1], square: [0.999, 0.001], scale: 1.375, epsilon: 1e-8, rate: 0.01, kept: 0.999 };

    /// Weights, gradients and both moments: some are zero, some tiny, some large.
    fn arrays(size: usize) -> [Vec<f32>; 4] {
        let value = |i: usize, k: usize| {
            let whole = ((i + 1) * (7919 + 2 * k) % 2003) as f32 - 1001.0;
            if (i + k).is_multiple_of(11) { 0.0 } else { whole * [1e-30, 1e-3, 1.0, 1e12][(i + k) % 4] }
        };
        let array = |k: usize| (0..size).map(|i| value(i, k)).collect::<Vec<_>>();
        [array(0), array(1), array(2), array(3).into_iter().map(f32::abs).collect()]
    }

    /// One value at a time, each operation rounded on its own: the definition.
    fn scalar(adam: Adam, [weight, gradient, mean, square]: [f32; 4]) -> [f32; 3] {
        let round = std::hint::black_box::<f32>;
        let mean = round(round(mean * adam.mean[0]) + round(gradient * adam.mean[1]));
        let square = round(round(square * adam.square[0]) + round(round(gradient * gradient) * adam.square[1]));
        let root = round(round(round(square.sqrt()) * adam.scale) + adam.epsilon);
        [round(round(weight * adam.kept) - round(round(mean / root) * adam.rate)), mean, square]
    }

    #[test]
    fn every_level_is_the_scalar_step() {
        for size in [1, 7, 16, 63, 1000, 2 * PART + 3] {
            let start = arrays(size);
            let [weight, gradient, mean, square] = &start;
            let expected: Vec<[f32; 3]> =
                (0..size).map(|i| scalar(ADAM, [weight[i], gradient[i], mean[i], square[i]])).collect();
            for level in Level::available() {
                for threads in [1, 3] {
                    let [mut weight, gradient, mut mean, mut square] = start.clone();
                    let (weight, mean, square) = (&mut weight[..], &mut mean[..], &mut square[..]);
                    let moments = Moments { weight, gradient: &gradient, mean, square };
                    ADAM.step(level, moments, threads, &mut |_| true).unwrap();
                    for (i, expected) in expected.iter().enumerate() {
                        let found = [weight[i], mean[i], square[i]];
                        assert_eq!(found.map(f32::to_bits), expected.map(f32::to_bits), "{level:?} {size} {i}");
                    }
                }
            }
        }
    }
}
