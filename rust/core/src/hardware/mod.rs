//! What chips hold and what they need: mapping rules on whole numbers, and the arithmetic of prices. `pysnn/hardware/mapping` and
//! `pysnn/hardware/pricing` have the definitions in plain Python.

use crate::error::{Error, Result};

pub mod counted;
pub mod loihi;
pub mod pricing;
pub mod speck;
pub mod truenorth;

/// Sizes above this are no network's: products of them stay inside 128 bits.
const LARGEST: i64 = 1 << 27;

/// Refuse a table with a number below `least` or above what networks have.
fn check_sizes(rule: &str, numbers: impl IntoIterator<Item = i64>, least: i64) -> Result<()> {
    if numbers.into_iter().all(|value| (least..=LARGEST).contains(&value)) {
        return Ok(());
    }
    Err(Error::data(format!("{rule}: expected whole numbers from {least} to 2^27")))
}

/// Refuse a link that names a layer that there is not.
fn check_layers(rule: &str, numbers: impl IntoIterator<Item = usize>, layers: usize) -> Result<()> {
    if numbers.into_iter().all(|number| number < layers) {
        return Ok(());
    }
    Err(Error::data(format!("{rule}: expected links between the {layers} layers that there are")))
}

/// The quotient, rounded up.
fn above(value: i128, divisor: i128) -> i128 {
    (value + divisor - 1) / divisor
}

/// A number that a rule keeps below 2^63.
fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
