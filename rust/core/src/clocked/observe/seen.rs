//! What a probe or a recording sees of a neuron layer: currents and potentials, step by step.

use crate::clocked::maps::buffers::{Buffer, Element, zeros};
use crate::clocked::synapses::current::Current;
use crate::error::Result;
use crate::plan::{Kind, Shape};

/// What is seen of one neuron layer.
#[derive(Debug)]
pub(crate) struct Observed {
    /// Sums over the steps of the current, `[pixel][channel]`.
    pub(crate) sums: Vec<f64>,
    /// Sums of its square.
    pub(crate) squares: Vec<f64>,
    /// Potentials of the block, `[pixel][step][channel]`, where they are recorded.
    pub(crate) trace: Option<Buffer>,
    channels: usize,
}

/// What is wished to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) probe: bool,
    pub(crate) record: bool,
}

impl Observed {
    pub(crate) fn new(shape: Shape, kind: Kind, wish: Wish, block: usize) -> Result<Self> {
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
    pub(crate) fn reset(&mut self) {
        self.sums.fill(0.0);
        self.squares.fill(0.0);
    }

    /// Ready to see a layer whose currents have this precision.
    pub(crate) fn bind<A: Element>(&mut self) -> Result<Seen<'_, A>> {
        let trace = self.trace.as_mut().map(A::of_mut).transpose()?;
        Ok(Seen { sums: &mut self.sums, squares: &mut self.squares, trace, channels: self.channels })
    }
}

/// What is seen of one neuron layer over a block.
pub(crate) struct Seen<'a, A> {
    sums: &'a mut [f64],
    squares: &'a mut [f64],
    trace: Option<&'a mut [A]>,
    channels: usize,
}

impl<A: Current> Seen<'_, A> {
    /// See channels `begin..begin + width` of a pixel, which is the one numbered `number` of each row, over the steps of a
    /// block.
    pub(crate) fn see<const N: usize, const P: usize>(
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
            for (step, row) in potential[..current.len()].iter().enumerate() {
                let at = (pixel * current.len() + step) * self.channels + begin;
                trace[at..at + width].copy_from_slice(&row[number][..width]);
            }
        }
    }
}
