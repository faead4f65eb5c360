//! Values become spike times: `encode_times` of `pysnn/first_spike/coding.py`, to the bit.

use crate::error::{Error, Result};
use crate::plan::Shape;

/// How values from 0 to 1 become the times of input spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeCoding {
    /// The larger, the earlier; 0 never spikes.
    Bright,
    /// The smaller, the earlier; 1 never spikes.
    Dark,
    /// Two inputs a value: the one, and behind all channels the other.
    Both,
}

impl TimeCoding {
    /// Its name, as Python has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bright => "bright",
            Self::Dark => "dark",
            Self::Both => "both",
        }
    }

    /// Inputs of a value.
    pub(super) fn inputs(self) -> usize {
        1 + usize::from(self == Self::Both)
    }

    /// The times of samples `(samples, C, H, W)`, channels last.
    pub(super) fn times(
        self,
        values: &[f32],
        shape: Shape,
        steps: Option<usize>,
        first_sample: usize,
    ) -> Result<Vec<f32>> {
        if let Some(place) = values.iter().position(|value| !(0.0..=1.0).contains(value)) {
            let (sample, at) = (first_sample + place / shape.size(), place % shape.size());
            return Err(Error::data(format!(
                "input: expected values from 0 to 1, got {} in sample {sample}, value {at}; scale the data first",
                values[place]
            )));
        }
        let last = steps.map(|steps| (steps - 1) as f32);
        let mut times = Vec::with_capacity(self.inputs() * values.len());
        for sample in values.chunks_exact(shape.size()) {
            for pixel in 0..shape.pixels() {
                let channels = || (0..shape.channels).map(|channel| sample[channel * shape.pixels() + pixel]);
                if self != Self::Dark {
                    times.extend(channels().map(|value| time(value, last)));
                }
                if self != Self::Bright {
                    times.extend(channels().map(|value| time(1.0 - value, last)));
                }
            }
        }
        Ok(times)
    }
}

/// When the input of a value spikes; `last` is the last time-step.
fn time(value: f32, last: Option<f32>) -> f32 {
    if value == 0.0 {
        return f32::INFINITY;
    }
    let time = 1.0 - value;
    last.map_or(time, |last| (time * last).round_ties_even())
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f32 = f32::INFINITY;

    #[test]
    fn times_are_those_of_the_page() {
        let shape = Shape { channels: 2, height: 1, width: 2 };
        // Channel 0 of both pixels, then channel 1.
        let values = [1.0, 0.0, 0.25, 0.5];
        let times = |coding: TimeCoding, steps| coding.times(&values, shape, steps, 0).unwrap_or_default();
        assert_eq!(times(TimeCoding::Bright, None), [0.0, 0.75, INF, 0.5]);
        assert_eq!(times(TimeCoding::Dark, None), [INF, 0.25, 0.0, 0.5]);
        assert_eq!(times(TimeCoding::Both, None), [0.0, 0.75, INF, 0.25, INF, 0.5, 0.0, 0.5]);
        // 0.5 of a step is rounded to the even one: 3 * 0.5 = 1.5 becomes 2, 5 * 0.5 = 2.5 too.
        assert_eq!(times(TimeCoding::Bright, Some(4)), [0.0, 2.0, INF, 2.0]);
        assert_eq!(times(TimeCoding::Bright, Some(6)), [0.0, 4.0, INF, 2.0]);
    }

    #[test]
    fn other_values_are_refused_with_their_place() {
        let shape = Shape { channels: 1, height: 1, width: 2 };
        for value in [-0.25, 1.5, f32::NAN] {
            let error = TimeCoding::Bright.times(&[0.0, 1.0, 1.0, value], shape, None, 5).err();
            assert!(error.is_some_and(|error| error.message().contains("in sample 6, value 1")), "{value}");
        }
    }
}
