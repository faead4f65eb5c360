//! Quantised clips of arrays of other libraries, as functions.

use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::clip::{Backward, Clip};
use pysnn_core::training::lanes::Value;

use crate::call::{compute, raise};
use crate::values::{Filling, OfKind, Reading, Values, numbers};

/// Arrays of a forward pass, all of one kind.
type Arrays<'py> = OfKind<Rows<'py, f32>, Rows<'py, u16>>;

/// Currents, the noise that they are rounded with, and room for what clips make of them.
#[derive(FromPyObject)]
pub(crate) struct Rows<'py, T: Element> {
    current: Values<'py, T>,
    noise: Option<Values<'py, T>>,
    value: Values<'py, T>,
}

/// Arrays of a backward pass, all of one kind.
type Gradients<'py> = OfKind<Derived<'py, f32>, Derived<'py, u16>>;

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
        OfKind::Single(arrays) => how.run(py, &arrays, levels),
        OfKind::Brain(arrays) => how.run(py, &arrays, levels),
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
        OfKind::Single(arrays) => how.derive(py, &arrays, levelled),
        OfKind::Brain(arrays) => how.derive(py, &arrays, levelled),
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
        let threshold = numbers(threshold, "thresholds")?;
        Ok(Self { level, threads: threads.max(1), threshold })
    }

    fn run<T: Element + Value>(&self, py: Python<'_>, arrays: &Rows<'_, T>, levels: Option<u32>) -> PyResult<()> {
        let current = Reading::new(&arrays.current, "currents")?;
        let noise = arrays.noise.as_ref().map(|noise| Reading::new(noise, "noise")).transpose()?;
        let mut value = Filling::new(&arrays.value, "values")?;
        let clip = Clip {
            current: current.slice()?,
            noise: noise.as_ref().map(Reading::slice).transpose()?.unwrap_or_default(),
            value: value.slice()?,
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
        let current = Reading::new(&arrays.current, "currents")?;
        let value = Reading::new(&arrays.value, "values")?;
        let arriving = Reading::new(&arrays.arriving, "gradients of values")?;
        let mut leaving = Filling::new(&arrays.leaving, "gradients of currents")?;
        let backward = Backward {
            current: current.slice()?,
            value: value.slice()?,
            arriving: arriving.slice()?,
            leaving: leaving.slice()?,
            threshold: &self.threshold,
            levelled,
        };
        compute(py, None, |tick| backward.derive(self.level, self.threads, tick))
    }
}
