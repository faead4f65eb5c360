//! Which family of kernels computes a convolution: all give the same bits, so only speed is at stake.

use super::buffers::View;
use crate::error::{Error, Kind as Fault, Result};
use crate::simd::{Kernel, Level};

/// A way to compute a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Weight rows of the active inputs, summed.
    Event,
    /// Dot products over all inputs; integer convolutions without groups have them.
    Dot,
}

impl Family {
    /// The family of a name.
    ///
    /// # Errors
    ///
    /// The name is unknown.
    pub fn named(name: &str) -> Result<Self> {
        match name {
            "event" => Ok(Self::Event),
            "dot" => Ok(Self::Dot),
            _ => Err(Error::new(Fault::Backend, format!("unknown kernel '{name}': expected one of event, dot"))),
        }
    }
}

/// Families that computed an operation during a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    event: bool,
    dot: bool,
}

impl Used {
    /// Note one.
    pub(super) fn note(&mut self, family: Family) {
        match family {
            Family::Event => self.event = true,
            Family::Dot => self.dot = true,
        }
    }

    /// What either of two saw.
    pub(super) fn or(self, other: Self) -> Self {
        Self { event: self.event || other.event, dot: self.dot || other.dot }
    }

    /// A word for it, where `event` names the kernel that follows events.
    pub(super) fn word(self, event: &'static str) -> &'static str {
        match (self.event, self.dot) {
            (true, true) => "event+dot",
            (false, true) => "dot",
            _ => event,
        }
    }
}

/// The share of active inputs from which on dot products are faster, for a convolution with this many outputs.
pub(super) fn crossover(level: Level, outputs: usize) -> f32 {
    match (level.has_dot(), outputs) {
        (false, _) => f32::INFINITY,
        (true, 0..=16) => 0.01,
        (true, 17..=32) => 0.03,
        (true, _) => 0.1,
    }
}

/// The share of values that are not zero.
pub(super) struct Density<'a> {
    pub(super) map: View<'a, u8>,
}

impl Kernel for Density<'_> {
    type Output = f32;

    #[inline(always)]
    fn run(self) -> f32 {
        let values = self.map.values();
        let active: usize = values
            .chunks(255)
            .map(|chunk| usize::from(chunk.iter().fold(0_u8, |sum, &value| sum + u8::from(value != 0))))
            .sum();
        active as f32 / values.len().max(1) as f32
    }
}
