//! Mapping rules, as functions on tables of whole numbers.

use pyo3::prelude::*;
use pysnn_core::error::Error;
use pysnn_core::hardware::loihi::{Kind, Layer, Limits, Link, split};

use crate::call::raise;

type Found = (Vec<i64>, Vec<i64>, Vec<bool>);

/// Work out Loihi's mapping rule.
///
/// `layers` are neurons, synapses, capacity, most neurons a core, channels, height, width; `links` are source, target, kind,
/// channels, depth, kernel height and width, stride; `limits` are output axons, those across chips, cores of a chip. Gives
/// neurons a core, cores that a spike goes to, and whether axons do not suffice. Raises `DataError` for sizes that are none.
#[pyfunction]
pub(crate) fn loihi_cores(
    py: Python<'_>,
    layers: Vec<[i64; 7]>,
    links: Vec<[i64; 8]>,
    limits: [i64; 3],
) -> PyResult<Found> {
    let layers: Vec<Layer> = layers
        .into_iter()
        .map(|[neurons, synapses, capacity, most, c, h, w]| Layer {
            neurons,
            synapses,
            capacity,
            most,
            shape: [c, h, w],
        })
        .collect();
    let links: Option<Vec<Link>> = links.into_iter().map(link).collect();
    let [axons, axons_across, cores] = limits;
    let links =
        links.ok_or_else(|| raise(py, &Error::data("loihi: a link names a layer or a kind that there is not")))?;
    let found = split(&layers, &links, Limits { axons, axons_across, cores }).map_err(|error| raise(py, &error))?;
    Ok((found.per_core, found.copies, found.crowded))
}

fn link([source, target, kind, channels, depth, high, wide, stride]: [i64; 8]) -> Option<Link> {
    let kind = match kind {
        0 => Kind::Dense,
        1 => Kind::Direct,
        2 => Kind::Window,
        _ => return None,
    };
    let (source, target) = (usize::try_from(source).ok()?, usize::try_from(target).ok()?);
    Some(Link { source, target, kind, channels, depth, kernel: [high, wide], stride })
}
