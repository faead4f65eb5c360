//! Mapping rules and the arithmetic of prices, as functions on tables of numbers.

#![allow(clippy::needless_pass_by_value, reason = "tables of numbers come from Python as values")]

use pyo3::prelude::*;
use pysnn_core::error::{Error, Result};
use pysnn_core::hardware::{counted, loihi, pricing, speck, truenorth};

use crate::call::raise;

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
) -> PyResult<(Vec<i64>, Vec<i64>, Vec<bool>)> {
    let layers: Vec<loihi::Layer> = layers
        .into_iter()
        .map(|[neurons, synapses, capacity, most, c, h, w]| loihi::Layer {
            neurons,
            synapses,
            capacity,
            most,
            shape: [c, h, w],
        })
        .collect();
    let [axons, axons_across, cores] = limits;
    let limits = loihi::Limits { axons, axons_across, cores };
    let found = all(links, loihi_link).and_then(|links| loihi::split(&layers, &links, limits));
    let found = found.map_err(|error| raise(py, &error))?;
    Ok((found.per_core, found.copies, found.crowded))
}

fn loihi_link([source, target, kind, channels, depth, high, wide, stride]: [i64; 8]) -> Result<loihi::Link> {
    let kind = match kind {
        0 => loihi::Kind::Dense,
        1 => loihi::Kind::Direct,
        2 => loihi::Kind::Window,
        _ => return Err(Error::data(format!("loihi: expected a kind of link from 0 to 2, got {kind}"))),
    };
    let (source, target) = (number("loihi", source)?, number("loihi", target)?);
    Ok(loihi::Link { source, target, kind, channels, depth, kernel: [high, wide], stride })
}

/// Work out `TrueNorth`'s mapping rule.
///
/// `shapes` are channels, height, width of each layer, zeros where it is not placed; `links` are target, whether dense, fan-in,
/// groups, inputs and outputs of a group, inputs of a pool, kernel height and width, strides; `edges` are the layers whose spikes
/// arrive and the links by which; `limits` are axons and neurons of a core. Gives blocks (channels, rows, columns, axons; zeros
/// where there is none) and cores that a spike goes to. Raises `DataError` for sizes that are none.
#[pyfunction]
pub(crate) fn truenorth_blocks(
    py: Python<'_>,
    shapes: Vec<[i64; 3]>,
    links: Vec<[i64; 11]>,
    edges: Vec<[i64; 2]>,
    limits: [i64; 2],
) -> PyResult<(Vec<truenorth::Block>, Vec<i64>)> {
    let found = all(links, truenorth_link).and_then(|links| {
        let edges = all(edges, |[source, link]| Ok([number("truenorth", source)?, number("truenorth", link)?]))?;
        truenorth::blocks(&truenorth::Task { shapes: &shapes, links: &links, edges: &edges, limits })
    });
    found.map_err(|error| raise(py, &error))
}

fn truenorth_link(row: [i64; 11]) -> Result<truenorth::Link> {
    let [target, dense, fan_in, groups, inputs, outputs, pool, high, wide, down, across] = row;
    let (target, dense) = (number("truenorth", target)?, dense != 0);
    Ok(truenorth::Link {
        target,
        dense,
        fan_in,
        groups,
        inputs,
        outputs,
        pool,
        kernel: [high, wide],
        stride: [down, across],
    })
}

type SpeckCores = (Vec<i128>, Vec<i128>, Vec<bool>, Vec<Option<usize>>);

/// Work out Speck's mapping rule.
///
/// `shapes` are channels, height, width of each layer; `kernels` are layer, inputs of a group, positions, outputs; `rooms` are words
/// of kernels and of neurons of each core. Gives words of both, whether any core has room, and each layer's core or `None`. Raises
/// `DataError` for sizes that are none.
#[pyfunction]
pub(crate) fn speck_cores(
    py: Python<'_>,
    shapes: Vec<[i64; 3]>,
    kernels: Vec<[i64; 4]>,
    rooms: Vec<[i64; 2]>,
) -> PyResult<SpeckCores> {
    let kernels = all(kernels, |[layer, inputs, positions, outputs]| {
        Ok(speck::Kernels { layer: number("speck", layer)?, inputs, positions, outputs })
    });
    let found = kernels.and_then(|kernels| speck::assign(&shapes, &kernels, &rooms));
    let found = found.map_err(|error| raise(py, &error))?;
    Ok((found.kernels, found.neurons, found.fits, found.cores))
}

/// Work out the rule of chips with a number of neurons a core.
///
/// `neurons` of each layer, 0 where it is not placed; `links` are source, target, whether dense, fan-out. Gives cores, cores that a
/// spike goes to, and neurons that it reaches at most. Raises `DataError` for sizes that are none.
#[pyfunction]
pub(crate) fn counted_cores(
    py: Python<'_>,
    neurons: Vec<i64>,
    links: Vec<[i64; 4]>,
    per_core: i64,
) -> PyResult<(Vec<i64>, Vec<i64>, Vec<i64>)> {
    let links = all(links, |[source, target, dense, fan_out]| {
        let (source, target) = (number("counted", source)?, number("counted", target)?);
        Ok(counted::Link { source, target, dense: dense != 0, fan_out })
    });
    let found = links.and_then(|links| counted::split(&neurons, &links, per_core));
    let found = found.map_err(|error| raise(py, &error))?;
    Ok((found.cores, found.copies, found.fan_out))
}

/// Multiply intervals (low, value, high) end by end, and by a number.
#[pyfunction]
pub(crate) fn interval_products(
    left: Vec<pricing::Interval>,
    right: Vec<pricing::Interval>,
    scale: f64,
) -> Vec<pricing::Interval> {
    pricing::products(&left, &right, scale)
}

/// Add energies of scopes up.
///
/// `parts` (pJ) and `powers` (mW) are the rank of a scope and an interval; `time` (ms) of a sample; `scopes` are ranks. Gives for
/// each of them energy, and power with energy times time where the time is known and not 0.
#[pyfunction]
#[pyo3(signature = (parts, powers, time, scopes))]
pub(crate) fn energy_totals(
    parts: Vec<pricing::Ranked>,
    powers: Vec<pricing::Ranked>,
    time: Option<pricing::Interval>,
    scopes: Vec<usize>,
) -> Vec<pricing::Total> {
    pricing::totals(&parts, &powers, time, &scopes)
}

/// Every row of a table, as what it stands for.
fn all<const N: usize, T>(rows: Vec<[i64; N]>, read: impl Fn([i64; N]) -> Result<T>) -> Result<Vec<T>> {
    rows.into_iter().map(read).collect()
}

/// The number of a layer or of a link.
fn number(rule: &str, value: i64) -> Result<usize> {
    usize::try_from(value)
        .map_err(|_| Error::data(format!("{rule}: expected a number of a layer or link, got {value}")))
}
