//! Arrays of other libraries, which compiled code reads or fills where they lie.

use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1};
use pyo3::prelude::*;
use pysnn_core::error::Error;

use crate::call::raise;

/// An array of one axis.
pub(crate) type Values<'py, T> = Bound<'py, PyArray1<T>>;

/// The arrays of a call, all of one of the kinds that trainings compute in.
#[derive(FromPyObject)]
pub(crate) enum OfKind<Single, Brain> {
    #[pyo3(transparent)]
    Single(Single),
    /// The bits of bfloat16.
    #[pyo3(transparent)]
    Brain(Brain),
}

/// An array that is read.
pub(crate) struct Reading<'py, 'a, T: Element> {
    array: PyReadonlyArray1<'py, T>,
    name: &'a str,
}

impl<'py, 'a, T: Element> Reading<'py, 'a, T> {
    /// Let nobody change an array meanwhile.
    pub(crate) fn new(values: &Values<'py, T>, name: &'a str) -> PyResult<Self> {
        Ok(Self { array: values.try_readonly().map_err(|_| unfit(values.py(), name, ""))?, name })
    }

    pub(crate) fn slice(&self) -> PyResult<&[T]> {
        self.array.as_slice().map_err(|_| unfit(self.array.py(), self.name, ""))
    }
}

/// An array that is filled or changed.
pub(crate) struct Filling<'py, 'a, T: Element> {
    array: PyReadwriteArray1<'py, T>,
    name: &'a str,
}

impl<'py, 'a, T: Element> Filling<'py, 'a, T> {
    /// Let nobody else see an array meanwhile.
    pub(crate) fn new(values: &Values<'py, T>, name: &'a str) -> PyResult<Self> {
        Ok(Self { array: values.try_readwrite().map_err(|_| unfit(values.py(), name, CHANGED))?, name })
    }

    pub(crate) fn slice(&mut self) -> PyResult<&mut [T]> {
        let py = self.array.py();
        self.array.as_slice_mut().map_err(|_| unfit(py, self.name, CHANGED))
    }
}

/// The numbers of an array of a few, one for each channel.
pub(crate) fn numbers(values: &Values<'_, f32>, name: &str) -> PyResult<Vec<f32>> {
    values.to_vec().map_err(|_| unfit(values.py(), name, ""))
}

/// What is expected of an array that is filled or changed besides.
const CHANGED: &str = " and may be changed";

fn unfit(py: Python<'_>, name: &str, more: &str) -> PyErr {
    raise(py, &Error::data(format!("{name}: expected a contiguous array that shares nothing with the others{more}")))
}
