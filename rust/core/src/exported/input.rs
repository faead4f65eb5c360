//! What is done to data before they enter a network: `input_values` of `pysnn/encode/batch.py`, to the bit.

use super::bytes::{damaged, u64_at};
use crate::error::{Error, Result};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `x - value`.
    Subtract,
    /// `x + value`.
    Add,
    /// `x * value`.
    Multiply,
    /// `x / value`.
    Divide,
    /// `max(x, value)`.
    AtLeast,
    /// `min(x, value)`.
    AtMost,
}

/// An operation in float64.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub action: Action,
    /// With which value, one a channel.
    pub values: Vec<f64>,
}

/// What is done to data.
#[derive(Debug, Clone, PartialEq)]
pub enum Preparation {
    /// uint8 over 255, all else as it is.
    Plain,
    /// The same, then `(x - mean) / std` in float32, one value a channel.
    Standardise {
        /// Subtracted.
        mean: Vec<f32>,
        /// Divided by.
        std: Vec<f32>,
    },
    /// Data of every type as they are, through operations in float64.
    Scaling(Vec<Operation>),
    /// Pictures of uint8 alone: what exceeds the uint8 nearest to each channel's mean, and what falls short of it.
    Pixels(Vec<u8>),
}

/// Values of samples.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// Bytes, which stand for 255ths where there is no scaling.
    Bytes(&'a [u8]),
    /// float32.
    Single(&'a [f32]),
    /// All other types.
    Double(&'a [f64]),
}

impl Preparation {
    /// Read it: 0 nothing, 1 mean and std, 2 and more: so many operations less one.
    pub(super) fn read(bytes: &[u8], number: u32, channels: usize) -> Result<Self> {
        let wrong =
            |expected: usize| damaged(format!("{} bytes of input operations; expected {expected}", bytes.len()));
        match number {
            0 if bytes.is_empty() => Ok(Self::Plain),
            0 => Err(wrong(0)),
            1 => {
                let size = 8 * channels;
                if bytes.len() != size {
                    return Err(wrong(size));
                }
                let values: Vec<f32> = bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
                let (mean, std) = values.split_at(channels);
                if !values.iter().all(|value| value.is_finite()) || std.iter().any(|&std| std <= 0.0) {
                    return Err(damaged("mean and std: expected finite values, and a positive std"));
                }
                Ok(Self::Standardise { mean: mean.to_vec(), std: std.to_vec() })
            }
            _ => {
                let (size, record) = (bytes.len(), 8 + 8 * channels);
                let operations = number as usize - 1;
                if operations.checked_mul(record) != Some(size) {
                    return Err(wrong(operations.saturating_mul(record)));
                }
                bytes.chunks_exact(record).map(operation).collect::<Result<_>>().map(Self::Scaling)
            }
        }
    }

    /// Read the means of pictures.
    pub(super) fn read_pixels(bytes: &[u8], number: u32, channels: usize) -> Result<Self> {
        if number == 0 && bytes.len() == channels {
            return Ok(Self::Pixels(bytes.to_vec()));
        }
        Err(damaged(format!(
            "{} bytes of means of pixels and operations {number}; expected {channels} and 0",
            bytes.len()
        )))
    }

    /// Values in the network's input space, for samples of `pixels` values a channel; the type of `samples` matters.
    ///
    /// # Errors
    ///
    /// A value leaves float32.
    pub fn values(&self, samples: Samples<'_>, pixels: usize) -> Result<Vec<f32>> {
        let mut values = vec![0.0; samples.len()];
        self.write(samples, pixels, &mut values)?;
        Ok(values)
    }

    /// The map that pictures of uint8 are, twice as long, for samples of `pixels` values a channel.
    ///
    /// # Errors
    ///
    /// The network reads no pictures of uint8, or the map has another length.
    pub fn write_map(&self, given: &[u8], pixels: usize, map: &mut [u8]) -> Result<()> {
        match self {
            Self::Pixels(means) if map.len() == 2 * given.len() => {
                write_pixels(given, means, pixels, map);
                Ok(())
            }
            _ => Err(Error::data("input: pictures of uint8 for a network that reads none, or of another size")),
        }
    }

    /// The same as [`Self::values`], written to as many values.
    ///
    /// # Errors
    ///
    /// A value leaves float32; some may be written then.
    pub fn write(&self, samples: Samples<'_>, pixels: usize, values: &mut [f32]) -> Result<()> {
        match (self, samples) {
            (Self::Scaling(operations), samples) => samples.each_double(values, |at, x| {
                let scale =
                    |x: f64, step: &Operation| step.action.apply(x, step.values[at / pixels % step.values.len()]);
                operations.iter().fold(x, scale) as f32
            }),
            (Self::Pixels(_), _) => return Err(Error::data("input: values for a network that reads uint8 pixels")),
            (_, Samples::Bytes(given)) => each(values, given, |x| f32::from(x) / 255.0),
            (_, Samples::Single(given)) => each(values, given, |x| x),
            (_, Samples::Double(given)) => each(values, given, |x| x as f32),
        }
        if let Self::Standardise { mean, std } = self {
            let channel = |at: usize| at / pixels % mean.len();
            for (at, value) in values.iter_mut().enumerate() {
                *value = (*value - mean[channel(at)]) / std[channel(at)];
            }
        }
        if values.iter().all(|value| value.is_finite()) {
            return Ok(());
        }
        Err(Error::data("input: a value leaves float32, or is not finite"))
    }
}

/// Pictures as the map of a plan: for each of `means`, and `pixels` of its channel, what exceeds it, and then what falls short of it.
fn write_pixels(given: &[u8], means: &[u8], pixels: usize, map: &mut [u8]) {
    let size = means.len() * pixels;
    for (picture, map) in given.chunks_exact(size).zip(map.chunks_exact_mut(2 * size)) {
        let (over, under) = map.split_at_mut(size);
        for (at, &value) in picture.iter().enumerate() {
            let mean = means[at / pixels];
            (over[at], under[at]) = (value.saturating_sub(mean), mean.saturating_sub(value));
        }
    }
}

fn each<T: Copy>(values: &mut [f32], given: &[T], turn: impl Fn(T) -> f32) {
    for (value, &given) in values.iter_mut().zip(given) {
        *value = turn(given);
    }
}

impl Samples<'_> {
    /// How many there are.
    fn len(self) -> usize {
        match self {
            Samples::Bytes(values) => values.len(),
            Samples::Single(values) => values.len(),
            Samples::Double(values) => values.len(),
        }
    }

    fn each_double(self, values: &mut [f32], turn: impl Fn(usize, f64) -> f32) {
        let at = |at: usize| match self {
            Samples::Bytes(values) => f64::from(values[at]),
            Samples::Single(values) => f64::from(values[at]),
            Samples::Double(values) => values[at],
        };
        for (number, value) in values.iter_mut().enumerate().take(self.len()) {
            *value = turn(number, at(number));
        }
    }
}

fn operation(record: &[u8]) -> Result<Operation> {
    let (kind, numbers) = (u64_at(record, 0), record[8..].as_chunks().0);
    let values: Vec<f64> = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    if !values.iter().all(|value| value.is_finite()) || (kind == 4 && values.contains(&0.0)) {
        return Err(damaged("input operations: expected finite values, and none of 0 to divide by"));
    }
    let action = match kind {
        1 => Action::Subtract,
        2 => Action::Add,
        3 => Action::Multiply,
        4 => Action::Divide,
        5 => Action::AtLeast,
        6 => Action::AtMost,
        other => return Err(damaged(format!("input operation {other}; expected 1 to 6"))),
    };
    Ok(Operation { action, values })
}

impl Action {
    /// Not a number stays what it is, and is refused in the end.
    fn apply(self, x: f64, value: f64) -> f64 {
        match self {
            Self::Subtract => x - value,
            Self::Add => x + value,
            Self::Multiply => x * value,
            Self::Divide => x / value,
            Self::AtLeast if x < value => value,
            Self::AtMost if x > value => value,
            Self::AtLeast | Self::AtMost => x,
        }
    }
}
