//! Steps of optimisers, as functions.

use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pysnn_core::error::Error;
use pysnn_core::simd::Level;
use pysnn_core::training::adam::{Adam, Moments};

use crate::call::{compute, raise};

type Values<'py> = Bound<'py, PyArray1<f32>>;

/// Take a step of Adam in place: `arrays` are weights, gradient, mean and mean square, float32 of one length.
///
/// `constants` are what stays of the mean and what is added, the same of the square, the factor of its root, epsilon, the rate, and
/// what stays of the weights. Raises `DataError` where arrays do not fit, `BackendError`
/// for a SIMD level that is unknown or missing.
#[pyfunction]
#[pyo3(signature = (arrays, constants, threads, simd=None))]
pub(crate) fn adam(
    arrays: (Values<'_>, Values<'_>, Values<'_>, Values<'_>),
    constants: [f32; 8],
    threads: usize,
    simd: Option<&str>,
) -> PyResult<()> {
    let (weight, gradient, mean, square) = arrays;
    let py = weight.py();
    let level = Level::named(simd).map_err(|error| raise(py, &error))?;
    let [a, b, c, d, scale, epsilon, rate, kept] = constants;
    let step = Adam { mean: [a, b], square: [c, d], scale, epsilon, rate, kept };
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
