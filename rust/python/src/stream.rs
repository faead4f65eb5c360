//! Streams of the clocked engine as a Python class.

use std::sync::{Arc, Mutex, TryLockError};

use numpy::{PyArrayDyn, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pysnn_core::clocked::{Input, Program, Stream};
use pysnn_core::plan::{Body, Coding};

use crate::arrays::Origin;
use crate::call::{compute, exception, raise};
use crate::clocked::Giver;
use crate::request::{held_state, slice};

const ORIGIN: Origin<'static> = Origin { error: "DataError", owner: "stream" };

/// A network of `Clocked` that goes on from step to step; made by `Clocked.stream`.
#[pyclass(frozen, module = "pysnn._core", name = "Stream")]
pub(crate) struct Streamed {
    program: Arc<Program>,
    seed: u64,
    batch: usize,
    stream: Mutex<Stream>,
}

impl Streamed {
    pub(crate) fn open(
        program: &Arc<Program>,
        batch: usize,
        seed: u64,
        state: Option<(&Bound<'_, PyDict>, u64)>,
    ) -> PyResult<Self> {
        let held = state.map(|(state, steps)| Ok::<_, PyErr>((held_state(state.as_any())?, steps))).transpose()?;
        let views = match &held {
            None => None,
            Some((held, steps)) => {
                let views = held.iter().map(|(op, state)| Ok((*op, state.view()?))).collect::<PyResult<Vec<_>>>()?;
                Some((views, *steps))
            }
        };
        let stream = Stream::new(Arc::clone(program), batch, views);
        let stream = stream.map_err(|error| Python::attach(|py| raise(py, &error)))?;
        Ok(Self { program: Arc::clone(program), seed, batch, stream: Mutex::new(stream) })
    }

    /// Do something with the stream, which nobody else may use meanwhile.
    fn with<T>(&self, py: Python<'_>, work: impl FnOnce(&mut Stream) -> PyResult<T>) -> PyResult<T> {
        match self.stream.try_lock() {
            Ok(mut stream) => work(&mut stream),
            Err(TryLockError::Poisoned(stopped)) => work(&mut stopped.into_inner()),
            Err(TryLockError::WouldBlock) => {
                Err(exception(py, "DataError", "stream: a step is being taken in another thread"))
            }
        }
    }
}

#[pymethods]
impl Streamed {
    /// Steps done so far.
    #[getter]
    fn steps(&self, py: Python<'_>) -> PyResult<u64> {
        self.with(py, |stream| Ok(stream.steps()))
    }

    /// Take one step: values float32 `(batch, ...)`, or given events, `index` uint32 and `offsets` int64 `(batch + 1,)`.
    /// Returns the scores behind it, float32 `(batch, K)`.
    #[pyo3(signature = (given, offsets=None))]
    fn step<'py>(
        &self,
        given: &Bound<'py, PyAny>,
        offsets: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let py = given.py();
        let (values, index, rows): (
            PyReadonlyArrayDyn<'_, f32>,
            PyReadonlyArrayDyn<'_, u32>,
            PyReadonlyArrayDyn<'_, i64>,
        );
        let coding = match self.program.ops().first().map(|op| &op.body) {
            Some(Body::Input(coding)) => *coding,
            _ => Coding::Constant,
        };
        let input = if coding == Coding::Events {
            let Some(offsets) = offsets else {
                return Err(ORIGIN.error(py, "offsets", "missing"));
            };
            index = ORIGIN.array(given, "index", None)?;
            rows = ORIGIN.array(offsets, "offsets", None)?;
            Input::Events { offsets: slice(&rows)?, index: slice(&index)? }
        } else {
            values = ORIGIN.array(given, "values", None)?;
            let values = slice(&values)?;
            match coding {
                Coding::Frames => Input::Frames(values),
                Coding::Poisson => Input::Poisson { rates: values, seed: self.seed, first_sample: 0 },
                Coding::Constant | Coding::Events | Coding::Pixels => Input::Constant(values),
            }
        };
        let scores = self.with(py, |stream| {
            compute(py, None, |tick| {
                stream.advance(input, 1, tick)?;
                Ok(stream.scores().to_vec())
            })
        })?;
        let classes = scores.len() / self.batch;
        Giver::new(py, &self.program, self.batch).shaped(scores, &[self.batch, classes])
    }

    /// What the network remembers, by the number of the operation; as the state of a run.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let state = self.with(py, |stream| stream.state().map_err(|error| raise(py, &error)))?;
        Giver::new(py, &self.program, self.batch).state(state)
    }
}
