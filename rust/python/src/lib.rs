//! The module `pysnn._core`: the only code that knows Python.

mod arrays;
mod call;
mod clip;
mod clocked;
mod first_spike;
mod hardware;
mod integrate;
mod norm;
mod optimise;
mod plastic;
mod plastic_plan;
mod psnn;
mod request;
mod stream;
mod values;

use pyo3::prelude::*;

/// The compiled engines of pysnn.
#[pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;
    use pysnn_core::simd::Level;

    use crate::call::raise;
    #[pymodule_export]
    use crate::clip::{clip, clip_backward};
    #[pymodule_export]
    use crate::clocked::Clocked;
    #[pymodule_export]
    use crate::first_spike::{FirstSpike, FirstSpikeTape};
    #[pymodule_export]
    use crate::hardware::{
        counted_cores, energy_totals, interval_products, loihi_cores, speck_cores, truenorth_blocks,
    };
    #[pymodule_export]
    use crate::integrate::{integrate, integrate_backward};
    #[pymodule_export]
    use crate::norm::norm_backward;
    #[pymodule_export]
    use crate::optimise::adam;
    #[pymodule_export]
    use crate::plastic::Plastic;
    #[pymodule_export]
    use crate::psnn::read_psnn;
    #[pymodule_export]
    use crate::stream::Streamed;

    /// The version of the compiled engines.
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name that Python sees")]
    const version: &str = env!("CARGO_PKG_VERSION");

    /// The SIMD levels that this machine has, ascending.
    #[pyfunction]
    fn simd_levels() -> Vec<&'static str> {
        Level::available().into_iter().map(Level::name).collect()
    }

    /// The level that a name stands for; `None` is the widest that this machine has.
    ///
    /// Raises `BackendError` for a level that is unknown or missing.
    #[pyfunction]
    #[pyo3(signature = (simd=None))]
    fn simd_level(py: Python<'_>, simd: Option<&str>) -> PyResult<&'static str> {
        Level::named(simd).map(Level::name).map_err(|error| raise(py, &error))
    }
}
