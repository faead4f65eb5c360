//! IF neurons over arrays of other libraries, as a function.

use numpy::{Element, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use pysnn_core::error::Error;
use pysnn_core::simd::Level;
use pysnn_core::training::integrate::{Neurons, Value};

use crate::call::{compute, raise};

/// Currents, spikes and rates, all of one kind.
#[derive(FromPyObject)]
pub(crate) enum Arrays<'py> {
    Single(Three<'py, f32>),
    /// The bits of bfloat16.
    Brain(Three<'py, u16>),
}

pub(crate) type Three<'py, T> = (Values<'py, T>, Values<'py, T>, Values<'py, T>);

pub(crate) type Values<'py, T> = Bound<'py, PyArray1<T>>;

/// Simulate IF neurons through steps, with reset by subtraction.
///
/// `arrays` are currents (a value for each step and neuron, or for each neuron), and room for spikes (for each step and neuron) and
/// for their means: float32, or uint16 that holds bfloat16. `channels` are thresholds and initial potentials, one of
/// each, or one for each channel (the innermost axis). Raises `DataError` where arrays do not fit, `BackendError` for a SIMD
/// level that is unknown or missing.
#[pyfunction]
#[pyo3(signature = (arrays, channels, steps, threads, simd=None))]
pub(crate) fn integrate(
    py: Python<'_>,
    arrays: Arrays<'_>,
    channels: (Values<'_, f32>, Values<'_, f32>),
    steps: usize,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<()> {
    let level = Level::named(simd).map_err(|error| raise(py, &error))?;
    let (threshold, first) = channels;
    let threshold = threshold.to_vec().map_err(|_| unfit(py, "thresholds"))?;
    let first = first.to_vec().map_err(|_| unfit(py, "initial potentials"))?;
    let how = How { level, threshold, first, steps, threads: threads.max(1) };
    match arrays {
        Arrays::Single(arrays) => how.run(py, &arrays),
        Arrays::Brain(arrays) => how.run(py, &arrays),
    }
}

/// What is the same for both kinds of arrays.
struct How {
    level: Level,
    threshold: Vec<f32>,
    first: Vec<f32>,
    steps: usize,
    threads: usize,
}

impl How {
    fn run<T: Element + Value>(&self, py: Python<'_>, arrays: &Three<'_, T>) -> PyResult<()> {
        let current = arrays.0.try_readonly().map_err(|_| unfit(py, "currents"))?;
        let mut spikes = arrays.1.try_readwrite().map_err(|_| unfit(py, "spikes"))?;
        let mut rate = arrays.2.try_readwrite().map_err(|_| unfit(py, "rates"))?;
        let neurons = Neurons {
            current: current.as_slice().map_err(|_| unfit(py, "currents"))?,
            threshold: &self.threshold,
            first: &self.first,
            spikes: spikes.as_slice_mut().map_err(|_| unfit(py, "spikes"))?,
            rate: rate.as_slice_mut().map_err(|_| unfit(py, "rates"))?,
        };
        compute(py, None, |tick| neurons.integrate(self.level, self.steps, self.threads, tick))
    }
}

fn unfit(py: Python<'_>, name: &str) -> PyErr {
    raise(py, &Error::data(format!("{name}: expected a contiguous array that shares nothing with the others")))
}
