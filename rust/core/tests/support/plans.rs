//! Random plans.

use pysnn_core::plan::{
    Body, Clamp, Coding, Delay, Entry, Gather, Kind, MapSpec, MaxPool, Op, Output, Plan, Pool, Readout, Round, Shape,
    Term, Window,
};

use super::Rng;
use super::convs::{branches, conv};
use super::neurons::neuron;

/// A random plan. All kinds of operations come up, and layers that run as one.
pub(crate) fn plan(rng: &mut Rng, integer: bool) -> Plan {
    let codings = [Coding::Constant, Coding::Poisson, Coding::Events, Coding::Frames];
    let coding = rng.pick(&codings[..if integer { 3 } else { 4 }]);
    let shape = Shape::new(rng.pick(&[1, 3, 16]), 1 + rng.below(6), 1 + rng.below(6));
    let constant = coding == Coding::Constant;
    let real = constant || coding == Coding::Frames;
    let kind = if real { Kind::Real } else { Kind::Count };
    let max_count = if real { 0 } else { rng.pick(&[1, 3]) };
    let max_count = if coding == Coding::Poisson { 1 } else { max_count };
    let spec = MapSpec { shape, kind, is_static: constant, max_count };
    let mut ops = vec![Op { node: "input".into(), spec, body: Body::Input(coding) }];
    let wanted = 4 + rng.below(9);
    for _ in 0..40 {
        if ops.len() > wanted {
            break;
        }
        if rng.one_in(8) {
            branches(rng, &mut ops, integer);
        }
        let made = match rng.below(16) {
            0..=3 => conv(rng, &ops, integer),
            4..=6 => neuron(rng, &ops),
            7 => pool(rng, &ops),
            8 => max_pool(rng, &ops),
            9 => gather(rng, &ops),
            10..=12 => add(rng, &ops),
            13 => clamp(rng, &ops),
            14 => delay(rng, &ops),
            _ => round(rng, &ops),
        };
        push(&mut ops, made);
    }
    close_cycles(rng, &mut ops);
    let (spec, body) = output(rng, &ops);
    ops.push(Op { node: "output".into(), spec, body });
    Plan::new(ops).unwrap()
}

pub(super) fn push(ops: &mut Vec<Op>, made: Option<(MapSpec, Body)>) {
    if let Some((spec, body)) = made {
        ops.push(Op { node: format!("op{}", ops.len()), spec, body });
    }
}

/// A map that `fits`, most often the last one.
pub(super) fn source(rng: &mut Rng, ops: &[Op], fits: impl Fn(&MapSpec) -> bool) -> Option<usize> {
    let fitting: Vec<usize> = (0..ops.len()).filter(|&op| fits(&ops[op].spec)).collect();
    let last = *fitting.last()?;
    Some(if rng.one_in(3) { rng.pick(&fitting) } else { last })
}

pub(super) fn derived(source: &MapSpec, shape: Shape, kind: Kind) -> MapSpec {
    MapSpec { shape, kind, is_static: source.is_static, max_count: 0 }
}

pub(super) fn window(rng: &mut Rng, shape: Shape, dilates: bool) -> Option<(Window, Shape)> {
    let same = Window { kernel: [3, 3], stride: [1, 1], pads: [1; 4], dilation: [1, 1] };
    let window = match rng.below(3) {
        0 => same,
        1 => Window { kernel: [1, 1], pads: [0; 4], ..same },
        _ => Window {
            kernel: [1 + rng.below(4), 1 + rng.below(4)],
            stride: [1 + rng.below(3), 1 + rng.below(3)],
            pads: std::array::from_fn(|_| rng.below(3)),
            dilation: if dilates { [1 + rng.below(2), 1 + rng.below(3)] } else { [1, 1] },
        },
    };
    let [height, width] = window.output(shape.height, shape.width)?;
    Some((window, Shape { height, width, ..shape }))
}

fn delay(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind != Kind::Current)?;
    let spec = MapSpec { is_static: false, ..ops[source].spec };
    let steps = rng.pick(&[1, 1, 2, 5, 40]);
    Some((spec, Body::Delay(Delay { source, steps })))
}

/// Let some delays of counts read what comes behind them: recurrent connections.
fn close_cycles(rng: &mut Rng, ops: &mut [Op]) {
    for number in 0..ops.len() {
        let spec = ops[number].spec;
        if spec.kind != Kind::Count || !matches!(ops[number].body, Body::Delay(_)) {
            continue;
        }
        let alike = |&other: &usize| {
            let found = &ops[other].spec;
            (found.shape, found.kind, found.max_count) == (spec.shape, spec.kind, spec.max_count)
        };
        let later: Vec<usize> = (number + 1..ops.len()).filter(alike).collect();
        if let (false, Body::Delay(delay)) = (later.is_empty(), &mut ops[number].body) {
            delay.source = rng.pick(&later);
        }
    }
}

fn pool(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |_| true)?;
    let from = &ops[source].spec;
    let (window, shape) = window(rng, from.shape, false)?;
    let mut spec = derived(from, shape, from.kind);
    if from.kind == Kind::Count {
        let [kh, kw] = [window.kernel[0].min(from.shape.height), window.kernel[1].min(from.shape.width)];
        let most = kh as u32 * kw as u32 * from.max_count;
        if most > 255 {
            return None;
        }
        spec.max_count = most;
    }
    Some((spec, Body::Pool(Pool { source, window, weight: if rng.one_in(2) { 1.0 } else { 0.3 } })))
}

fn max_pool(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind == Kind::Count || (spec.kind == Kind::Real && spec.is_static))?;
    let from = &ops[source].spec;
    let (window, shape) = window(rng, from.shape, false)?;
    // Windows that lie in the padding alone have no maximum.
    if window.pads.iter().any(|&pad| pad > 0 && (pad >= window.kernel[0] || pad >= window.kernel[1])) {
        return None;
    }
    let spec = MapSpec { max_count: from.max_count, ..derived(from, shape, from.kind) };
    Some((spec, Body::MaxPool(MaxPool { source, window })))
}

fn gather(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let first = source(rng, ops, |_| true)?;
    let kind = ops[first].spec.kind;
    let mut sources = vec![first];
    if rng.one_in(2) {
        sources.push(source(rng, ops, |spec| spec.kind == kind)?);
    }
    let total: usize = sources.iter().map(|&s| ops[s].spec.shape.size()).sum();
    let shape = match rng.below(3) {
        0 => Shape::new(total, 1, 1),
        1 => ops[first].spec.shape,
        _ => Shape::new(1 + rng.below(20), 1 + rng.below(4), 1 + rng.below(4)),
    };
    let shifted = rng.below(total);
    let random = rng.one_in(2);
    let mut index = |i: usize| if random { rng.below(total + 1) as i32 - 1 } else { ((i + shifted) % total) as i32 };
    let index = (0..shape.size()).map(&mut index).collect();
    let is_static = sources.iter().all(|&s| ops[s].spec.is_static);
    let max_count = sources.iter().map(|&s| ops[s].spec.max_count).max()?;
    Some((MapSpec { shape, kind, is_static, max_count }, Body::Gather(Gather { sources, index })))
}

fn add(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let first = source(rng, ops, |_| true)?;
    let (kind, shape) = (ops[first].spec.kind, ops[first].spec.shape);
    let mut terms = vec![Term { source: first, entry: Entry::Plain }];
    for _ in 0..=rng.below(3) {
        let fits = |spec: &MapSpec| spec.shape == shape && (spec.kind == kind || spec.kind == Kind::Count);
        let source = source(rng, ops, fits)?;
        let channels = shape.channels;
        let entry = match (kind, ops[source].spec.kind) {
            (Kind::Real, Kind::Count) => Entry::Scale((0..channels).map(|_| rng.real()).collect()),
            (Kind::Current, Kind::Count) => Entry::Constant((0..channels).map(|_| rng.integer(90)).collect()),
            (Kind::Current, Kind::Current) if rng.one_in(2) => Entry::Ratio {
                multiplier: (0..channels).map(|_| (1 << 29) + rng.integer(1 << 28)).collect(),
                shift: (0..channels).map(|_| 29 + rng.below(4) as i32).collect(),
            },
            _ => Entry::Plain,
        };
        terms.insert(rng.below(terms.len() + 1), Term { source, entry });
    }
    let max_count = terms.iter().map(|term| ops[term.source].spec.max_count).sum();
    if kind == Kind::Count && max_count > 255 {
        return None;
    }
    let is_static = terms.iter().all(|term| ops[term.source].spec.is_static);
    let max_count = if kind == Kind::Count { max_count } else { 0 };
    Some((MapSpec { shape, kind, is_static, max_count }, Body::Add(terms)))
}

fn clamp(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind == Kind::Real && spec.is_static)?;
    let from = &ops[source].spec;
    let high = rng.one_in(2).then(|| (0..from.shape.channels).map(|_| 0.5 + 0.4 * rng.real()).collect());
    Some((derived(from, from.shape, Kind::Real), Body::Clamp(Clamp { source, high })))
}

fn round(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind == Kind::Real && spec.is_static)?;
    let from = &ops[source].spec;
    let unit = (0..from.shape.channels).map(|_| 0.02 + 0.01 * f64::from(rng.real())).collect();
    Some((derived(from, from.shape, Kind::Current), Body::Round(Round { source, unit })))
}

fn output(rng: &mut Rng, ops: &[Op]) -> (MapSpec, Body) {
    let source = source(rng, ops, |_| true).unwrap();
    let spec = ops[source].spec;
    let mut readouts = vec![Readout::MeanCurrent, Readout::Potential];
    if spec.kind == Kind::Count {
        readouts.extend([Readout::Count, Readout::FirstSpike]);
    }
    let unit = (spec.kind == Kind::Current)
        .then(|| (0..spec.shape.channels).map(|_| 0.02 + 0.01 * f64::from(rng.real())).collect());
    (spec, Body::Output(Output { source, readout: rng.pick(&readouts), unit }))
}
