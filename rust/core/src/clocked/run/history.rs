//! Maps of the last steps, for delays.

use crate::clocked::maps::buffers::{Element, View, zeros};
use crate::clocked::maps::transpose::{to_pixels, to_planes};
use crate::error::Result;
use crate::plan::Shape;

/// A map of each of the last steps, `[pixel][channel]` each, in a ring.
#[derive(Debug)]
pub(crate) struct History<T> {
    values: Vec<T>,
    size: usize,
    /// Where the oldest one is.
    oldest: usize,
}

impl<T: Element> History<T> {
    pub(crate) fn new(values: usize, shape: Shape) -> Result<Self> {
        Ok(Self { values: zeros(values)?, size: shape.size(), oldest: 0 })
    }

    /// A fresh start.
    pub(crate) fn start(&mut self) {
        self.values.fill(T::default());
        self.oldest = 0;
    }

    fn steps(&self) -> usize {
        self.values.len() / self.size
    }

    /// Where the map lies that is `later` steps younger than the oldest.
    fn place(&self, later: usize) -> std::ops::Range<usize> {
        let at = (self.oldest + later) % self.steps() * self.size;
        at..at + self.size
    }

    /// Maps in `(C, H, W)` order, the oldest first.
    pub(crate) fn load(&mut self, state: &[T], shape: Shape) {
        self.oldest = 0;
        for (map, target) in state.chunks_exact(self.size).zip(self.values.chunks_exact_mut(self.size)) {
            to_pixels(map, shape, target);
        }
    }

    /// The same, written.
    pub(crate) fn store(&self, shape: Shape, state: &mut [T]) {
        for (later, target) in state.chunks_exact_mut(self.size).enumerate() {
            to_planes(&self.values[self.place(later)], shape, target, |_, value| value);
        }
    }

    /// Write the oldest maps into a block, `[pixel][step][channel]`.
    pub(crate) fn give(&self, channels: usize, steps: usize, target: &mut [T]) {
        for step in 0..steps {
            let map = &self.values[self.place(step)];
            for (pixel, values) in map.chunks_exact(channels).enumerate() {
                target[(pixel * steps + step) * channels..][..channels].copy_from_slice(values);
            }
        }
    }

    /// Take the maps of a block in the place of the oldest.
    pub(crate) fn take(&mut self, map: View<'_, T>, steps: usize) {
        for step in 0..steps {
            let range = self.place(step);
            for (pixel, values) in self.values[range].chunks_exact_mut(map.channels).enumerate() {
                values.copy_from_slice(map.at(pixel, step));
            }
        }
        self.oldest = (self.oldest + steps) % self.steps();
    }
}
