//! The oracle: `docs/numerics.md` in plain scalar code, one sample and one step at a time, on `(C, H, W)` maps.

mod keep;
mod neurons;
mod operations;
mod tally;

use keep::{empty, keep_read, keep_state, record};
use neurons::neuron;
use operations::{add, conv, output, taps};
use pysnn_core::clocked::{Input, Outputs, Request, StateView};
use pysnn_core::plan::{Body, Dynamics, Kind, Neuron, Op, Output, Plan, Readout};
use pysnn_core::random::philox;
use tally::Tally;

/// The values of a map: reals as float32, all else as integers.
#[derive(Clone, Debug)]
enum Map {
    Real(Vec<f32>),
    Integer(Vec<i64>),
}

impl Map {
    fn real(&self) -> &[f32] {
        match self {
            Map::Real(values) => values,
            Map::Integer(_) => panic!("expected a real map"),
        }
    }

    fn integers(&self) -> &[i64] {
        match self {
            Map::Integer(values) => values,
            Map::Real(_) => panic!("expected an integer map"),
        }
    }

    /// A value as the float that it is exactly.
    fn at(&self, i: usize) -> f32 {
        match self {
            Map::Real(values) => values[i],
            Map::Integer(values) => values[i] as f32,
        }
    }
}

/// What one sample remembers, one entry an operation.
#[derive(Clone, Debug, Default)]
struct State {
    real: Vec<f32>,
    integer: Vec<i64>,
}

/// Run a plan on a request.
pub(crate) fn run(plan: &Plan, request: &Request<'_>) -> Outputs {
    let ops = plan.ops();
    let mut outputs = empty(ops, request);
    for sample in 0..request.batch {
        let mut states: Vec<State> = (0..ops.len()).map(|op| start(ops, op, request, sample)).collect();
        let mut tally = Tally::new(ops);
        let mut sums: Vec<[Vec<f64>; 2]> =
            ops.iter().map(|op| [vec![0.0; op.spec.shape.size()], vec![0.0; op.spec.shape.size()]]).collect();
        for step in 0..request.steps {
            let mut maps: Vec<Map> = Vec::new();
            for (number, op) in ops.iter().enumerate() {
                let map = compute(ops, &maps, &mut states[number], request, [sample, step]);
                if let Body::Neuron(neuron) = &op.body {
                    for i in 0..op.spec.shape.size() {
                        let current = match &maps[neuron.source] {
                            Map::Real(values) => f64::from(values[i]),
                            Map::Integer(values) => values[i] as f64,
                        };
                        sums[number][0][i] += current;
                        sums[number][1][i] += current * current;
                    }
                }
                maps.push(map);
            }
            remember(ops, &maps, &mut states);
            tally.step(ops, &maps, step == 0 && request.start == 0);
            record(ops, request, [sample, step], (&maps, &states), &mut outputs);
            if let Some(read) = request.read_at.iter().position(|&read| read == step + 1) {
                keep_read(ops, request, [sample, read], (&states, &sums, &tally), &mut outputs);
            }
        }
        keep_state(ops, request, sample, &states, &mut outputs);
    }
    outputs
}

fn integer_state(ops: &[Op], op: &Op) -> Option<bool> {
    match &op.body {
        Body::Neuron(neuron) => Some(matches!(neuron.dynamics, Dynamics::Integer(_))),
        Body::MaxPool(pool) => (ops[pool.source].spec.kind == Kind::Count).then_some(true),
        Body::Output(output) => Some(ops[output.source].spec.kind != Kind::Real),
        Body::Delay(_) => Some(op.spec.kind != Kind::Real),
        _ => None,
    }
}

fn state_size(ops: &[Op], op: &Op) -> usize {
    match &op.body {
        Body::MaxPool(pool) => ops[pool.source].spec.shape.size(),
        Body::Neuron(neuron) => op.spec.shape.size() * neuron.model.values(),
        Body::Delay(delay) => op.spec.shape.size() * delay.steps,
        _ => op.spec.shape.size(),
    }
}

fn start(ops: &[Op], number: usize, request: &Request<'_>, sample: usize) -> State {
    let op = &ops[number];
    let mut state = State::default();
    if integer_state(ops, op).is_none() {
        return state;
    }
    let size = state_size(ops, op);
    if let Some(given) = &request.state {
        let range = sample * size..(sample + 1) * size;
        match given.iter().find(|(of, _)| *of == number).unwrap().1 {
            StateView::Real(values) => state.real = values[range].to_vec(),
            StateView::Integer(values) => state.integer = values[range].iter().map(|&v| i64::from(v)).collect(),
            StateView::Long(values) => state.integer = values[range].to_vec(),
            StateView::Bytes(values) => state.integer = values[range].iter().map(|&v| i64::from(v)).collect(),
        }
        return state;
    }
    let pixels = op.spec.shape.pixels();
    match &op.body {
        Body::Neuron(Neuron { dynamics, model, .. }) => {
            let at = |i: usize| if model.per_neuron { i } else { i / pixels };
            let own = 0..op.spec.shape.size();
            match dynamics {
                Dynamics::Real(p) => state.real = own.map(|i| p.v_init[at(i)]).collect(),
                Dynamics::Integer(p) => state.integer = own.map(|i| i64::from(p.v_init[at(i)])).collect(),
            }
            if matches!(dynamics, Dynamics::Real(_)) {
                state.real.resize(size, 0.0);
            } else {
                state.integer.resize(size, 0);
            }
        }
        Body::Output(Output { readout: Readout::FirstSpike, .. }) => state.integer = vec![-1; size],
        _ if integer_state(ops, op) == Some(true) => state.integer = vec![0; size],
        _ => state.real = vec![0.0; size],
    }
    state
}

/// Keep what delays read later: the oldest map goes, the latest comes.
fn remember(ops: &[Op], maps: &[Map], states: &mut [State]) {
    for (op, state) in ops.iter().zip(states) {
        let Body::Delay(delay) = &op.body else { continue };
        match &maps[delay.source] {
            Map::Real(values) => {
                state.real.drain(..values.len());
                state.real.extend(values);
            }
            Map::Integer(values) => {
                state.integer.drain(..values.len());
                state.integer.extend(values);
            }
        }
    }
}

/// The next map of a sample at a step: that of operation `maps.len()`.
fn compute(ops: &[Op], maps: &[Map], state: &mut State, request: &Request<'_>, [sample, step]: [usize; 2]) -> Map {
    let op = &ops[maps.len()];
    let (size, pixels) = (op.spec.shape.size(), op.spec.shape.pixels());
    match &op.body {
        Body::Input(_) => input(request, size, sample, step),
        Body::Conv(body) => conv(&op.spec, &ops[body.source].spec, body, &maps[body.source]),
        Body::Pool(body) => {
            let taps = |i: usize| taps(&body.window, ops[body.source].spec.shape, op.spec.shape, i);
            let source = &maps[body.source];
            if op.spec.kind == Kind::Real {
                let sum = |i| taps(i).iter().fold(0.0_f32, |sum, &j| sum + source.at(j) * body.weight);
                Map::Real((0..size).map(sum).collect())
            } else {
                Map::Integer((0..size).map(|i| taps(i).iter().map(|&j| source.integers()[j]).sum()).collect())
            }
        }
        Body::MaxPool(body) => {
            let taps = |i: usize| taps(&body.window, ops[body.source].spec.shape, op.spec.shape, i);
            if op.spec.kind == Kind::Real {
                let source = maps[body.source].real();
                let most = |i| taps(i).iter().fold(f32::NEG_INFINITY, |most, &j| most.max(source[j]));
                return Map::Real((0..size).map(most).collect());
            }
            let most = |counts: &[i64], i| taps(i).iter().map(|&j| counts[j]).max().unwrap_or(0);
            let before: Vec<i64> = (0..size).map(|i| most(&state.integer, i)).collect();
            for (count, more) in state.integer.iter_mut().zip(maps[body.source].integers()) {
                *count += more;
            }
            Map::Integer((0..size).map(|i| most(&state.integer, i) - before[i]).collect())
        }
        Body::Gather(body) => {
            let place = |i: i32| {
                let mut i = usize::try_from(i).ok()?;
                for &source in &body.sources {
                    if i < ops[source].spec.shape.size() {
                        return Some((source, i));
                    }
                    i -= ops[source].spec.shape.size();
                }
                None
            };
            if op.spec.kind == Kind::Real {
                Map::Real(body.index.iter().map(|&i| place(i).map_or(0.0, |(s, j)| maps[s].real()[j])).collect())
            } else {
                Map::Integer(body.index.iter().map(|&i| place(i).map_or(0, |(s, j)| maps[s].integers()[j])).collect())
            }
        }
        Body::Clamp(body) => {
            let source = maps[body.source].real();
            let high = |i: usize| body.high.as_ref().map_or(f32::INFINITY, |high| high[i / pixels]);
            Map::Real((0..size).map(|i| if source[i] > 0.0 { source[i].min(high(i)) } else { 0.0 }).collect())
        }
        Body::Round(body) => {
            let source = maps[body.source].real();
            let round = |i: usize| (f64::from(source[i]) / body.unit[i / pixels]).round_ties_even() as i64;
            Map::Integer((0..size).map(round).collect())
        }
        Body::Byte(body) => {
            let byte = |sum: &i64| (sum >> body.shift) & 255;
            Map::Integer(maps[body.source].integers().iter().map(byte).collect())
        }
        Body::Add(terms) => add(&op.spec, terms, maps),
        Body::Neuron(body) => neuron(&op.spec, body, &maps[body.source], state),
        Body::Delay(_) if op.spec.kind == Kind::Real => Map::Real(state.real[..size].to_vec()),
        Body::Delay(_) => Map::Integer(state.integer[..size].to_vec()),
        Body::Output(body) => output(body, &maps[body.source], state, request.start as i64 + step as i64),
    }
}

fn input(request: &Request<'_>, size: usize, sample: usize, step: usize) -> Map {
    match request.input {
        Input::Constant(values) => Map::Real(values[sample * size..(sample + 1) * size].to_vec()),
        Input::Pixels(values) => {
            Map::Integer(values[sample * size..(sample + 1) * size].iter().map(|&value| i64::from(value)).collect())
        }
        Input::Frames(values) => Map::Real(values[(step * request.batch + sample) * size..][..size].to_vec()),
        Input::Poisson { rates, seed, first_sample } => {
            let time = request.start + step as u64;
            let spike = |i: usize| {
                let bound = (f64::from(rates[sample * size + i]) * f64::from(2.0_f32.powi(32))).floor();
                let number = first_sample + sample as u64;
                let counter = [[i as u32], [(time / 4) as u32], [number as u32], [0]];
                let words = philox([seed as u32, (seed >> 32) as u32], counter);
                i64::from(f64::from(words[(time % 4) as usize][0]) < bound)
            };
            Map::Integer((0..size).map(spike).collect())
        }
        Input::Events { offsets, index } => {
            let row = sample * request.steps + step;
            let mut counts = vec![0; size];
            for &i in &index[offsets[row] as usize..offsets[row + 1] as usize] {
                counts[i as usize] += 1;
            }
            Map::Integer(counts)
        }
    }
}
