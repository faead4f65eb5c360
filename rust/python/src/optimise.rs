//! Steps of optimisers, as functions.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pysnn_core::error::Error;
use pysnn_core::simd::Level;
use pysnn_core::training::adam::{Adam, Moments};

use crate::call::{compute, raise};

type Values<'py> = Bound<'py, PyArray1<f32>>;

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
    weight: Values<'py>,
    gradient: Values<'py>,
    mean: Values<'py>,
    square: Values<'py>,
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
    let mut changed = [writable(&weight, "weights")?, writable(&mean, "mean")?, writable(&square, "square")?];
    let gradient: PyReadonlyArray1<'_, f32> = gradient.try_readonly().map_err(|_| overlap(py, "gradient"))?;
    let gradient = gradient.as_slice().map_err(|_| overlap(py, "gradient"))?;
    let [weight, mean, square] = changed.each_mut().map(|array| array.as_slice_mut());
    let moments = Moments {
        weight: weight.map_err(|_| overlap(py, "weights"))?,
        gradient,
        mean: mean.map_err(|_| overlap(py, "mean"))?,
        square: square.map_err(|_| overlap(py, "square"))?,
    };
    compute(py, None, |tick| step.step(level, moments, threads.max(1), tick))
}

fn writable<'py>(array: &Values<'py>, name: &str) -> PyResult<PyReadwriteArray1<'py, f32>> {
    array.try_readwrite().map_err(|_| overlap(array.py(), name))
}

fn overlap(py: Python<'_>, name: &str) -> PyErr {
    raise(py, &Error::data(format!("{name}: expected a contiguous array that may be changed and shares nothing")))
}
