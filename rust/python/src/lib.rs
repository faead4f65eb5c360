//! The module `pysnn._core`: the only code that knows Python.

use pyo3::prelude::*;

/// The compiled engines of pysnn.
#[pymodule(gil_used = false)]
mod _core {}
