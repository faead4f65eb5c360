//! Fields and arrays of Python objects, with exact types: what does not fit is refused by its name.

use numpy::{Element, PyArrayDescrMethods, PyReadonlyArrayDyn, PyUntypedArray, PyUntypedArrayMethods, dtype};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::call::exception;

/// Where fields are read from, for errors: the exception's name and what comes before the field's.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) error: &'static str,
    pub(crate) owner: &'a str,
}

impl Origin<'_> {
    /// An error about a field.
    pub(crate) fn error(&self, py: Python<'_>, field: &str, what: &str) -> PyErr {
        exception(py, self.error, &format!("{}: {field}: {what}", self.owner))
    }

    /// A field of a plain type.
    pub(crate) fn field<'py, T>(&self, object: &Bound<'py, PyAny>, field: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        let py = object.py();
        let value = object.getattr(field).map_err(|_| self.error(py, field, "missing"))?;
        let value: Result<T, PyErr> = value.extract::<T>().map_err(Into::into);
        value.map_err(|error| self.error(py, field, &error.value(py).to_string()))
    }

    /// A field that is one of some words.
    pub(crate) fn word<'a>(&self, object: &Bound<'_, PyAny>, field: &str, words: &[&'a str]) -> PyResult<&'a str> {
        let found = object.getattr(field).map_err(|_| self.error(object.py(), field, "missing"))?;
        let found = found.cast::<PyString>().map_or_else(|_| found.to_string(), ToString::to_string);
        words.iter().copied().find(|word| *word == found).ok_or_else(|| {
            self.error(object.py(), field, &format!("expected one of {}, got '{found}'", words.join(", ")))
        })
    }

    /// An array with exactly this element type, C-contiguous, and this shape if one is given.
    pub(crate) fn array<'py, T: Element>(
        &self,
        object: &Bound<'py, PyAny>,
        field: &str,
        shape: Option<&[usize]>,
    ) -> PyResult<PyReadonlyArrayDyn<'py, T>> {
        let py = object.py();
        let expected = dtype::<T>(py);
        let Ok(array) = object.cast::<PyUntypedArray>() else {
            return Err(self.error(py, field, &format!("expected a {expected} array, got {}", object.get_type())));
        };
        if !array.dtype().is_equiv_to(&expected) {
            return Err(self.error(py, field, &format!("expected {expected}, got {}", array.dtype())));
        }
        if !array.is_c_contiguous() {
            return Err(self.error(py, field, "expected a C-contiguous array"));
        }
        if let Some(shape) = shape.filter(|shape| *shape != array.shape()) {
            return Err(self.error(py, field, &format!("expected the shape {shape:?}, got {:?}", array.shape())));
        }
        object.extract().map_err(|error: PyErr| self.error(py, field, &error.value(py).to_string()))
    }

    /// Whether a field is `None`.
    pub(crate) fn is_none(&self, object: &Bound<'_, PyAny>, field: &str) -> PyResult<bool> {
        Ok(object.getattr(field).map_err(|_| self.error(object.py(), field, "missing"))?.is_none())
    }
}
