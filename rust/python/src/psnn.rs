//! Files: the strict reader of `.psnn` bytes.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pysnn_core::psnn;

use crate::call::compute;

/// Read the bytes of a `.psnn` file, every one of them checked.
///
/// Gives the metadata (text by key), and for each tensor, in the order of their bytes, `(dtype, shape, offset, length)`,
/// the offset counted from the start of the file. Raises `FileFormatError` with what was expected, what came, and where.
#[pyfunction]
pub(crate) fn read_psnn<'py>(py: Python<'py>, data: &[u8]) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    // `data` belongs to an immutable `bytes` object, so that hashing a large file need not hold up other threads.
    let found = compute(py, None, |_| psnn::read(data))?;
    let metadata = PyDict::new(py);
    metadata.set_item("format", "psnn")?;
    metadata.set_item("format_version", psnn::FORMAT_VERSION)?;
    metadata.set_item("graph", found.graph)?;
    metadata.set_item("sha256", found.sha256)?;
    let tensors = PyDict::new(py);
    for tensor in found.tensors {
        let shape = PyTuple::new(py, tensor.shape)?;
        tensors.set_item(tensor.name, (tensor.dtype.name(), shape, tensor.offset, tensor.length))?;
    }
    Ok((metadata, tensors))
}
