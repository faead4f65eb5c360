//! Quantised clips of arrays of other libraries, as functions.

use numpy::{Element, IntoPyArray, PyArrayMethods};
use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::clip::{Backward, Clip};
use pysnn_core::training::lanes::Value;

use crate::call::{Values, compute, raise, unfit};

/// Arrays of a forward pass, all of one kind.
#[derive(FromPyObject)]
pub(crate) enum Arrays<'py> {
    #[pyo3(transparent)]
    Single(Rows<'py, f32>),
    /// The bits of bfloat16.
    #[pyo3(transparent)]
    Brain(Rows<'py, u16>),
}

/// Currents, the noise that they are rounded with, and room for what clips make of them.
#[derive(FromPyObject)]
pub(crate) struct Rows<'py, T: Element> {
    current: Values<'py, T>,
    noise: Option<Values<'py, T>>,
    value: Values<'py, T>,
}

/// Arrays of a backward pass, all of one kind.
#[derive(FromPyObject)]
pub(crate) enum Gradients<'py> {
    #[pyo3(transparent)]
    Single(Derived<'py, f32>),
    /// The bits of bfloat16.
    #[pyo3(transparent)]
    Brain(Derived<'py, u16>),
}

/// Currents, what clips made of them, the gradient of that, and room for that of currents.
#[derive(FromPyObject)]
pub(crate) struct Derived<'py, T: Element> {
    current: Values<'py, T>,
    value: Values<'py, T>,
    arriving: Values<'py, T>,
    leaving: Values<'py, T>,
}

/// Clip currents between 0 and thresholds, in levels if there are any.
///
/// `arrays` has the `current`s, `noise` (as many values, or none) and room for as many `value`s: float32, or uint16 that holds bfloat16.
/// `threshold` has one value, or one for each channel (the innermost axis). Raises `DataError` where arrays do not fit, `BackendError`
/// for a SIMD level that is unknown or missing.
#[pyfunction]
#[pyo3(signature = (arrays, threshold, levels, threads, simd=None))]
pub(crate) fn clip(
    py: Python<'_>,
    arrays: Arrays<'_>,
    threshold: &Values<'_, f32>,
    levels: Option<u32>,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<()> {
    let how = How::new(py, threshold, threads, simd)?;
    match arrays {
        Arrays::Single(arrays) => how.run(py, &arrays, levels),
        Arrays::Brain(arrays) => how.run(py, &arrays, levels),
    }
}

/// Derive clips: fill the gradient of currents, return that of thresholds.
///
/// `arrays` has the `current`s, the `value`s that clips made of them, the gradient `arriving` at these, and room for that of currents,
/// `leaving`; `levelled`: values were rounded to levels, which is passed straight through. Else as [`clip`].
#[pyfunction]
#[pyo3(signature = (arrays, threshold, levelled, threads, simd=None))]
pub(crate) fn clip_backward<'py>(
    py: Python<'py>,
    arrays: Gradients<'_>,
    threshold: &Values<'_, f32>,
    levelled: bool,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<Values<'py, f32>> {
    let how = How::new(py, threshold, threads, simd)?;
    let found = match arrays {
        Gradients::Single(arrays) => how.derive(py, &arrays, levelled),
        Gradients::Brain(arrays) => how.derive(py, &arrays, levelled),
    }?;
    Ok(found.into_pyarray(py))
}

/// What is the same for both passes and both kinds of arrays.
struct How {
    level: Level,
    threads: usize,
    threshold: Vec<f32>,
}

impl How {
    fn new(py: Python<'_>, threshold: &Values<'_, f32>, threads: usize, simd: Option<&str>) -> PyResult<Self> {
        let level = Level::named(simd).map_err(|error| raise(py, &error))?;
        let threshold = threshold.to_vec().map_err(|_| unfit(py, "thresholds"))?;
        Ok(Self { level, threads: threads.max(1), threshold })
    }

    fn run<T: Element + Value>(&self, py: Python<'_>, arrays: &Rows<'_, T>, levels: Option<u32>) -> PyResult<()> {
        let current = arrays.current.try_readonly().map_err(|_| unfit(py, "currents"))?;
        let noise = arrays.noise.as_ref().map(PyArrayMethods::try_readonly).transpose();
        let noise = noise.map_err(|_| unfit(py, "noise"))?;
        let noise = noise.as_ref().map(|noise| noise.as_slice()).transpose();
        let mut value = arrays.value.try_readwrite().map_err(|_| unfit(py, "values"))?;
        let clip = Clip {
            current: current.as_slice().map_err(|_| unfit(py, "currents"))?,
            noise: noise.map_err(|_| unfit(py, "noise"))?.unwrap_or_default(),
            value: value.as_slice_mut().map_err(|_| unfit(py, "values"))?,
            threshold: &self.threshold,
            levels: levels.unwrap_or_default(),
        };
        compute(py, None, |tick| clip.forward(self.level, self.threads, tick))
    }

    fn derive<T: Element + Value>(
        &self,
        py: Python<'_>,
        arrays: &Derived<'_, T>,
        levelled: bool,
    ) -> PyResult<Vec<f32>> {
        let current = arrays.current.try_readonly().map_err(|_| unfit(py, "currents"))?;
        let value = arrays.value.try_readonly().map_err(|_| unfit(py, "values"))?;
        let arriving = arrays.arriving.try_readonly().map_err(|_| unfit(py, "gradients of values"))?;
        let mut leaving = arrays.leaving.try_readwrite().map_err(|_| unfit(py, "gradients of currents"))?;
        let backward = Backward {
            current: current.as_slice().map_err(|_| unfit(py, "currents"))?,
            value: value.as_slice().map_err(|_| unfit(py, "values"))?,
            arriving: arriving.as_slice().map_err(|_| unfit(py, "gradients of values"))?,
            leaving: leaving.as_slice_mut().map_err(|_| unfit(py, "gradients of currents"))?,
            threshold: &self.threshold,
            levelled,
        };
        compute(py, None, |tick| backward.derive(self.level, self.threads, tick))
    }
}
