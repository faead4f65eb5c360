//! IF neurons over arrays of other libraries, as a function.

use numpy::{Element, IntoPyArray, PyArrayMethods};
use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::integrate::Neurons;
use pysnn_core::training::lanes::Value;
use pysnn_core::training::surrogate::{Backward, OfChannels};

use crate::call::{Values, compute, raise, unfit};

/// Arrays of a simulation, all of one kind.
#[derive(FromPyObject)]
pub(crate) enum Arrays<'py> {
    #[pyo3(transparent)]
    Single(Rows<'py, f32>),
    /// The bits of bfloat16.
    #[pyo3(transparent)]
    Brain(Rows<'py, u16>),
}

/// Currents, and room for spikes and their means.
#[derive(FromPyObject)]
pub(crate) struct Rows<'py, T: Element> {
    current: Values<'py, T>,
    spikes: Values<'py, T>,
    rate: Values<'py, T>,
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

/// Currents, the gradient of spikes, and room for that of currents.
#[derive(FromPyObject)]
pub(crate) struct Derived<'py, T: Element> {
    current: Values<'py, T>,
    arriving: Values<'py, T>,
    leaving: Values<'py, T>,
}

/// One of each, or one for each channel (the innermost axis).
#[derive(FromPyObject)]
pub(crate) struct Channels<'py> {
    threshold: Values<'py, f32>,
    start: Values<'py, f32>,
}

/// Simulate IF neurons through steps, with reset by subtraction.
///
/// `arrays` has `current` (a value for each step and neuron, or for each neuron), and room for `spikes` (for each step and neuron) and
/// for their means, `rate`: float32, or uint16 that holds bfloat16. `channels` has `threshold`s and initial potentials (`start`), one of
/// each, or one for each channel (the innermost axis). Raises `DataError` where arrays do not fit, `BackendError` for a SIMD
/// level that is unknown or missing.
#[pyfunction]
#[pyo3(signature = (arrays, channels, steps, threads, simd=None))]
pub(crate) fn integrate(
    py: Python<'_>,
    arrays: Arrays<'_>,
    channels: Channels<'_>,
    steps: usize,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<()> {
    let how = How::new(py, channels, steps, threads, simd)?;
    match arrays {
        Arrays::Single(arrays) => how.run(py, &arrays),
        Arrays::Brain(arrays) => how.run(py, &arrays),
    }
}

/// Derive a simulation backward through time, with a triangular surrogate for the step of a spike.
///
/// `arrays` has the `current` and the gradient `arriving` at the spikes (a value for each step and neuron), and room for that of the
/// current, `leaving`; else as [`integrate`]. Returns the gradients of thresholds and of initial potentials. Raises as that does.
#[pyfunction]
#[pyo3(signature = (arrays, channels, steps, threads, simd=None))]
pub(crate) fn integrate_backward<'py>(
    py: Python<'py>,
    arrays: Gradients<'_>,
    channels: Channels<'_>,
    steps: usize,
    threads: usize,
    simd: Option<&str>,
) -> PyResult<(Values<'py, f32>, Values<'py, f32>)> {
    let how = How::new(py, channels, steps, threads, simd)?;
    let found = match arrays {
        Gradients::Single(arrays) => how.derive(py, &arrays),
        Gradients::Brain(arrays) => how.derive(py, &arrays),
    }?;
    Ok((found.threshold.into_pyarray(py), found.first.into_pyarray(py)))
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
    fn new(py: Python<'_>, channels: Channels<'_>, steps: usize, threads: usize, simd: Option<&str>) -> PyResult<Self> {
        let level = Level::named(simd).map_err(|error| raise(py, &error))?;
        let Channels { threshold, start } = channels;
        let threshold = threshold.to_vec().map_err(|_| unfit(py, "thresholds"))?;
        let first = start.to_vec().map_err(|_| unfit(py, "initial potentials"))?;
        Ok(Self { level, threshold, first, steps, threads: threads.max(1) })
    }

    fn derive<T: Element + Value>(&self, py: Python<'_>, arrays: &Derived<'_, T>) -> PyResult<OfChannels> {
        let current = arrays.current.try_readonly().map_err(|_| unfit(py, "currents"))?;
        let arriving = arrays.arriving.try_readonly().map_err(|_| unfit(py, "gradients of spikes"))?;
        let mut leaving = arrays.leaving.try_readwrite().map_err(|_| unfit(py, "gradients of currents"))?;
        let backward = Backward {
            current: current.as_slice().map_err(|_| unfit(py, "currents"))?,
            threshold: &self.threshold,
            first: &self.first,
            arriving: arriving.as_slice().map_err(|_| unfit(py, "gradients of spikes"))?,
            leaving: leaving.as_slice_mut().map_err(|_| unfit(py, "gradients of currents"))?,
        };
        compute(py, None, |tick| backward.derive(self.level, self.steps, self.threads, tick))
    }

    fn run<T: Element + Value>(&self, py: Python<'_>, arrays: &Rows<'_, T>) -> PyResult<()> {
        let current = arrays.current.try_readonly().map_err(|_| unfit(py, "currents"))?;
        let mut spikes = arrays.spikes.try_readwrite().map_err(|_| unfit(py, "spikes"))?;
        let mut rate = arrays.rate.try_readwrite().map_err(|_| unfit(py, "rates"))?;
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
