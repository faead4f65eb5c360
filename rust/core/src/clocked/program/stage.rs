//! Stages: what runs one after the other, each one operation or several that run as one.

use crate::clocked::layer::edges::{Edge, Ratio, ScaleOf};
use crate::clocked::layer::firing::Firing;
use crate::clocked::layer::pass::Layer;
use crate::clocked::maps::moves::Moves;
use crate::clocked::maps::pool::Slide;
use crate::clocked::program::fuse::{Fuser, Parts};
use crate::clocked::synapses::choice::Choice;
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::dense::Dense;
use crate::error::{Error, Result};
use crate::plan::{Body, Coding, Dynamics, Kind, Op, Parameters, Readout, Weights, Window};

/// What a stage does.
#[derive(Debug)]
pub(crate) enum Work {
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
    Delay,
    Byte { shift: u32 },
}

/// One stage: it reads the maps of `sources` and computes the map of `op`.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) op: usize,
    pub(crate) sources: Vec<usize>,
    pub(crate) is_static: bool,
    pub(crate) work: Work,
}

impl Stage {
    /// Whether it computes a map at all.
    pub(crate) fn has_map(&self) -> bool {
        !matches!(self.work, Work::Output { .. })
    }
}

/// The stages of a plan, and a word for what runs each operation.
pub(crate) struct Staged {
    pub(crate) stages: Vec<Stage>,
    pub(crate) kernels: Vec<&'static str>,
}

/// Make stages of the operations of a plan, which lose the arrays that are packed here.
pub(crate) fn stages(ops: &mut [Op], choice: Choice) -> Result<Staged> {
    let fuser = Fuser::new(ops);
    let parts: Vec<Parts> = (0..ops.len()).map(|op| fuser.parts(op)).collect();
    let mut inner = vec![false; ops.len()];
    for (op, parts) in parts.iter().enumerate() {
        for part in [parts.conv, parts.add].into_iter().flatten() {
            inner[part] |= part != op;
        }
    }
    let mut kernels = Vec::with_capacity(ops.len());
    let mut stages = Vec::with_capacity(inner.iter().filter(|&&inner| !inner).count());
    for number in 0..ops.len() {
        kernels.push(if inner[number] { "fused" } else { word(&ops[number]) });
        if !inner[number] {
            stages.push(stage(ops, number, parts[number], choice)?);
            // What has been packed makes room for what comes next.
            let packed = [Some(number), parts[number].conv];
            packed.into_iter().flatten().for_each(|op| forget_arrays(&mut ops[op]));
        }
    }
    for stage in &stages {
        let name = match &stage.work {
            Work::RealLayer(layer) => layer.synapses.as_ref().map(|s| (s.geometry.op, s.name())),
            Work::CurrentLayer(layer) => layer.synapses.as_ref().map(|s| (s.geometry.op, s.name())),
            _ => None,
        };
        if let Some((op, name)) = name {
            kernels[op] = name;
        }
    }
    stages.sort_by_key(|stage: &Stage| !stage.is_static);
    Dense::join(stages.iter_mut().filter_map(|stage| match &mut stage.work {
        Work::CurrentLayer(Layer { synapses: Some(synapses), .. }) => synapses.dense.as_mut(),
        _ => None,
    }));
    Ok(Staged { stages, kernels })
}

fn word(op: &Op) -> &'static str {
    match &op.body {
        Body::Input(Coding::Constant | Coding::Frames | Coding::Pixels) | Body::Gather(_) => "move",
        Body::Input(Coding::Poisson) => "philox",
        Body::Input(Coding::Events) => "scatter",
        Body::Conv(_) => "event",
        Body::Pool(_) | Body::Add(_) | Body::Output(_) => "sum",
        Body::MaxPool(_) => "maximum",
        Body::Clamp(_) => "clamp",
        Body::Round(_) => "round",
        Body::Neuron(_) => "integrate",
        Body::Delay(_) => "delay",
        Body::Byte(_) => "byte",
    }
}

fn stage(ops: &[Op], number: usize, parts: Parts, choice: Choice) -> Result<Stage> {
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
            let LayerWork { work, reads } = layer_work(ops, number, parts, choice)?;
            sources = reads;
            work
        }
        Body::Pool(pool) => Work::Pool { slide: slide(pool.source, &pool.window), weight: pool.weight },
        Body::MaxPool(pool) => Work::MaxPool { slide: slide(pool.source, &pool.window) },
        Body::Gather(gather) => Work::Gather(Moves::new(ops, &gather.sources, &gather.index, op.spec.shape)),
        Body::Clamp(clamp) => Work::Clamp { high: clamp.high.clone() },
        Body::Round(round) => Work::Round { unit: round.unit.clone() },
        Body::Delay(_) => {
            // It reads what it remembers.
            sources = Vec::new();
            Work::Delay
        }
        Body::Byte(byte) => Work::Byte { shift: byte.shift },
        Body::Output(output) => Work::Output { readout: output.readout, unit: output.unit.clone() },
    };
    let is_static = op.spec.is_static && !matches!(work, Work::Output { .. });
    Ok(Stage { op: number, sources, is_static, work })
}

/// A layer, and the maps that it reads.
struct LayerWork {
    work: Work,
    reads: Vec<usize>,
}

fn layer_work(ops: &[Op], number: usize, parts: Parts, choice: Choice) -> Result<LayerWork> {
    let kind = match &ops[number].body {
        Body::Neuron(neuron) => ops[neuron.source].spec.kind,
        _ => ops[number].spec.kind,
    };
    if kind == Kind::Real {
        let layer = layer::<f32>(ops, number, parts, choice)?;
        Ok(LayerWork { reads: reads(&layer), work: Work::RealLayer(layer) })
    } else {
        let layer = layer::<i32>(ops, number, parts, choice)?;
        Ok(LayerWork { reads: reads(&layer), work: Work::CurrentLayer(layer) })
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

fn layer<A>(ops: &[Op], number: usize, parts: Parts, choice: Choice) -> Result<Layer<A>>
where
    A: Synaptic + ScaleOf + ParametersOf,
{
    let synapses = match parts.conv.map(|conv| (conv, &ops[conv].body)) {
        Some((conv, Body::Conv(body))) => Some(Synapses::<A>::new(ops, conv, body, choice)?),
        _ => None,
    };
    let edges = match (parts.add.map(|add| &ops[add].body), &ops[number].body) {
        (Some(Body::Add(terms)), _) => {
            let others = terms.iter().filter(|term| Some(term.source) != parts.conv);
            others.map(Edge::new).collect::<Result<_>>()?
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
            let Some(parameters) = A::parameters_of(&neuron.dynamics) else {
                return Err(Error::internal(format!("node '{}': parameters of another precision", ops[number].node)));
            };
            let spec = &ops[number].spec;
            Some(Firing::new(parameters, neuron.model, spec.shape, spec.max_count as u8))
        }
        _ => None,
    };
    Ok(Layer { shape: ops[number].spec.shape, synapses, ratio, edges, firing })
}

/// The maps that a layer reads.
fn reads<A: Synaptic>(layer: &Layer<A>) -> Vec<usize> {
    let synapses = layer.synapses.as_ref().map(|synapses| synapses.geometry.source);
    layer.edges.iter().map(|edge| edge.source).chain(synapses).collect()
}

/// Drop what has been packed into stages.
fn forget_arrays(op: &mut Op) {
    match &mut op.body {
        Body::Conv(conv) => {
            conv.weights = Weights::Real(Vec::new(), Vec::new());
        }
        Body::Gather(gather) => gather.index = Vec::new(),
        _ => {}
    }
}
