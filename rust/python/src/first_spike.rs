//! The first-spike engine as a Python class.

use numpy::{Element, PyArray1, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;
use pysnn_core::first_spike::{BackwardInputs, Engine, Layer, Neuron, Plan, Rule, Tape};
use pysnn_core::plan::Window;
use pysnn_core::simd::Level;

use crate::arrays::Origin;
use crate::call::{compute, raise};

const PLAN: Origin<'static> = Origin { error: "PlanError", owner: "plan" };
const RUN: Origin<'static> = Origin { error: "DataError", owner: "first-spike pass" };

/// A plan made ready for the first-spike engine.
///
/// Takes a `pysnn.plan.first_spike.FirstSpikePlan` and the name of a SIMD level (`None`: the widest). Raises `PlanError`
/// with the layer where something does not fit, `CapacityError`, or `BackendError` for the level.
#[pyclass(frozen, module = "pysnn._core")]
pub(crate) struct FirstSpike {
    engine: Engine,
}

/// What a forward pass keeps for the backward pass; has the times of every layer.
#[pyclass(frozen, module = "pysnn._core")]
pub(crate) struct FirstSpikeTape {
    tape: Tape,
}

#[pymethods]
impl FirstSpikeTape {
    /// Spike times of a layer's neurons, float32 `(batch, size)`.
    fn times<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Times<'py>> {
        self.rows(py, self.tape.times(layer))
    }

    /// Slopes (ramp) or potentials (step) at which they fired, float32 `(batch, size)`.
    fn marks<'py>(&self, py: Python<'py>, layer: usize) -> PyResult<Times<'py>> {
        self.rows(py, self.tape.marks(layer))
    }

    /// How many samples of the batch each neuron fired in, int64 `(size,)`.
    fn spikes<'py>(&self, py: Python<'py>, layer: usize) -> Bound<'py, PyArray1<i64>> {
        PyArray1::from_vec(py, self.tape.spikes(layer))
    }
}

impl FirstSpikeTape {
    fn rows<'py>(&self, py: Python<'py>, values: Vec<f32>) -> PyResult<Times<'py>> {
        let size = values.len().checked_div(self.tape.batch()).unwrap_or(0);
        shaped(py, values, &[self.tape.batch(), size])
    }
}

#[pymethods]
impl FirstSpike {
    #[new]
    #[pyo3(signature = (plan, simd=None))]
    fn new(plan: &Bound<'_, PyAny>, simd: Option<&str>) -> PyResult<Self> {
        let py = plan.py();
        let level = Level::named(simd).map_err(|error| raise(py, &error))?;
        Ok(Self { engine: Engine::new(read_plan(plan)?, level) })
    }

    /// The SIMD level that it runs at.
    #[getter]
    fn simd(&self) -> &'static str {
        self.engine.level().name()
    }

    /// Compute the spike times of every layer from weights (a list) and input times `(batch, in_size)`.
    fn forward(
        &self,
        weights: &Bound<'_, PyAny>,
        times: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<FirstSpikeTape> {
        let py = weights.py();
        let (weights, times) = (self.weights(weights)?, rows(times, "times", self.engine.plan().in_size())?);
        let (weights, times) = (slices(py, &weights)?, slice(py, &times)?);
        let tape = compute(py, None, |tick| self.engine.forward(&weights, times, threads, tick))?;
        Ok(FirstSpikeTape { tape })
    }

    /// Go back from the gradient by the output times, by a `pysnn.backends.first_spike.GradientRule`.
    ///
    /// Gives a list of gradients by the weights, and the gradient by the input times or `None`.
    fn backward<'py>(
        &self,
        weights: &Bound<'py, PyAny>,
        tape: &Bound<'py, FirstSpikeTape>,
        gradient: &Bound<'py, PyAny>,
        rule: &Bound<'py, PyAny>,
        threads: usize,
    ) -> PyResult<Found<'py>> {
        let py = weights.py();
        let (plan, tape) = (self.engine.plan(), &tape.get().tape);
        let gradient = rows(gradient, "gradient", plan.out_size())?;
        let step_kernel: Option<PyReadonlyArrayDyn<'_, f32>> = if RUN.is_none(rule, "step_kernel")? {
            None
        } else {
            Some(RUN.array(&RUN.field::<Bound<'py, PyAny>>(rule, "step_kernel")?, "step_kernel", None)?)
        };
        let weights = self.weights(weights)?;
        let (weights, gradient) = (slices(py, &weights)?, slice(py, &gradient)?);
        let rule = Rule {
            min_slope: RUN.field(rule, "min_slope")?,
            step_kernel: step_kernel.as_ref().map_or(Ok(&[][..]), |kernel| slice(py, kernel))?,
            inputs: RUN.field(rule, "inputs")?,
        };
        let given = BackwardInputs { tape, gradient, rule };
        let found = compute(py, None, |tick| self.engine.backward(&weights, &given, threads, tick))?;
        let shapes = plan.layers.iter().filter(|layer| layer.threshold.is_some());
        let arrays = found.weights.into_iter().zip(shapes);
        let arrays = arrays.map(|(values, layer)| shaped(py, values, &[layer.rows(), layer.columns()]));
        let arrays = PyList::new(py, arrays.collect::<PyResult<Vec<_>>>()?)?;
        let inputs = rule.inputs.then(|| shaped(py, found.inputs, &[tape.batch(), plan.in_size()])).transpose()?;
        Ok((arrays, inputs))
    }

    /// Compute up to the first output spike: its neuron, int64 (-1: none), and its time, float32.
    fn decide<'py>(
        &self,
        weights: &Bound<'py, PyAny>,
        times: &Bound<'py, PyAny>,
        threads: usize,
    ) -> PyResult<Decided<'py>> {
        let py = weights.py();
        let (weights, times) = (self.weights(weights)?, rows(times, "times", self.engine.plan().in_size())?);
        let (weights, times) = (slices(py, &weights)?, slice(py, &times)?);
        let decisions = compute(py, None, |tick| self.engine.decide(&weights, times, threads, tick))?;
        let (winners, times): (Vec<i64>, Vec<f32>) = decisions.into_iter().unzip();
        Ok((PyArray1::from_vec(py, winners), PyArray1::from_vec(py, times)))
    }
}

/// Spike times, marks or gradients.
type Times<'py> = Bound<'py, PyArrayDyn<f32>>;
/// Gradients by the weights, and by the input times.
type Found<'py> = (Bound<'py, PyList>, Option<Times<'py>>);
/// Winners and their times.
type Decided<'py> = (Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<f32>>);
type Held<'py> = PyReadonlyArrayDyn<'py, f32>;

impl FirstSpike {
    fn weights<'py>(&self, weights: &Bound<'py, PyAny>) -> PyResult<Vec<Held<'py>>> {
        let layers = self.engine.plan().layers.iter().filter(|layer| layer.threshold.is_some());
        let given: Vec<Bound<'py, PyAny>> = weights.extract()?;
        let expected = layers.clone().count();
        if given.len() != expected {
            let what = format!("expected {expected} arrays, got {}", given.len());
            return Err(RUN.error(weights.py(), "weights", &what));
        }
        let held = given.iter().zip(layers).map(|(array, layer)| {
            RUN.array(array, &format!("weights of layer '{}'", layer.name), Some(&[layer.rows(), layer.columns()]))
        });
        held.collect()
    }
}

fn rows<'py>(array: &Bound<'py, PyAny>, name: &str, size: usize) -> PyResult<Held<'py>> {
    let held: Held<'py> = RUN.array(array, name, None)?;
    if held.ndim() != 2 || held.shape()[1] != size {
        let what = format!("expected the shape (batch, {size}), got {:?}", held.shape());
        return Err(RUN.error(array.py(), name, &what));
    }
    Ok(held)
}

fn slice<'a>(py: Python<'_>, array: &'a Held<'_>) -> PyResult<&'a [f32]> {
    array.as_slice().map_err(|error| RUN.error(py, "array", &error.to_string()))
}

fn slices<'a>(py: Python<'_>, arrays: &'a [Held<'_>]) -> PyResult<Vec<&'a [f32]>> {
    arrays.iter().map(|array| slice(py, array)).collect()
}

fn shaped<'py, T: Element>(py: Python<'py>, values: Vec<T>, shape: &[usize]) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    PyArray1::from_vec(py, values).reshape(shape)
}

fn read_plan(plan: &Bound<'_, PyAny>) -> PyResult<Plan> {
    let neuron = match PLAN.word(plan, "neuron", &["ramp", "step"])? {
        "ramp" => Neuron::Ramp,
        _ => {
            Neuron::Step { strict: PLAN.word(plan, "compare", &[">=", ">"])? == ">", steps: PLAN.field(plan, "steps")? }
        }
    };
    let layers: Vec<Bound<'_, PyAny>> = PLAN.field(plan, "layers")?;
    let layers = layers.iter().map(read_layer).collect::<PyResult<Vec<_>>>()?;
    Plan::new(neuron, layers).map_err(|error| raise(plan.py(), &error))
}

fn read_layer(layer: &Bound<'_, PyAny>) -> PyResult<Layer> {
    let name: String = PLAN.field(layer, "name")?;
    let origin = Origin { error: "PlanError", owner: &format!("layer '{name}'") };
    let window = Window {
        kernel: origin.field(layer, "kernel")?,
        stride: origin.field(layer, "stride")?,
        pads: origin.field(layer, "pads")?,
        dilation: [1, 1],
    };
    let weighted = origin.word(layer, "kind", &["weight", "pool"])? == "weight";
    let threshold = if weighted { Some(origin.field(layer, "threshold")?) } else { None };
    let (input, output) = (origin.field(layer, "in_shape")?, origin.field(layer, "out_shape")?);
    Ok(Layer { name, input, output, window, threshold })
}
