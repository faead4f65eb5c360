//! Stages: what runs one after the other, each one operation or several that run as one.

use super::conv::{Synapses, WeightsOf};
use super::current::Current;
use super::edges::{Edge, Ratio, ScaleOf};
use super::gather::Moves;
use super::layer::Layer;
use super::neuron::Firing;
use super::pool::Slide;
use crate::plan::{Body, Coding, Dynamics, Entry, Kind, Op, Parameters, Readout, Term, Window};

/// What a stage does.
#[derive(Debug)]
pub(super) enum Work {
    Input,
    RealLayer(Layer<f32>),
    CurrentLayer(Layer<i32>),
    CountSum,
    Pool { slide: Slide, weight: f32 },
    MaxPool { slide: Slide },
    Gather(Moves),
    Clamp { high: Option<Vec<f32>> },
    Round { unit: Vec<f64> },
    Output { readout: Readout, unit: Option<Vec<f64>> },
}

/// One stage: it reads the maps of `sources` and computes the map of `op`.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) op: usize,
    pub(super) sources: Vec<usize>,
    pub(super) is_static: bool,
    pub(super) work: Work,
}

impl Stage {
    /// Whether it computes a map at all.
    pub(super) fn has_map(&self) -> bool {
        !matches!(self.work, Work::Output { .. })
    }
}

/// The operations of one layer: at its head a Conv, an Add or a Neuron, behind it what only it reads.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    conv: Option<usize>,
    add: Option<usize>,
}

/// The stages of a plan, and a word for what runs each operation.
pub(super) fn stages(ops: &[Op]) -> (Vec<Stage>, Vec<&'static str>) {
    let fuser = Fuser::new(ops);
    let parts: Vec<Parts> = (0..ops.len()).map(|op| fuser.parts(op)).collect();
    let mut inner = vec![false; ops.len()];
    for (op, parts) in parts.iter().enumerate() {
        for part in [parts.conv, parts.add].into_iter().flatten() {
            inner[part] |= part != op;
        }
    }
    let mut kernels = Vec::new();
    let mut stages = Vec::new();
    for (number, op) in ops.iter().enumerate() {
        kernels.push(if inner[number] { "fused" } else { word(op) });
        if !inner[number] {
            stages.push(stage(ops, number, parts[number]));
        }
    }
    for stage in &stages {
        let name = match &stage.work {
            Work::RealLayer(layer) => layer.synapses.as_ref().map(|s| (s.op, s.name())),
            Work::CurrentLayer(layer) => layer.synapses.as_ref().map(|s| (s.op, s.name())),
            _ => None,
        };
        if let Some((op, name)) = name {
            kernels[op] = name;
        }
    }
    stages.sort_by_key(|stage| !stage.is_static);
    (stages, kernels)
}

fn word(op: &Op) -> &'static str {
    match &op.body {
        Body::Input(Coding::Constant) | Body::Gather(_) => "move",
        Body::Input(Coding::Poisson) => "philox",
        Body::Input(Coding::Events) => "scatter",
        Body::Conv(_) => "event",
        Body::Pool(_) | Body::Add(_) | Body::Output(_) => "sum",
        Body::MaxPool(_) => "maximum",
        Body::Clamp(_) => "clamp",
        Body::Round(_) => "round",
        Body::Neuron(_) => "integrate",
    }
}

struct Fuser<'a> {
    ops: &'a [Op],
    /// Edges that leave each map.
    readers: Vec<usize>,
}

impl<'a> Fuser<'a> {
    fn new(ops: &'a [Op]) -> Self {
        let mut readers = vec![0; ops.len()];
        for source in ops.iter().flat_map(Op::sources) {
            readers[source] += 1;
        }
        Self { ops, readers }
    }

    fn parts(&self, head: usize) -> Parts {
        match &self.ops[head].body {
            Body::Conv(_) => Parts { conv: Some(head), add: None },
            Body::Add(terms) if self.ops[head].spec.kind != Kind::Count => {
                Parts { conv: self.conv_of(head, terms), add: Some(head) }
            }
            Body::Neuron(neuron) => {
                let source = &self.ops[neuron.source];
                if self.readers[neuron.source] > 1 || source.spec.is_static {
                    return Parts::default();
                }
                match &source.body {
                    Body::Conv(_) | Body::Add(_) => self.parts(neuron.source),
                    _ => Parts::default(),
                }
            }
            _ => Parts::default(),
        }
    }

    /// A convolution that a sum may start from: a float sum only with one of its first two terms, which commute.
    fn conv_of(&self, add: usize, terms: &[Term]) -> Option<usize> {
        let spec = &self.ops[add].spec;
        let reach = if spec.kind == Kind::Real { 2 } else { terms.len() };
        let fits = |term: &&Term| {
            let source = &self.ops[term.source];
            matches!(source.body, Body::Conv(_))
                && matches!(term.entry, Entry::Plain | Entry::Ratio { .. })
                && self.readers[term.source] == 1
                && source.spec.is_static == spec.is_static
        };
        terms.iter().take(reach).rev().find(fits).map(|term| term.source)
    }
}

fn stage(ops: &[Op], number: usize, parts: Parts) -> Stage {
    let op = &ops[number];
    let slide = |source: usize, window: &Window| Slide {
        window: *window,
        input: ops[source].spec.shape,
        output: op.spec.shape,
    };
    let mut sources = op.sources();
    let work = match &op.body {
        Body::Input(_) => Work::Input,
        Body::Add(_) if op.spec.kind == Kind::Count => Work::CountSum,
        Body::Conv(_) | Body::Add(_) | Body::Neuron(_) => {
            let (work, reads) = layer_work(ops, number, parts);
            sources = reads;
            work
        }
        Body::Pool(pool) => Work::Pool { slide: slide(pool.source, &pool.window), weight: pool.weight },
        Body::MaxPool(pool) => Work::MaxPool { slide: slide(pool.source, &pool.window) },
        Body::Gather(gather) => Work::Gather(Moves::new(ops, &gather.sources, &gather.index, op.spec.shape)),
        Body::Clamp(clamp) => Work::Clamp { high: clamp.high.clone() },
        Body::Round(round) => Work::Round { unit: round.unit.clone() },
        Body::Output(output) => Work::Output { readout: output.readout, unit: output.unit.clone() },
    };
    let is_static = op.spec.is_static && !matches!(work, Work::Output { .. });
    Stage { op: number, sources, is_static, work }
}

fn layer_work(ops: &[Op], number: usize, parts: Parts) -> (Work, Vec<usize>) {
    let kind = match &ops[number].body {
        Body::Neuron(neuron) => ops[neuron.source].spec.kind,
        _ => ops[number].spec.kind,
    };
    if kind == Kind::Real {
        let (layer, sources) = layer::<f32>(ops, number, parts);
        (Work::RealLayer(layer), sources)
    } else {
        let (layer, sources) = layer::<i32>(ops, number, parts);
        (Work::CurrentLayer(layer), sources)
    }
}

/// Parameters in the precision of a current.
trait ParametersOf: Sized {
    fn parameters_of(dynamics: &Dynamics) -> Option<&Parameters<Self>>;
}

impl ParametersOf for f32 {
    fn parameters_of(dynamics: &Dynamics) -> Option<&Parameters<f32>> {
        if let Dynamics::Real(parameters) = dynamics { Some(parameters) } else { None }
    }
}

impl ParametersOf for i32 {
    fn parameters_of(dynamics: &Dynamics) -> Option<&Parameters<i32>> {
        if let Dynamics::Integer(parameters) = dynamics { Some(parameters) } else { None }
    }
}

fn layer<A>(ops: &[Op], number: usize, parts: Parts) -> (Layer<A>, Vec<usize>)
where
    A: Current + WeightsOf + ScaleOf + ParametersOf,
{
    let synapses = parts.conv.and_then(|conv| match &ops[conv].body {
        Body::Conv(body) => Synapses::<A>::new(ops, conv, body),
        _ => None,
    });
    let edges: Vec<Edge<A>> = match (parts.add.map(|add| &ops[add].body), &ops[number].body) {
        (Some(Body::Add(terms)), _) => {
            terms.iter().filter(|term| Some(term.source) != parts.conv).map(Edge::new).collect()
        }
        (_, Body::Neuron(neuron)) if synapses.is_none() => vec![Edge::plain(neuron.source)],
        _ => Vec::new(),
    };
    let ratio = match parts.add.map(|add| &ops[add].body) {
        Some(Body::Add(terms)) => terms.iter().find(|term| Some(term.source) == parts.conv).and_then(Ratio::of),
        _ => None,
    };
    let firing = match &ops[number].body {
        Body::Neuron(neuron) => {
            A::parameters_of(&neuron.dynamics).map(|parameters| Firing::new(parameters, neuron.subtract, neuron.strict))
        }
        _ => None,
    };
    let reads = edges.iter().map(|edge| edge.source).chain(synapses.as_ref().map(|s| s.source)).collect();
    (Layer { shape: ops[number].spec.shape, synapses, ratio, edges, firing }, reads)
}
