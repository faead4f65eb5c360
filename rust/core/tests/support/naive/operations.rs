//! What each operation computes.

use super::{Map, State};
use pysnn_core::plan::{Conv, Entry, Kind, MapSpec, Output, Readout, Shape, Term, Weights, Window};

/// Positions in the source of the window of result `i`, ascending in (ky, kx), of the same channel.
pub(super) fn taps(window: &Window, source: Shape, result: Shape, i: usize) -> Vec<usize> {
    let (channel, y, x) = (i / result.pixels(), i % result.pixels() / result.width, i % result.width);
    let mut positions = Vec::new();
    for ky in 0..window.kernel[0] {
        for kx in 0..window.kernel[1] {
            if let Some(pixel) = pixel(window, source, [y, x], [ky, kx]) {
                positions.push(channel * source.pixels() + pixel);
            }
        }
    }
    positions
}

pub(super) fn pixel(window: &Window, source: Shape, at: [usize; 2], tap: [usize; 2]) -> Option<usize> {
    let along = |axis: usize| {
        (at[axis] * window.stride[axis] + tap[axis] * window.dilation[axis]).checked_sub(window.pads[axis])
    };
    let (y, x) = (along(0)?, along(1)?);
    (y < source.height && x < source.width).then_some(y * source.width + x)
}

/// Call `visit(result, source, weight)` for every synapse, results ascending, then ascending in (ky, kx, `c_in`).
pub(crate) fn synapses(spec: &MapSpec, source: &MapSpec, conv: &Conv, mut visit: impl FnMut(usize, usize, usize)) {
    let (result, from, window) = (spec.shape, source.shape, &conv.window);
    let (own, others) = (from.channels / conv.groups, result.channels / conv.groups);
    for i in 0..result.size() {
        let (channel, y, x) = (i / result.pixels(), i % result.pixels() / result.width, i % result.width);
        for ky in 0..window.kernel[0] {
            for kx in 0..window.kernel[1] {
                let Some(pixel) = pixel(window, from, [y, x], [ky, kx]) else { continue };
                for c in 0..own {
                    let j = (channel / others * own + c) * from.pixels() + pixel;
                    visit(i, j, ((ky * window.kernel[1] + kx) * own + c) * result.channels + channel);
                }
            }
        }
    }
}

pub(super) fn conv(spec: &MapSpec, source: &MapSpec, conv: &Conv, x: &Map) -> Map {
    let (size, pixels) = (spec.shape.size(), spec.shape.pixels());
    match &conv.weights {
        Weights::Real(weight, bias) => {
            let mut current: Vec<f32> = (0..size).map(|i| bias[i / pixels]).collect();
            synapses(spec, source, conv, |i, j, w| {
                if x.at(j) != 0.0 {
                    current[i] += x.at(j) * weight[w];
                }
            });
            Map::Real(current)
        }
        Weights::Integer(weight, bias) => {
            let mut current: Vec<i64> = (0..size).map(|i| i64::from(bias[i / pixels])).collect();
            synapses(spec, source, conv, |i, j, w| current[i] += x.integers()[j] * i64::from(weight[w]));
            Map::Integer(current)
        }
    }
}

pub(super) fn add(spec: &MapSpec, terms: &[Term], maps: &[Map]) -> Map {
    let (size, pixels) = (spec.shape.size(), spec.shape.pixels());
    if spec.kind == Kind::Real {
        let term = |term: &Term, i: usize| match &term.entry {
            Entry::Scale(scale) => maps[term.source].at(i) * scale[i / pixels],
            _ => maps[term.source].real()[i],
        };
        let sum = |i| terms[1..].iter().fold(term(&terms[0], i), |sum, t| sum + term(t, i));
        return Map::Real((0..size).map(sum).collect());
    }
    let term = |term: &Term, i: usize| {
        let x = maps[term.source].integers()[i];
        match &term.entry {
            Entry::Constant(constant) => x * i64::from(constant[i / pixels]),
            Entry::Ratio { multiplier, shift } => {
                let (m, s) = (i64::from(multiplier[i / pixels]), shift[i / pixels]);
                (x * m + (1 << (s - 1))) >> s
            }
            _ => x,
        }
    };
    Map::Integer((0..size).map(|i| terms.iter().map(|t| term(t, i)).sum()).collect())
}

pub(super) fn output(output: &Output, source: &Map, state: &mut State, now: i64) -> Map {
    match source {
        Map::Real(values) => state.real.iter_mut().zip(values).for_each(|(sum, value)| *sum += value),
        Map::Integer(values) if output.readout == Readout::FirstSpike => {
            for (first, &value) in state.integer.iter_mut().zip(values) {
                if value > 0 && *first < 0 {
                    *first = now;
                }
            }
        }
        Map::Integer(values) => state.integer.iter_mut().zip(values).for_each(|(sum, value)| *sum += value),
    }
    source.clone()
}

pub(super) fn score(output: &Output, state: &State, i: usize, pixels: usize, steps: u64) -> f32 {
    if state.integer.is_empty() {
        let sum = state.real[i];
        return if output.readout == Readout::MeanCurrent { sum / steps as f32 } else { sum };
    }
    let sum = state.integer[i];
    match (output.readout, &output.unit) {
        (Readout::FirstSpike, _) => {
            if sum < 0 {
                f32::NEG_INFINITY
            } else {
                -(sum as f32)
            }
        }
        (Readout::MeanCurrent, unit) => {
            (sum as f64 * unit.as_ref().map_or(1.0, |unit| unit[i / pixels]) / steps as f64) as f32
        }
        (_, Some(unit)) => (sum as f64 * unit[i / pixels]) as f32,
        (_, None) => sum as f32,
    }
}
