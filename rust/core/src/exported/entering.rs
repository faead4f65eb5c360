//! What enters for some samples, in the form of its coding.

use super::about::Encoding;
use crate::clocked::Input;

/// What enters for some samples; the engine borrows it.
#[derive(Debug, Clone)]
pub struct Entering {
    /// How data enter.
    pub encoding: Encoding,
    /// Of the Poisson coding.
    pub seed: u64,
    /// Number of the first sample in all of the data, on which random spikes depend.
    pub first_sample: u64,
    /// Currents or rates, `(samples, C, H, W)`, or frames, `(steps, samples, C, H, W)`.
    pub values: Vec<f32>,
    /// Maps of pictures, `(samples, 2 C, H, W)`.
    pub pixels: Vec<u8>,
    /// Where the events of each step of each sample begin, and where the last ones end.
    pub offsets: Vec<i64>,
    /// Inputs that events arrive at.
    pub index: Vec<u32>,
}

impl Entering {
    /// Nothing yet.
    #[must_use]
    pub fn new(encoding: Encoding, seed: u64) -> Self {
        Self {
            encoding,
            seed,
            first_sample: 0,
            values: Vec::new(),
            pixels: Vec::new(),
            offsets: vec![0],
            index: Vec::new(),
        }
    }

    /// Add the counts of one step of one sample, of each input.
    pub fn push_counts(&mut self, counts: &[u8]) {
        for (at, &count) in counts.iter().enumerate() {
            self.index.extend(std::iter::repeat_n(at as u32, usize::from(count)));
        }
        self.end_step();
    }

    /// End a step: later events belong to the next one.
    pub fn end_step(&mut self) {
        self.offsets.push(self.index.len() as i64);
    }

    /// As the engine takes it.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        match self.encoding {
            Encoding::Constant => Input::Constant(&self.values),
            Encoding::Poisson => {
                Input::Poisson { rates: &self.values, seed: self.seed, first_sample: self.first_sample }
            }
            Encoding::Frames => Input::Frames(&self.values),
            Encoding::Pixels => Input::Pixels(&self.pixels),
            Encoding::Spikes | Encoding::Events => Input::Events { offsets: &self.offsets, index: &self.index },
        }
    }
}
