//! Batch normalisation of arrays of other libraries, backward, as a function.

use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::lanes::Value;
use pysnn_core::training::norm::{Norm, OfNorm};

use crate::call::{compute, raise};
use crate::values::{Filling, OfKind, Reading, Values, numbers};

/// Arrays of a backward pass, all of one kind.
type Arrays<'py> = OfKind<Rows<'py, f32>, Rows<'py, u16>>;

/// What was normalised, the gradient of what it became, and room for its own.
#[derive(FromPyObject)]
pub(crate) struct Rows<'py, T: Element> {
    values: Values<'py, T>,
    arriving: Values<'py, T>,
    leaving: Values<'py, T>,
}

/// One of each for a channel (the innermost axis).
#[derive(FromPyObject)]
pub(crate) struct Channels<'py> {
    mean: Values<'py, f32>,
    inverse: Values<'py, f32>,
    weight: Values<'py, f32>,
}

/// Derive batch normalisation: the gradient of its values, and those of its weights and biases, which are returned.
///
/// `arrays` has the `values` that were normalised, the gradient `arriving` at the normalised ones, and room for theirs, `leaving`:
/// float32, or uint16 that holds bfloat16. `channels` has `mean`s, `inverse`s of deviations and `weight`s. `frozen`: mean and deviation
/// do not follow from the values. Raises `DataError` where arrays do not fit, `BackendError` for a SIMD level that is unknown or
/// missing.
#[pyfunction]
#[pyo3(signature = (arrays, channels, frozen, threads, simd=None))]
pub(crate) fn norm_backward<'py>(
    py: Python<'py>,
    arrays: Arrays<'_>,
    channels: Channels<'_>,
    frozen: bool,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<(Values<'py, f32>, Values<'py, f32>)> {
    let level = Level::named(simd).map_err(|error| raise(py, &error))?;
    let Channels { mean, inverse, weight } = channels;
    let mean = numbers(&mean, "means")?;
    let inverse = numbers(&inverse, "inverses of deviations")?;
    let how = How { level, threads: threads.max(1), frozen, mean, inverse, weight: numbers(&weight, "weights")? };
    let found = match arrays {
        OfKind::Single(arrays) => how.derive(py, &arrays),
        OfKind::Brain(arrays) => how.derive(py, &arrays),
    }?;
    Ok((found.weight.into_pyarray(py), found.bias.into_pyarray(py)))
}

/// What is the same for both kinds of arrays.
struct How {
    level: Level,
    threads: usize,
    frozen: bool,
    mean: Vec<f32>,
    inverse: Vec<f32>,
    weight: Vec<f32>,
}

impl How {
    fn derive<T: Element + Value>(&self, py: Python<'_>, arrays: &Rows<'_, T>) -> PyResult<OfNorm> {
        let values = Reading::new(&arrays.values, "values")?;
        let arriving = Reading::new(&arrays.arriving, "gradients of normalised values")?;
        let mut leaving = Filling::new(&arrays.leaving, "gradients of values")?;
        let norm = Norm {
            input: values.slice()?,
            arriving: arriving.slice()?,
            leaving: leaving.slice()?,
            mean: &self.mean,
            inverse: &self.inverse,
            weight: &self.weight,
            frozen: self.frozen,
        };
        compute(py, None, |tick| norm.derive(self.level, self.threads, tick))
    }
}
