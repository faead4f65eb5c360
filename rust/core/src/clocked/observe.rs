//! What a probe or a recording sees of a neuron layer: currents and potentials, step by step.

use super::buffers::{Buffer, zeros};
use super::current::Current;
use crate::error::Result;
use crate::plan::{Kind, Shape};

/// What is seen of one neuron layer.
#[derive(Debug)]
pub(super) struct Observed {
    /// Sums over the steps of the current, `[pixel][channel]`.
    pub(super) sums: Vec<f64>,
    /// Sums of its square.
    pub(super) squares: Vec<f64>,
    /// Potentials of the block, `[pixel][step][channel]`, where they are recorded.
    pub(super) trace: Option<Buffer>,
    channels: usize,
}

/// What is wished to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) probe: bool,
    pub(super) record: bool,
}

impl Observed {
    pub(super) fn new(shape: Shape, kind: Kind, wish: Wish, block: usize) -> Result<Self> {
        let size = if wish.probe { shape.size() } else { 0 };
        let trace = if wish.record {
            let mut trace = Buffer::empty(kind);
            trace.grow(shape.size() * block)?;
            Some(trace)
        } else {
            None
        };
        Ok(Self { sums: zeros(size)?, squares: zeros(size)?, trace, channels: shape.channels })
    }

    /// Forget the last sample.
    pub(super) fn reset(&mut self) {
        self.sums.fill(0.0);
        self.squares.fill(0.0);
    }

    /// See channels `begin..begin + width` of a pixel, which is the one numbered `number` of each row, over the steps of a
    /// block.
    pub(super) fn see<A: Current, const N: usize, const P: usize>(
        &mut self,
        [pixel, number]: [usize; 2],
        [begin, width]: [usize; 2],
        current: &[[[A; N]; P]],
        potential: &[[[A; N]; P]],
    ) {
        if !self.sums.is_empty() {
            let at = pixel * self.channels + begin;
            for row in current {
                let sums = self.sums[at..at + width].iter_mut().zip(&mut self.squares[at..at + width]);
                for (value, (sum, square)) in row[number].iter().zip(sums) {
                    let value = value.widen();
                    *sum += value;
                    *square += value * value;
                }
            }
        }
        if let Some(trace) = &mut self.trace {
            let trace = A::of_mut(trace);
            for (step, row) in potential[..current.len()].iter().enumerate() {
                let at = (pixel * current.len() + step) * self.channels + begin;
                trace[at..at + width].copy_from_slice(&row[number][..width]);
            }
        }
    }
}
