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

    /// Values in the network's input space, for samples of `pixels` values a channel; the type of `samples` matters.
    ///
    /// # Errors
    ///
    /// A value leaves float32.
    pub fn values(&self, samples: Samples<'_>, pixels: usize) -> Result<Vec<f32>> {
        let values: Vec<f32> = match (self, samples) {
            (Self::Scaling(operations), samples) => scaled(operations, &samples.doubles(), pixels),
            (_, Samples::Bytes(values)) => values.iter().map(|&value| f32::from(value) / 255.0).collect(),
            (_, Samples::Single(values)) => values.to_vec(),
            (_, Samples::Double(values)) => values.iter().map(|&value| value as f32).collect(),
        };
        let values = match self {
            Self::Standardise { mean, std } => {
                let channel = |at: usize| at / pixels % mean.len();
                values.iter().enumerate().map(|(at, x)| (x - mean[channel(at)]) / std[channel(at)]).collect()
            }
            _ => values,
        };
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        Err(Error::data("input: a value leaves float32, or is not finite"))
    }
}

impl Samples<'_> {
    fn doubles(self) -> Vec<f64> {
        match self {
            Samples::Bytes(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Samples::Single(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Samples::Double(values) => values.to_vec(),
        }
    }
}

fn scaled(operations: &[Operation], samples: &[f64], pixels: usize) -> Vec<f32> {
    let mut values = samples.to_vec();
    for Operation { action, values: numbers } in operations {
        for (at, value) in values.iter_mut().enumerate() {
            *value = action.apply(*value, numbers[at / pixels % numbers.len()]);
        }
    }
    values.into_iter().map(|value| value as f32).collect()
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
