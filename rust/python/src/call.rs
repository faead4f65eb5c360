//! The one way from Python into a long computation, and where its errors become exceptions.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::prelude::*;
use pysnn_core::error::{Error, Kind, Result};

/// Compute without the GIL.
///
/// `work` is given a function to call now and then with the number of samples done: it looks for signals (Ctrl-C), tells
/// `progress`, and says whether to go on. What it raises is raised here. A panic, which would be a bug, becomes an error.
pub(crate) fn compute<T: Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&mut dyn FnMut(usize) -> bool) -> Result<T> + Send,
) -> PyResult<T> {
    let (result, raised) = py.detach(move || {
        let mut raised = None;
        let mut tick = |done: usize| match Python::attach(|py| look_up(py, progress.as_ref(), done)) {
            Ok(()) => true,
            Err(error) => {
                raised = Some(error);
                false
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut tick)));
        (result, raised)
    });
    if let Some(error) = raised {
        return Err(error);
    }
    match result {
        Ok(result) => result.map_err(|error| raise(py, &error)),
        Err(_) => {
            Err(exception(py, "PysnnError", "an internal error of pysnn: the place is on stderr; please report it"))
        }
    }
}

fn look_up(py: Python<'_>, progress: Option<&Py<PyAny>>, done: usize) -> PyResult<()> {
    py.check_signals()?;
    if let Some(progress) = progress {
        progress.call1(py, (done,))?;
    }
    Ok(())
}

/// An error of the core as the exception of `pysnn.errors` that it stands for.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let name = match error.kind() {
        Kind::Plan => "PlanError",
        Kind::Data => "DataError",
        Kind::Range => "RangeError",
        Kind::Capacity => "CapacityError",
        Kind::Backend => "BackendError",
        Kind::FileFormat => "FileFormatError",
        Kind::Cancelled | Kind::Internal => "PysnnError",
    };
    exception(py, name, error.message())
}

/// An exception of `pysnn.errors`, or what went wrong while it was looked for.
pub(crate) fn exception(py: Python<'_>, name: &str, message: &str) -> PyErr {
    let made = py.import("pysnn.errors").and_then(|errors| errors.getattr(name)?.call1((message,)));
    made.map_or_else(|error| error, PyErr::from_value)
}
