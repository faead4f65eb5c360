//! Steps of optimisers, as functions.

use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::adam::{Adam, Moments};

use crate::call::{compute, raise};
use crate::values::{Filling, Reading, Values};

/// `AdamStep` of Python.
#[derive(Clone, Copy, FromPyObject)]
pub(crate) struct Constants {
    mean_kept: f32,
    mean_added: f32,
    square_kept: f32,
    square_added: f32,
    root_scale: f32,
    epsilon: f32,
    rate: f32,
    kept: f32,
}

/// `Moments` of Python.
#[derive(FromPyObject)]
pub(crate) struct Arrays<'py> {
    weight: Values<'py, f32>,
    gradient: Values<'py, f32>,
    mean: Values<'py, f32>,
    square: Values<'py, f32>,
}

/// Take a step of Adam in place: `step` is an `AdamStep`, `moments` are `Moments`, float32 arrays of one length.
///
/// Raises `DataError` where arrays do not fit, `BackendError`
/// for a SIMD level that is unknown or missing.
#[pyfunction]
#[pyo3(signature = (step, moments, threads, simd=None))]
pub(crate) fn adam(
    py: Python<'_>,
    step: Constants,
    moments: Arrays<'_>,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<()> {
    let Arrays { weight, gradient, mean, square } = moments;
    let level = Level::named(simd).map_err(|error| raise(py, &error))?;
    let step = Adam {
        mean: [step.mean_kept, step.mean_added],
        square: [step.square_kept, step.square_added],
        scale: step.root_scale,
        epsilon: step.epsilon,
        rate: step.rate,
        kept: step.kept,
    };
    let gradient = Reading::new(&gradient, "gradient")?;
    let (mut weight, mut mean) = (Filling::new(&weight, "weights")?, Filling::new(&mean, "mean")?);
    let mut square = Filling::new(&square, "square")?;
    let moments =
        Moments { weight: weight.slice()?, gradient: gradient.slice()?, mean: mean.slice()?, square: square.slice()? };
    compute(py, None, |tick| step.step(level, moments, threads.max(1), tick))
}
