//! What a run gives back.

use super::operations::score;
use super::tally::Tally;
use super::{Map, State, integer_state, state_size};
use pysnn_core::clocked::{Array, COUNT_FIELDS, Outputs, Probe, Request};
use pysnn_core::plan::{Body, Kind, Op};

fn array(integer: bool, size: usize) -> Array {
    if integer { Array::Integer(vec![0; size]) } else { Array::Real(vec![0.0; size]) }
}

pub(super) fn empty(ops: &[Op], request: &Request<'_>) -> Outputs {
    let (reads, batch, steps) = (request.read_at.len(), request.batch, request.steps);
    let mut outputs = Outputs {
        scores: vec![0.0; reads * batch * ops.last().unwrap().spec.shape.size()],
        counts: vec![0; reads * ops.len() * COUNT_FIELDS],
        by_sample: vec![0; if request.count { reads * ops.len() * batch } else { 0 }],
        ..Outputs::default()
    };
    for (number, op) in ops.iter().enumerate() {
        let size = batch * op.spec.shape.size();
        if let Some(integer) = integer_state(ops, op) {
            let long = matches!(op.body, Body::Output(_)) && integer;
            let all = batch * state_size(ops, op);
            let bytes = matches!(op.body, Body::Delay(_)) && integer;
            let array = match [long, bytes] {
                [true, _] => Array::Long(vec![0; all]),
                [_, true] => Array::Bytes(vec![0; all]),
                _ => array(integer, all),
            };
            outputs.state.push((number, array));
        }
        let spikes = op.spec.kind == Kind::Count && matches!(op.body, Body::Neuron(_));
        if request.count_by_step && spikes {
            outputs.by_step.push((number, vec![0; steps * op.spec.shape.size()]));
        }
        if request.record_spikes.contains(&number) {
            outputs.spikes.push((number, vec![0; steps * size]));
        }
        if request.record_potentials.contains(&number) {
            outputs.potentials.push((number, array(integer_state(ops, op).unwrap(), steps * size)));
        }
        if request.probe && matches!(op.body, Body::Neuron(_)) {
            outputs.probes.push((
                number,
                Probe {
                    current_sum: vec![0.0; reads * size],
                    current_square_sum: vec![0.0; reads * size],
                    potential: array(integer_state(ops, op).unwrap(), reads * size),
                    spikes: vec![0; reads * size],
                },
            ));
        }
    }
    outputs
}

fn copy_state(state: &State, target: &mut Array, begin: usize) {
    match target {
        Array::Real(values) => values[begin..begin + state.real.len()].copy_from_slice(&state.real),
        Array::Integer(values) => {
            state.integer.iter().enumerate().for_each(|(i, &v)| values[begin + i] = i32::try_from(v).unwrap());
        }
        Array::Bytes(values) => {
            state.integer.iter().enumerate().for_each(|(i, &v)| values[begin + i] = u8::try_from(v).unwrap());
        }
        Array::Long(values) => values[begin..begin + state.integer.len()].copy_from_slice(&state.integer),
    }
}

/// The potentials are the first values of a state.
fn copy_potentials(state: &State, target: &mut Array, begin: usize, size: usize) {
    match target {
        Array::Real(values) => values[begin..begin + size].copy_from_slice(&state.real[..size]),
        Array::Integer(values) => {
            let whole = state.integer[..size].iter().map(|&v| i32::try_from(v).unwrap());
            values[begin..begin + size].iter_mut().zip(whole).for_each(|(value, v)| *value = v);
        }
        _ => copy_state(state, target, begin),
    }
}

pub(super) fn record(
    ops: &[Op],
    request: &Request<'_>,
    [sample, step]: [usize; 2],
    (maps, states): (&[Map], &[State]),
    outputs: &mut Outputs,
) {
    let begin = |op: usize| (step * request.batch + sample) * ops[op].spec.shape.size();
    for (op, spikes) in &mut outputs.spikes {
        let begin = begin(*op);
        maps[*op].integers().iter().enumerate().for_each(|(i, &n)| spikes[begin + i] = u8::try_from(n).unwrap());
    }
    for (op, sums) in &mut outputs.by_step {
        let begin = step * ops[*op].spec.shape.size();
        maps[*op].integers().iter().enumerate().for_each(|(i, &n)| sums[begin + i] += n);
    }
    for (op, potentials) in &mut outputs.potentials {
        copy_potentials(&states[*op], potentials, begin(*op), ops[*op].spec.shape.size());
    }
}

pub(super) fn keep_read(
    ops: &[Op],
    request: &Request<'_>,
    [sample, read]: [usize; 2],
    (states, sums, tally): (&[State], &[[Vec<f64>; 2]], &Tally),
    outputs: &mut Outputs,
) {
    let last = ops.last().unwrap();
    let Body::Output(output) = &last.body else { panic!("the output comes last") };
    let begin = |op: usize| (read * request.batch + sample) * ops[op].spec.shape.size();
    let steps = request.start + request.read_at[read] as u64;
    for i in 0..last.spec.shape.size() {
        let value = score(output, &states[ops.len() - 1], i, last.spec.shape.pixels(), steps);
        outputs.scores[begin(ops.len() - 1) + i] = value;
    }
    if request.count {
        for (op, counts) in tally.counts.iter().enumerate() {
            for (field, count) in counts.iter().enumerate() {
                outputs.counts[(read * ops.len() + op) * COUNT_FIELDS + field] += count;
            }
            // Additions, multiplications, spikes: an operation has one of them at most.
            outputs.by_sample[(read * ops.len() + op) * request.batch + sample] = counts[1] + counts[3] + counts[5];
        }
    }
    for (op, probe) in &mut outputs.probes {
        let begin = begin(*op);
        let size = ops[*op].spec.shape.size();
        probe.current_sum[begin..begin + size].copy_from_slice(&sums[*op][0]);
        probe.current_square_sum[begin..begin + size].copy_from_slice(&sums[*op][1]);
        copy_potentials(&states[*op], &mut probe.potential, begin, size);
        for (i, &spikes) in tally.spikes[*op].iter().enumerate() {
            probe.spikes[begin + i] = i32::try_from(spikes).unwrap();
        }
    }
}

pub(super) fn keep_state(ops: &[Op], request: &Request<'_>, sample: usize, states: &[State], outputs: &mut Outputs) {
    assert!(sample < request.batch);
    for (op, array) in &mut outputs.state {
        copy_state(&states[*op], array, sample * state_size(ops, &ops[*op]));
    }
}
