//! The engine of plastic networks as a Python class.

use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::{PyArray1, PyArray2, PyArrayMethods, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pysnn_core::plastic::{Array, Arrays, Build, Engine, Part, Record};
use pysnn_core::simd::Level;

use crate::arrays::Origin;
use crate::call::{compute, exception, raise};
use crate::plastic_plan::read_plan;

const STATE: Origin<'static> = Origin { error: "DataError", owner: "state" };
const RUN: Origin<'static> = Origin { error: "DataError", owner: "run of a plastic network" };

/// A plastic network with its state.
///
/// Takes a `pysnn.plastic.plan.PlasticPlan`, whether the store is lazy, the targets a tile, and the name of a SIMD level (`None`: the widest).
#[pyclass(frozen, module = "pysnn._core")]
pub(crate) struct Plastic {
    engine: Mutex<Engine>,
    level: Level,
}

type Floats<'py> = Bound<'py, PyArray1<f32>>;
type Wholes<'py> = Bound<'py, PyArray1<i64>>;

#[pymethods]
impl Plastic {
    #[new]
    #[pyo3(signature = (plan, lazy, tile, simd=None))]
    fn new(plan: &Bound<'_, PyAny>, lazy: bool, tile: usize, simd: Option<&str>) -> PyResult<Self> {
        let py = plan.py();
        let level = Level::named(simd).map_err(|error| raise(py, &error))?;
        let plan = read_plan(plan)?;
        let build = Build { lazy, tile, level };
        let engine = compute(py, None, move |_| Engine::new(plan, build))?;
        Ok(Self { engine: Mutex::new(engine), level })
    }

    /// The SIMD level that it runs at.
    #[getter]
    fn simd(&self) -> &'static str {
        self.level.name()
    }

    /// The step that comes next, and how many were run with learning.
    #[getter]
    fn clock(&self, py: Python<'_>) -> (i64, i64) {
        let [step, learned] = self.engine(py).clock();
        (step, learned)
    }

    /// Run a `pysnn.plastic.engines.base.RunPart`: spikes by recorded population, and counts by population and by projection.
    fn run<'py>(&self, part: &Bound<'py, PyAny>, threads: usize) -> PyResult<Ran<'py>> {
        let py = part.py();
        let progress: Option<Py<PyAny>> = RUN.field(part, "progress")?;
        let mut thresholds = Vec::new();
        for (population, values) in RUN.field::<Bound<'py, PyDict>>(part, "thresholds")?.iter() {
            let values: PyReadonlyArrayDyn<'_, u64> = RUN.array(&values, "thresholds", None)?;
            thresholds.push((population.extract()?, values.as_slice()?.to_vec()));
        }
        let part = Part {
            steps: RUN.field(part, "steps")?,
            learn: RUN.field(part, "learn")?,
            record: RUN.field(part, "record")?,
            thresholds,
        };
        let mut engine = self.engine(py);
        if part.record.iter().any(|&k| k >= engine.plan().populations.len()) {
            return Err(RUN.error(py, "record", "expected places of populations"));
        }
        let engine = &mut *engine;
        let Record { spikes, counts, updates } = compute(py, progress, |tick| engine.run(&part, threads, tick))?;
        let spikes = spikes.into_iter().map(|spikes| pairs(py, &spikes)).collect::<PyResult<_>>()?;
        Ok((spikes, counts, updates))
    }

    /// All arrays of the state, by name.
    fn save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        for (name, array) in self.engine(py).save() {
            match array {
                Array::Float(values) => found.set_item(name, PyArray1::from_vec(py, values))?,
                Array::Whole(values) => found.set_item(name, PyArray1::from_vec(py, values))?,
                Array::Spikes(values) => found.set_item(name, pairs(py, &values)?)?,
            }
        }
        Ok(found)
    }

    /// Go on from a step and from arrays.
    fn load(&self, py: Python<'_>, clock: [i64; 2], arrays: &Bound<'_, PyDict>) -> PyResult<()> {
        let arrays = read_arrays(arrays)?;
        self.engine(py).load(clock, arrays).map_err(|error| raise(py, &error))
    }

    /// Weights of a projection by source and target, float32.
    fn weights<'py>(&self, py: Python<'py>, projection: usize) -> PyResult<Floats<'py>> {
        let mut engine = self.known(py, projection)?;
        Ok(PyArray1::from_vec(py, engine.weights(projection)))
    }

    /// Replace them.
    fn set_weights(&self, py: Python<'_>, projection: usize, weights: &Bound<'_, PyAny>) -> PyResult<()> {
        let weights: PyReadonlyArrayDyn<'_, f32> = RUN.array(weights, "weights", None)?;
        let mut engine = self.known(py, projection)?;
        engine.set_weights(projection, weights.as_slice()?).map_err(|error| raise(py, &error))
    }

    /// Where rows begin, and the target of each synapse, int64.
    fn connectivity<'py>(&self, py: Python<'py>, projection: usize) -> PyResult<(Wholes<'py>, Wholes<'py>)> {
        let (row, to) = self.known(py, projection)?.connectivity(projection);
        Ok((PyArray1::from_vec(py, row), PyArray1::from_vec(py, to)))
    }

    /// Add `eta amount c` to every weight of a projection.
    fn reward(&self, py: Python<'_>, projection: usize, amount: f32) -> PyResult<()> {
        self.known(py, projection)?.reward(projection, amount).map_err(|error| raise(py, &error))
    }

    /// The values of a trace behind the last step, float32.
    fn trace<'py>(&self, py: Python<'py>, projection: usize, name: &str) -> PyResult<Floats<'py>> {
        let found = self.known(py, projection)?.trace(projection, name).map_err(|error| raise(py, &error))?;
        Ok(PyArray1::from_vec(py, found))
    }
}

/// Spikes by recorded population, counts of spikes, counts of updates.
type Ran<'py> = (Vec<Bound<'py, PyArray2<i64>>>, Vec<u64>, Vec<[u64; 3]>);

impl Plastic {
    /// The engine, once no other thread uses it: the GIL is free meanwhile.
    fn engine(&self, py: Python<'_>) -> MutexGuard<'_, Engine> {
        use pyo3::sync::MutexExt;
        self.engine.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, py: Python<'_>, projection: usize) -> PyResult<MutexGuard<'_, Engine>> {
        let engine = self.engine(py);
        let there = engine.plan().projections.len();
        if projection < there {
            return Ok(engine);
        }
        Err(exception(py, "DataError", &format!("projection: expected a place below {there}, got {projection}")))
    }
}

fn pairs<'py>(py: Python<'py>, spikes: &[(i64, u32)]) -> PyResult<Bound<'py, PyArray2<i64>>> {
    let flat: Vec<i64> = spikes.iter().flat_map(|&(step, neuron)| [step, i64::from(neuron)]).collect();
    PyArray1::from_vec(py, flat).reshape([spikes.len(), 2])
}

fn read_arrays(arrays: &Bound<'_, PyDict>) -> PyResult<Arrays> {
    let mut found = Arrays::new();
    for (name, array) in arrays.iter() {
        let name: String = name.extract()?;
        let read = if name.ends_with(".recent") {
            let given: PyReadonlyArrayDyn<'_, i64> = STATE.array(&array, &name, None)?;
            let spikes =
                given.as_slice()?.chunks_exact(2).map(|pair| (pair[0], u32::try_from(pair[1]).unwrap_or(u32::MAX)));
            Array::Spikes(spikes.collect())
        } else if let Ok(given) = STATE.array::<i64>(&array, &name, None) {
            Array::Whole(given.as_slice()?.to_vec())
        } else {
            Array::Float(STATE.array::<f32>(&array, &name, None)?.as_slice()?.to_vec())
        };
        found.insert(name, read);
    }
    Ok(found)
}
