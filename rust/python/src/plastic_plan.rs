//! Plans of plastic networks, read from Python's objects.

use numpy::{Element, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use pysnn_core::plastic::{
    Cells, Change, Dependence, Kernel, Make, Plan, Population, Power, Projection, Recipe, Synapses, Table,
};

use crate::arrays::Origin;

const PLAN: Origin<'static> = Origin { error: "PlanError", owner: "plastic plan" };

type Object<'a, 'py> = &'a Bound<'py, PyAny>;

/// A plan of `pysnn.plastic.plan`; the engine checks what it says.
pub(crate) fn read_plan(plan: Object<'_, '_>) -> PyResult<Plan> {
    Ok(Plan {
        seed: PLAN.field(plan, "seed")?,
        populations: objects(plan, "populations")?.iter().map(population).collect::<PyResult<_>>()?,
        projections: objects(plan, "projections")?.iter().map(projection).collect::<PyResult<_>>()?,
    })
}

fn objects<'py>(object: Object<'_, 'py>, field: &str) -> PyResult<Vec<Bound<'py, PyAny>>> {
    PLAN.field(object, field)
}

/// A field's array.
fn array<T: Element + Copy>(object: Object<'_, '_>, field: &str) -> PyResult<Vec<T>> {
    let value: Bound<'_, PyAny> = PLAN.field(object, field)?;
    let array: PyReadonlyArrayDyn<'_, T> = PLAN.array(&value, field, None)?;
    Ok(array.as_slice()?.to_vec())
}

/// A field, or none where it is `None`.
fn optional<'py, T>(
    object: Object<'_, 'py>,
    field: &str,
    read: fn(Object<'_, 'py>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    let value: Option<Bound<'py, PyAny>> = PLAN.field(object, field)?;
    value.as_ref().map(read).transpose()
}

fn population(object: Object<'_, '_>) -> PyResult<Population> {
    let make = if !PLAN.is_none(object, "gaps")? {
        Make::Gaps(array(object, "gaps")?)
    } else if !PLAN.is_none(object, "thresholds")? {
        Make::Each(array(object, "thresholds")?)
    } else if let Some(cells) = optional(object, "cells", cells)? {
        Make::Cells(cells)
    } else {
        let pairs: Vec<i64> = array(object, "given")?;
        Make::Given(pairs.chunks_exact(2).map(|pair| (pair[0], u32::try_from(pair[1]).unwrap_or(u32::MAX))).collect())
    };
    Ok(Population {
        name: PLAN.field(object, "name")?,
        size: PLAN.field(object, "size")?,
        stream: PLAN.field(object, "stream")?,
        keep: PLAN.field(object, "keep")?,
        make,
    })
}

fn cells(object: Object<'_, '_>) -> PyResult<Cells> {
    let constants: Vec<f32> = array(object, "constants")?;
    Ok(Cells {
        synapses: match PLAN.word(object, "synapses", &["delta", "current", "conductance"])? {
            "delta" => Synapses::Delta,
            "current" => Synapses::Current,
            _ => Synapses::Conductance,
        },
        constants: constants.try_into().map_err(|_| PLAN.error(object.py(), "constants", "expected 10 values"))?,
        refractory: PLAN.field(object, "refractory")?,
        threshold: optional(object, "threshold", table)?,
    })
}

fn projection(object: Object<'_, '_>) -> PyResult<Projection> {
    Ok(Projection {
        name: PLAN.field(object, "name")?,
        pre: PLAN.field(object, "pre")?,
        post: PLAN.field(object, "post")?,
        delay: PLAN.field(object, "delay")?,
        inhibitory: PLAN.field(object, "inhibitory")?,
        recipe: recipe(object)?,
        low: PLAN.field(object, "low")?,
        span: PLAN.field(object, "span")?,
        high: PLAN.field(object, "high")?,
        weight_seed: PLAN.field(object, "weight_seed")?,
        kernel: optional(object, "kernel", kernel)?,
    })
}

fn recipe(object: Object<'_, '_>) -> PyResult<Recipe> {
    Ok(match PLAN.word(object, "recipe", &["probability", "all", "one", "given"])? {
        "probability" => Recipe::Probability { gaps: array(object, "gaps")?, seed: PLAN.field(object, "seed")? },
        "all" => Recipe::All,
        "one" => Recipe::One,
        _ => {
            let [sources, _]: [usize; 2] = PLAN.field(object, "sizes")?;
            let given: Bound<'_, PyAny> = PLAN.field(object, "given")?;
            let (pre, post): (Vec<i64>, Vec<i64>) = (array(&given, "pre")?, array(&given, "post")?);
            let weights = if PLAN.is_none(&given, "weight")? { Vec::new() } else { array(&given, "weight")? };
            let row = (0..=sources as i64).map(|source| pre.partition_point(|&i| i < source) as u64).collect();
            let to = post.into_iter().map(|j| u32::try_from(j).unwrap_or(u32::MAX)).collect();
            Recipe::Given { row, to, weights }
        }
    })
}

fn kernel(object: Object<'_, '_>) -> PyResult<Kernel> {
    let required = |field: &str| table(&PLAN.field(object, field)?);
    let part = |field: &str| change(&PLAN.field(object, field)?);
    Ok(Kernel {
        x: required("x")?,
        y: required("y")?,
        x2: optional(object, "x2", table)?,
        y2: optional(object, "y2", table)?,
        c: optional(object, "c", table)?,
        nearest: PLAN.field(object, "nearest")?,
        pre: part("pre")?,
        post: part("post")?,
        w_max: PLAN.field(object, "w_max")?,
        inverse: PLAN.field(object, "inverse")?,
        eta: PLAN.field(object, "eta")?,
        exclusive: PLAN.field(object, "exclusive")?,
        restricted: PLAN.field(object, "restricted")?,
    })
}

fn change(object: Object<'_, '_>) -> PyResult<Change> {
    let amounts: Vec<f32> = array(object, "amounts")?;
    let [pair, triplet, offset]: [f32; 3] =
        amounts.try_into().map_err(|_| PLAN.error(object.py(), "amounts", "expected 3 values"))?;
    let power = optional(object, "power", power)?;
    let dependence = match PLAN.word(object, "dependence", &["none", "weight", "room"])? {
        "none" => Dependence::None,
        "weight" => Dependence::Weight(power),
        _ => Dependence::Room(power),
    };
    Ok(Change { pair, triplet, offset, split: PLAN.field(object, "split")?, dependence })
}

fn power(object: Object<'_, '_>) -> PyResult<Power> {
    Ok(Power { exponents: array(object, "exponents")?, mantissas: array(object, "mantissas")? })
}

fn table(object: Object<'_, '_>) -> PyResult<Table> {
    Ok(Table { down: array(object, "down")?, up: array(object, "up")?, epoch: PLAN.field(object, "epoch")? })
}
