//! IF neurons over arrays of other libraries, as a function.

use numpy::{Element, IntoPyArray};
use pyo3::prelude::*;
use pysnn_core::simd::Level;
use pysnn_core::training::integrate::Neurons;
use pysnn_core::training::lanes::Value;
use pysnn_core::training::surrogate::{Backward, OfChannels};

use crate::call::{compute, raise};
use crate::values::{Filling, OfKind, Reading, Values, numbers};

/// Arrays of a simulation, all of one kind.
type Arrays<'py> = OfKind<Rows<'py, f32>, Rows<'py, u16>>;

/// Currents, and room for spikes and their means.
#[derive(FromPyObject)]
pub(crate) struct Rows<'py, T: Element> {
    current: Values<'py, T>,
    spikes: Values<'py, T>,
    rate: Values<'py, T>,
}

/// Arrays of a backward pass, all of one kind.
type Gradients<'py> = OfKind<Derived<'py, f32>, Derived<'py, u16>>;

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
        OfKind::Single(arrays) => how.run(py, &arrays),
        OfKind::Brain(arrays) => how.run(py, &arrays),
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
        OfKind::Single(arrays) => how.derive(py, &arrays),
        OfKind::Brain(arrays) => how.derive(py, &arrays),
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
        let threshold = numbers(&threshold, "thresholds")?;
        let first = numbers(&start, "initial potentials")?;
        Ok(Self { level, threshold, first, steps, threads: threads.max(1) })
    }

    fn derive<T: Element + Value>(&self, py: Python<'_>, arrays: &Derived<'_, T>) -> PyResult<OfChannels> {
        let current = Reading::new(&arrays.current, "currents")?;
        let arriving = Reading::new(&arrays.arriving, "gradients of spikes")?;
        let mut leaving = Filling::new(&arrays.leaving, "gradients of currents")?;
        let backward = Backward {
            current: current.slice()?,
            threshold: &self.threshold,
            first: &self.first,
            arriving: arriving.slice()?,
            leaving: leaving.slice()?,
        };
        compute(py, None, |tick| backward.derive(self.level, self.steps, self.threads, tick))
    }

    fn run<T: Element + Value>(&self, py: Python<'_>, arrays: &Rows<'_, T>) -> PyResult<()> {
        let current = Reading::new(&arrays.current, "currents")?;
        let mut spikes = Filling::new(&arrays.spikes, "spikes")?;
        let mut rate = Filling::new(&arrays.rate, "rates")?;
        let neurons = Neurons {
            current: current.slice()?,
            threshold: &self.threshold,
            first: &self.first,
            spikes: spikes.slice()?,
            rate: rate.slice()?,
        };
        compute(py, None, |tick| neurons.integrate(self.level, self.steps, self.threads, tick))
    }
}
