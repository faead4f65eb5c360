//! One step of an optimiser, in one pass over the weights.

use crate::clocked::control::Tick;
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
            share((Some(team), team.watch()), parts, |part, _| {
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
