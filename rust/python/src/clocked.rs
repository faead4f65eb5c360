//! The clocked engine as a Python class.

use std::sync::Arc;

use numpy::ndarray::{ArrayD, IxDyn};
use numpy::{Element, PyArrayDyn};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use pysnn_core::clocked::{Array, COUNT_FIELDS, Family, Options, Outputs, PARTS, Program};
use pysnn_core::plan::{Body, Plan, Shape};
use pysnn_core::simd::Level;

use crate::call::{compute, exception, raise};
use crate::request::{Held, progress};
use crate::stream::Streamed;

/// A plan made ready for the clocked engine.
///
/// Takes the bytes of a plan (`docs/plan_format.md`), the name of a SIMD level (`None`: the widest), and the name of the kernels of every
/// convolution that has them (`None`: by the share of active inputs), and the nanoseconds of work that each thread beyond the
/// first must have (`None`: what pays). Raises `PlanError` with the node where something does not fit, `CapacityError`, or
/// `BackendError` for the level or the kernels.
#[pyclass(frozen, module = "pysnn._core")]
pub(crate) struct Clocked {
    program: Arc<Program>,
}

#[pymethods]
impl Clocked {
    #[new]
    #[pyo3(signature = (plan, simd=None, kernel=None, thread_work=None))]
    fn new(
        plan: &Bound<'_, PyAny>,
        simd: Option<&str>,
        kernel: Option<&str>,
        thread_work: Option<f64>,
    ) -> PyResult<Self> {
        let py = plan.py();
        let level = Level::named(simd).map_err(|error| raise(py, &error))?;
        let family = kernel.map(Family::named).transpose().map_err(|error| raise(py, &error))?;
        let thread_work = thread_work.unwrap_or(Options::THREAD_WORK);
        let Ok(plan) = plan.cast::<PyBytes>() else {
            let what = format!("Clocked: expected the bytes of a plan, got {}", plan.get_type());
            return Err(exception(py, "PlanError", &what));
        };
        // The bytes belong to an immutable object, so that reading them need not hold up other threads.
        let bytes = plan.as_bytes();
        let options = Options { family, thread_work, ..Options::from(level) };
        let program = compute(py, None, |_| Program::new(Plan::from_bytes(bytes)?, options))?;
        Ok(Self { program: Arc::new(program) })
    }

    /// The SIMD level that it runs at.
    #[getter]
    fn simd(&self) -> &'static str {
        self.program.level().name()
    }

    /// Names of the columns of a profile.
    #[classattr]
    fn parts() -> Vec<&'static str> {
        PARTS.iter().map(|(_, name)| *name).collect()
    }

    /// Run a `pysnn.backends.base.RunRequest`; gives the fields of `RunOutput` as a dict, probes as tuples.
    fn run<'py>(&self, request: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        let py = request.py();
        let held = Held::new(request)?;
        let wanted = held.request(request)?;
        let (reads, batch) = (wanted.read_at.len(), wanted.batch);
        let (program, steps) = (&*self.program, wanted.steps);
        let outputs = compute(py, progress(request)?, |tick| program.run(&wanted, tick))?;
        Giver::new(py, program, batch).give(outputs, [reads, steps])
    }

    /// Open a stream of `batch` samples, from the start or from a run's state and the steps behind it.
    #[pyo3(signature = (batch, seed=0, state=None, steps=0))]
    fn stream(&self, batch: usize, seed: u64, state: Option<&Bound<'_, PyDict>>, steps: u64) -> PyResult<Streamed> {
        Streamed::open(&self.program, batch, seed, state.map(|state| (state, steps)))
    }
}

/// Turns results into NumPy arrays, without a copy.
pub(crate) struct Giver<'a, 'py> {
    py: Python<'py>,
    program: &'a Program,
    batch: usize,
}

impl<'a, 'py> Giver<'a, 'py> {
    /// Of results for so many samples.
    pub(crate) fn new(py: Python<'py>, program: &'a Program, batch: usize) -> Self {
        Self { py, program, batch }
    }

    fn give(&self, outputs: Outputs, [reads, steps]: [usize; 2]) -> PyResult<Bound<'py, PyDict>> {
        let ops = self.program.ops();
        let result = PyDict::new(self.py);
        let scores = ops.last().map_or(0, |op| op.spec.shape.size());
        result.set_item("scores", self.shaped(outputs.scores, &[reads, self.batch, scores])?)?;
        result.set_item("counts", self.shaped(outputs.counts, &[reads, ops.len(), COUNT_FIELDS])?)?;
        let counted = if outputs.by_sample.is_empty() { 0 } else { self.batch };
        result.set_item("by_sample", self.shaped(outputs.by_sample, &[reads, ops.len(), counted])?)?;
        let by_op = |name: &str| {
            let dict = PyDict::new(self.py);
            result.set_item(name, &dict).map(|()| dict)
        };
        let by_step = by_op("by_step")?;
        for (op, array) in outputs.by_step {
            let Shape { channels, height, width } = ops[op].spec.shape;
            by_step.set_item(op, self.shaped(array, &[steps, channels, height, width])?)?;
        }
        result.set_item("state", self.state(outputs.state)?)?;
        let spikes = by_op("spikes")?;
        for (op, array) in outputs.spikes {
            spikes.set_item(op, self.shaped(array, &self.map_shape(steps, op))?)?;
        }
        let potentials = by_op("potentials")?;
        for (op, array) in outputs.potentials {
            potentials.set_item(op, self.array(array, &self.map_shape(steps, op))?)?;
        }
        let probes = by_op("probes")?;
        for (op, probe) in outputs.probes {
            let shape = self.map_shape(reads, op);
            let arrays = (
                self.shaped(probe.current_sum, &shape)?,
                self.shaped(probe.current_square_sum, &shape)?,
                self.array(probe.potential, &shape)?,
                self.shaped(probe.spikes, &shape)?,
            );
            probes.set_item(op, arrays)?;
        }
        let measured = if outputs.profile.is_empty() { 0 } else { ops.len() + 1 };
        result.set_item("profile", self.shaped(outputs.profile, &[measured, PARTS.len()])?)?;
        result.set_item("kernels", pyo3::types::PyTuple::new(self.py, outputs.kernels)?)?;
        Ok(result)
    }

    /// A state by the number of the operation.
    pub(crate) fn state(&self, state: Vec<(usize, Array)>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(self.py);
        for (op, array) in state {
            dict.set_item(op, self.array(array, &self.state_shape(op))?)?;
        }
        Ok(dict)
    }

    fn map_shape(&self, leading: usize, op: usize) -> [usize; 5] {
        let Shape { channels, height, width } = self.program.ops()[op].spec.shape;
        [leading, self.batch, channels, height, width]
    }

    fn state_shape(&self, op: usize) -> Vec<usize> {
        let ops = self.program.ops();
        match &ops[op].body {
            Body::Output(_) => vec![self.batch, ops[op].spec.shape.size()],
            Body::MaxPool(pool) => self.map_shape(0, pool.source)[1..].to_vec(),
            Body::Neuron(neuron) if neuron.model.values() > 1 => {
                let mut shape = self.map_shape(0, op)[1..].to_vec();
                shape.insert(1, neuron.model.values());
                shape
            }
            Body::Delay(delay) => {
                let mut shape = self.map_shape(0, op)[1..].to_vec();
                shape.insert(1, delay.steps);
                shape
            }
            _ => self.map_shape(0, op)[1..].to_vec(),
        }
    }

    fn array(&self, array: Array, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
        Ok(match array {
            Array::Real(values) => self.shaped(values, shape)?.into_any(),
            Array::Integer(values) => self.shaped(values, shape)?.into_any(),
            Array::Long(values) => self.shaped(values, shape)?.into_any(),
            Array::Bytes(values) => self.shaped(values, shape)?.into_any(),
        })
    }

    /// An array of this shape.
    pub(crate) fn shaped<T: Element>(&self, values: Vec<T>, shape: &[usize]) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
        // An array made in its shape is one object; a reshaped one would be two.
        let array = ArrayD::from_shape_vec(IxDyn(shape), values)
            .map_err(|error| exception(self.py, "PysnnError", &error.to_string()))?;
        Ok(PyArrayDyn::from_owned_array(self.py, array))
    }
}
