//! Requests: `pysnn.backends.base.RunRequest` as that of the core, without a copy of any array.

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pysnn_core::clocked::{Input, Request, StateView};

use crate::arrays::Origin;

const ORIGIN: Origin<'static> = Origin { error: "DataError", owner: "request" };

/// The arrays of a request, held while it runs.
pub(crate) struct Held<'py> {
    input: HeldInput<'py>,
    state: Option<Vec<(usize, HeldState<'py>)>>,
}

enum HeldInput<'py> {
    Frames(PyReadonlyArrayDyn<'py, f32>),
    Constant(PyReadonlyArrayDyn<'py, f32>),
    Pixels(PyReadonlyArrayDyn<'py, u8>),
    Poisson { rates: PyReadonlyArrayDyn<'py, f32>, seed: u64, first_sample: u64 },
    Events { offsets: PyReadonlyArrayDyn<'py, i64>, index: PyReadonlyArrayDyn<'py, u32>, batch: usize },
}

/// The array of one operation's state.
pub(crate) enum HeldState<'py> {
    Real(PyReadonlyArrayDyn<'py, f32>),
    Integer(PyReadonlyArrayDyn<'py, i32>),
    Long(PyReadonlyArrayDyn<'py, i64>),
    Bytes(PyReadonlyArrayDyn<'py, u8>),
}

impl<'py> Held<'py> {
    /// Take the arrays of a request, with exact types.
    pub(crate) fn new(request: &Bound<'py, PyAny>) -> PyResult<Self> {
        let input: Bound<'py, PyAny> = ORIGIN.field(request, "input")?;
        let array = |field: &str| ORIGIN.array(&input.getattr(field)?, field, None);
        let input = if input.hasattr("frames")? {
            HeldInput::Frames(array("frames")?)
        } else if input.hasattr("values")? {
            HeldInput::Constant(array("values")?)
        } else if input.hasattr("pixels")? {
            HeldInput::Pixels(ORIGIN.array(&input.getattr("pixels")?, "pixels", None)?)
        } else if input.hasattr("rates")? {
            HeldInput::Poisson {
                rates: array("rates")?,
                seed: ORIGIN.field(&input, "seed")?,
                first_sample: ORIGIN.field(&input, "first_sample")?,
            }
        } else {
            HeldInput::Events {
                offsets: ORIGIN.array(&ORIGIN.field::<Bound<'py, PyAny>>(&input, "offsets")?, "offsets", None)?,
                index: ORIGIN.array(&ORIGIN.field::<Bound<'py, PyAny>>(&input, "index")?, "index", None)?,
                batch: ORIGIN.field(&input, "batch")?,
            }
        };
        let state: Bound<'py, PyAny> = ORIGIN.field(request, "state")?;
        let state = if state.is_none() { None } else { Some(held_state(&state)?) };
        Ok(Self { input, state })
    }

    /// The core's request; it borrows the arrays.
    pub(crate) fn request(&self, request: &Bound<'py, PyAny>) -> PyResult<Request<'_>> {
        let batch = match &self.input {
            HeldInput::Constant(values) => first(values.shape()),
            HeldInput::Pixels(values) => first(values.shape()),
            HeldInput::Frames(values) => first(values.shape().get(1..).unwrap_or_default()),
            HeldInput::Poisson { rates, .. } => first(rates.shape()),
            HeldInput::Events { batch, .. } => *batch,
        };
        let input = match &self.input {
            HeldInput::Constant(values) => Input::Constant(slice(values)?),
            HeldInput::Pixels(values) => Input::Pixels(slice(values)?),
            HeldInput::Frames(values) => Input::Frames(slice(values)?),
            HeldInput::Poisson { rates, seed, first_sample } => {
                Input::Poisson { rates: slice(rates)?, seed: *seed, first_sample: *first_sample }
            }
            HeldInput::Events { offsets, index, .. } => {
                Input::Events { offsets: slice(offsets)?, index: slice(index)? }
            }
        };
        let state = match &self.state {
            None => None,
            Some(held) => Some(held.iter().map(|(op, state)| Ok((*op, state.view()?))).collect::<PyResult<Vec<_>>>()?),
        };
        Ok(Request {
            input,
            batch,
            state,
            steps: ORIGIN.field(request, "steps")?,
            read_at: ORIGIN.field(request, "read_at")?,
            start: ORIGIN.field(request, "start")?,
            threads: ORIGIN.field(request, "threads")?,
            block: ORIGIN.field(request, "block")?,
            count: ORIGIN.field(request, "count")?,
            count_by_step: ORIGIN.field(request, "count_by_step")?,
            profile: ORIGIN.field(request, "profile")?,
            probe: ORIGIN.field(request, "probe")?,
            keep_state: ORIGIN.field(request, "keep_state")?,
            record_spikes: ORIGIN.field(request, "record_spikes")?,
            record_potentials: ORIGIN.field(request, "record_potentials")?,
        })
    }
}

/// The function that wants to know how far the run is.
pub(crate) fn progress(request: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    ORIGIN.field(request, "progress")
}

impl HeldState<'_> {
    /// The core's view; it borrows the array.
    pub(crate) fn view(&self) -> PyResult<StateView<'_>> {
        Ok(match self {
            Self::Real(array) => StateView::Real(slice(array)?),
            Self::Integer(array) => StateView::Integer(slice(array)?),
            Self::Long(array) => StateView::Long(slice(array)?),
            Self::Bytes(array) => StateView::Bytes(slice(array)?),
        })
    }
}

/// Take the arrays of a state, by the number of the operation, with exact types.
pub(crate) fn held_state<'py>(state: &Bound<'py, PyAny>) -> PyResult<Vec<(usize, HeldState<'py>)>> {
    let mut held = Vec::new();
    for item in state.call_method0("items")?.try_iter()? {
        let (op, array): (usize, Bound<'py, PyAny>) = item?.extract()?;
        let field = format!("state[{op}]");
        let dtype = array.getattr("dtype").map(|dtype| dtype.to_string()).unwrap_or_default();
        let array = match dtype.as_str() {
            "int32" => HeldState::Integer(ORIGIN.array(&array, &field, None)?),
            "uint8" => HeldState::Bytes(ORIGIN.array(&array, &field, None)?),
            "int64" => HeldState::Long(ORIGIN.array(&array, &field, None)?),
            _ => HeldState::Real(ORIGIN.array(&array, &field, None)?),
        };
        held.push((op, array));
    }
    Ok(held)
}

fn first(shape: &[usize]) -> usize {
    shape.first().copied().unwrap_or(0)
}

/// The values of an array that is whole.
pub(crate) fn slice<'a, T: numpy::Element>(array: &'a PyReadonlyArrayDyn<'_, T>) -> PyResult<&'a [T]> {
    array.as_slice().map_err(|error| Python::attach(|py| ORIGIN.error(py, "array", &error.to_string())))
}
