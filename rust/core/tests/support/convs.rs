//! Random convolutions, alone and where several meet.

use pysnn_core::plan::{
    Body, Coding, Conv, Entry, Kind, MapSpec, Op, Output, Plan, Readout, Shape, Term, Weights, Window,
};

use super::Rng;
use super::neurons::neuron;
use super::plans::{derived, push, source, window};

/// Convolutions that only their sum reads, in any of its places, static ones among them.
pub(super) fn branches(rng: &mut Rng, ops: &mut Vec<Op>, integer: bool) {
    let fits = |spec: &MapSpec| spec.kind == Kind::Count || (!integer && spec.kind == Kind::Real);
    let Some(first) = source(rng, ops, fits) else { return };
    let (shape, outputs) = (ops[first].spec.shape, rng.pick(&[3, 20, 70]));
    let alike = |spec: &MapSpec| fits(spec) && (spec.shape.height, spec.shape.width) == (shape.height, shape.width);
    let begin = ops.len();
    for _ in 0..2 + rng.below(3) {
        let Some(source) = source(rng, &ops[..begin], alike) else { return };
        let same = Window { kernel: [3, 3], stride: [1, 1], pads: [1; 4], dilation: [1, 1] };
        let made = weigh(rng, ops, &Sliding { source, window: same, groups: 1, outputs }, integer);
        push(ops, Some(made));
    }
    let terms: Vec<Term> = (begin..ops.len()).map(|source| Term { source, entry: Entry::Plain }).collect();
    let is_static = terms.iter().all(|term| ops[term.source].spec.is_static);
    push(ops, Some((MapSpec { is_static, ..ops[begin].spec }, Body::Add(terms))));
}

/// A layer of neurons behind one to three convolutions of any width, of given events.
pub(crate) fn layer(rng: &mut Rng, integer: bool) -> Plan {
    let shape = Shape::new(1 + rng.below(130), 1 + rng.below(5), 1 + rng.below(6));
    let max_count = rng.pick(&[1, 1, 1, 3, 9, 140]);
    let spec = MapSpec { shape, kind: Kind::Count, is_static: false, max_count };
    let mut ops = vec![Op { node: "input".into(), spec, body: Body::Input(Coding::Events) }];
    let window = loop {
        if let Some((window, _)) = window(rng, shape, true) {
            break window;
        }
    };
    let groups: Vec<usize> = (1..=shape.channels).filter(|groups| shape.channels.is_multiple_of(*groups)).collect();
    let groups = if rng.one_in(2) { 1 } else { rng.pick(&groups) };
    let outputs = groups * (1 + rng.below(130 / groups));
    for _ in 0..=rng.below(3) {
        // Edges that meet may have groups of their own.
        let groups = if rng.one_in(2) { 1 } else { groups };
        let made = weigh(rng, &ops, &Sliding { source: 0, window, groups, outputs }, integer);
        push(&mut ops, Some(made));
    }
    let entry = |rng: &mut Rng| {
        if !integer || !rng.one_in(3) {
            return Entry::Plain;
        }
        let multiplier = (0..outputs).map(|_| (1 << 29) + rng.integer(1 << 28)).collect();
        Entry::Ratio { multiplier, shift: (0..outputs).map(|_| 29 + rng.below(4) as i32).collect() }
    };
    let terms: Vec<Term> = (1..ops.len()).map(|source| Term { source, entry: entry(rng) }).collect();
    answer(rng, ops, terms)
}

/// A layer of neurons behind convolutions of one to three sizes, of spikes in maps of the widths that sums are looked up for.
pub(crate) fn spiking(rng: &mut Rng) -> Plan {
    let stride = [1 + rng.below(3), rng.pick(&[1, 1, 2, 2, 3])];
    let width = stride[1] * rng.pick(&[6, 8, 9, 13, 16]);
    let shape = Shape::new(rng.pick(&[16, 32, 64, 128]), 1 + rng.below(4), width);
    let spec = MapSpec { shape, kind: Kind::Count, is_static: false, max_count: 1 };
    let mut ops = vec![Op { node: "input".into(), spec, body: Body::Input(Coding::Events) }];
    let outputs = rng.pick(&[11, 12, 16, 30, 47, 64]);
    for _ in 0..=rng.below(3) {
        let (size, dilation) = (rng.below(3), 1 + rng.below(2));
        let pad = size * dilation;
        let window = Window { kernel: [2 * size + 1; 2], stride, pads: [pad; 4], dilation: [dilation; 2] };
        let made = weigh(rng, &ops, &Sliding { source: 0, window, groups: 1, outputs }, true);
        push(&mut ops, Some(made));
    }
    let terms = (1..ops.len()).map(|source| Term { source, entry: Entry::Plain }).collect();
    answer(rng, ops, terms)
}

/// The sum of some terms, neurons and the answer.
fn answer(rng: &mut Rng, mut ops: Vec<Op>, terms: Vec<Term>) -> Plan {
    if terms.len() > 1 {
        let spec = ops[1].spec;
        push(&mut ops, Some((spec, Body::Add(terms))));
    }
    let made = neuron(rng, &ops);
    push(&mut ops, made);
    let last = ops.len() - 1;
    let spec = ops[last].spec;
    let readout = if spec.kind == Kind::Count { Readout::Count } else { Readout::Potential };
    let output = Output { source: last, readout, unit: None };
    ops.push(Op { node: "output".into(), spec, body: Body::Output(output) });
    Plan::new(ops).unwrap()
}

/// Where a convolution goes, without its weights.
struct Sliding {
    source: usize,
    window: Window,
    groups: usize,
    outputs: usize,
}

pub(super) fn conv(rng: &mut Rng, ops: &[Op], integer: bool) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind != Kind::Current)?;
    let from = &ops[source].spec;
    let (window, _) = window(rng, from.shape, true)?;
    let inputs = from.shape.channels;
    // As many outputs as inputs let sums and convolutions meet.
    let outputs = rng.pick(&[3, 10, 16, 20, 70, 130, inputs, inputs, inputs]);
    let outputs = if from.is_static { outputs.min(16) } else { outputs };
    let groups = if rng.one_in(3) && inputs > 1 { inputs } else { 1 };
    let outputs = if groups > 1 { inputs * (1 + rng.below(2)) } else { outputs };
    Some(weigh(rng, ops, &Sliding { source, window, groups, outputs }, integer))
}

/// A convolution with random weights, some of them zero.
fn weigh(rng: &mut Rng, ops: &[Op], sliding: &Sliding, integer: bool) -> (MapSpec, Body) {
    let &Sliding { source, window, groups, outputs } = sliding;
    let from = &ops[source].spec;
    let whole = integer && from.kind == Kind::Count;
    let size = window.kernel[0] * window.kernel[1] * from.shape.channels / groups * outputs;
    let weights = if whole {
        let weight = (0..size).map(|_| if rng.one_in(9) { 0 } else { rng.integer(127) as i8 }).collect();
        Weights::Integer(weight, (0..outputs).map(|_| rng.integer(50)).collect())
    } else {
        let weight = (0..size).map(|_| if rng.one_in(9) { 0.0 } else { rng.real() }).collect();
        Weights::Real(weight, (0..outputs).map(|_| rng.real()).collect())
    };
    let [height, width] = window.output(from.shape.height, from.shape.width).unwrap();
    let shape = Shape { channels: outputs, height, width };
    let spec = derived(from, shape, if whole { Kind::Current } else { Kind::Real });
    (spec, Body::Conv(Conv { source, window, groups, weights }))
}

/// Events into a Linear layer with these weights, `(inputs, outputs)`, whose currents are the answer.
pub(crate) fn linear(inputs: usize, outputs: usize, weights: Weights) -> Plan {
    let (shape, result) = (Shape::new(inputs, 1, 1), Shape::new(outputs, 1, 1));
    let integer = matches!(weights, Weights::Integer(..));
    let spikes = MapSpec { shape, kind: Kind::Count, is_static: false, max_count: 1 };
    let kind = if integer { Kind::Current } else { Kind::Real };
    let currents = MapSpec { shape: result, kind, is_static: false, max_count: 0 };
    let window = Window { kernel: [1, 1], stride: [1, 1], pads: [0; 4], dilation: [1, 1] };
    let conv = Conv { source: 0, window, groups: 1, weights };
    let unit = integer.then(|| vec![1.0; outputs]);
    let output = Output { source: 1, readout: Readout::Potential, unit };
    let op = |node: &str, spec, body| Op { node: node.into(), spec, body };
    Plan::new(vec![
        op("input", spikes, Body::Input(Coding::Events)),
        op("linear", currents, Body::Conv(conv)),
        op("output", currents, Body::Output(output)),
    ])
    .unwrap()
}
