//! The checks that a plan passes once: afterwards every index and every length in it is known to be good.

use super::map::{Coding, Kind, MAX_COUNT, MAX_DELAY, MapSpec, Shape};
use super::ops::{
    Body, Byte, Conv, Delay, Dynamics, Entry, Gather, Neuron, Op, Output, Parameters, Pool, Readout, Term, Weights,
    window,
};
use super::window::Window;
use crate::error::{Error, Kind as Fault, Result};
use crate::neuron::Potential;
use crate::neuron::model::{Fire, Model};

/// Values in one map, at most.
pub const MAX_MAP: usize = 1 << 28;
/// Bytes that the maps of one run may take at the smallest block, at most.
pub const MAX_MEMORY: u64 = 1 << 33;
/// Operations in a plan, at most.
const MAX_OPS: usize = 1 << 16;

/// What is wrong, without the node that it is wrong with.
type Check = std::result::Result<(), String>;

/// Check all operations.
pub(super) fn check(ops: &[Op]) -> Result<()> {
    if ops.len() < 2 || ops.len() > MAX_OPS {
        return Err(Error::plan(format!("a plan has 2 to {MAX_OPS} operations, not {}", ops.len())));
    }
    for (number, op) in ops.iter().enumerate() {
        let named = |what: String| format!("node '{}': {what}", op.node);
        spec(&op.spec).map_err(|what| Error::new(Fault::Capacity, named(what)))?;
        operation(ops, number, op).map_err(|what| Error::plan(named(what)))?;
    }
    windows(ops)
}

/// Where neurons have windows, all have them, of one length, and nothing takes steps.
fn windows(ops: &[Op]) -> Result<()> {
    let Some(window) = window(ops) else { return Ok(()) };
    for op in ops {
        let what = match &op.body {
            Body::Neuron(neuron) if neuron.model.fire != Fire::Level => "it takes steps, and others have windows",
            Body::Neuron(_) if op.spec.max_count as usize != window => "its window is not as long as that of others",
            Body::Input(coding) if !matches!(coding, Coding::Constant | Coding::Pixels) => {
                "windows ask for an input that is constant in time"
            }
            Body::Delay(_) => "it delays by steps, and neurons have windows",
            Body::Output(output) if matches!(output.readout, Readout::Count | Readout::FirstSpike) => {
                "windows are read as the potential that the last one leaves"
            }
            _ => continue,
        };
        return Err(Error::plan(format!("node '{}': {what}", op.node)));
    }
    Ok(())
}

fn ensure(good: bool, what: impl FnOnce() -> String) -> Check {
    if good { Ok(()) } else { Err(what()) }
}

fn spec(spec: &MapSpec) -> Check {
    let Shape { channels, height, width } = spec.shape;
    let size = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
    ensure(size.is_some_and(|size| (1..=MAX_MAP).contains(&size)), || {
        format!("a map of {channels} x {height} x {width} values; expected 1 to {MAX_MAP} values")
    })
}

fn operation(ops: &[Op], number: usize, op: &Op) -> Check {
    for source in op.sources() {
        let later = matches!(op.body, Body::Delay(_)) && source < ops.len();
        ensure(source < number || later, || format!("operation {number} reads map {source}, which is not before it"))?;
        ensure(!matches!(ops[source].body, Body::Output(_)), || format!("operation {number} reads the output"))?;
    }
    ensure(matches!(op.body, Body::Input(_)) == (number == 0), || "the input is operation 0".into())?;
    ensure(matches!(op.body, Body::Output(_)) == (number + 1 == ops.len()), || "the output comes last".into())?;
    let counts = op.spec.kind.holds_spikes();
    ensure(if counts { (1..=MAX_COUNT).contains(&op.spec.max_count) } else { op.spec.max_count == 0 }, || {
        format!("max_count is {}; expected 1 to {MAX_COUNT} for counts and levels and 0 elsewhere", op.spec.max_count)
    })?;
    let held = |spec: &MapSpec| spec.is_static && spec.kind.holds_spikes();
    ensure(!held(&op.spec) || matches!(op.body, Body::Input(Coding::Pixels)), || "static counts are pixels".into())?;
    let reads = op.sources().iter().any(|&source| held(&ops[source].spec));
    ensure(!reads || matches!(op.body, Body::Conv(_)), || "only weights read pixels".into())?;
    let of = |source: usize| &ops[source].spec;
    match &op.body {
        Body::Input(coding) => {
            let constant = matches!(coding, Coding::Constant | Coding::Pixels);
            let kind = if matches!(coding, Coding::Constant | Coding::Frames) { Kind::Real } else { Kind::Count };
            ensure(op.spec.kind == kind && op.spec.is_static == constant, || {
                "a constant input is a static real map, frames are a real map, pixels a static count map, others a count map".into()
            })
        }
        Body::Conv(body) => conv(&op.spec, of(body.source), body),
        Body::Pool(body) => pool(&op.spec, of(body.source), body),
        Body::MaxPool(body) => max_pool(&op.spec, of(body.source), &body.window),
        Body::Gather(body) => gather(&op.spec, body, of),
        Body::Clamp(body) => {
            let source = of(body.source);
            ensure(source.kind == Kind::Real && source.is_static, || "clamp reads a static real map".into())?;
            same_map(&op.spec, source, Kind::Real)?;
            body.high.as_ref().map_or(Ok(()), |high| length("high", high.len(), op.spec.shape.channels))
        }
        Body::Round(body) => {
            let source = of(body.source);
            ensure(source.kind == Kind::Real && source.is_static, || "round reads a static real map".into())?;
            same_map(&op.spec, source, Kind::Current)?;
            length("unit", body.unit.len(), op.spec.shape.channels)
        }
        Body::Add(terms) => add(&op.spec, terms, of),
        Body::Neuron(body) => neuron(&op.spec, of(body.source), body),
        Body::Output(body) => output(&op.spec, of(body.source), body),
        Body::Delay(body) => delay(&op.spec, of(body.source), body),
        Body::Byte(body) => byte(&op.spec, of(body.source), body),
    }
}

fn length(name: &str, have: usize, expected: usize) -> Check {
    ensure(have == expected, || format!("{name} has {have} values; expected {expected}"))
}

fn static_alike(spec: &MapSpec, sources_static: bool) -> Check {
    ensure(spec.is_static == sources_static, || {
        "a map is static if all its sources are, and only then (neurons and inputs apart)".into()
    })
}

fn shape_is(spec: &MapSpec, expected: Shape) -> Check {
    ensure(spec.shape == expected, || format!("the map's shape is {:?}; expected {expected:?}", spec.shape))
}

fn same_map(spec: &MapSpec, source: &MapSpec, kind: Kind) -> Check {
    shape_is(spec, source.shape)?;
    static_alike(spec, source.is_static)?;
    ensure(spec.kind == kind, || format!("the map is {:?}; expected {kind:?}", spec.kind))
}

fn slides(spec: &MapSpec, source: &MapSpec, window: &Window, channels: usize) -> Check {
    let sizes = window.output(source.shape.height, source.shape.width);
    let [height, width] = sizes.ok_or_else(|| format!("{window:?} does not fit a map of shape {:?}", source.shape))?;
    shape_is(spec, Shape { channels, height, width })?;
    static_alike(spec, source.is_static)
}

fn conv(spec: &MapSpec, source: &MapSpec, conv: &Conv) -> Check {
    let (inputs, outputs) = (source.shape.channels, spec.shape.channels);
    let groups = conv.groups;
    ensure(groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups), || {
        format!("{groups} groups do not divide {inputs} and {outputs} channels")
    })?;
    slides(spec, source, &conv.window, outputs)?;
    let taps = conv.window.kernel.iter().try_fold(1_usize, |n, k| n.checked_mul(*k));
    let weights = taps.and_then(|n| n.checked_mul(inputs / groups)).and_then(|n| n.checked_mul(outputs));
    let (kind, weight, bias) = match &conv.weights {
        Weights::Real(weight, bias) => (Kind::Real, weight.len(), bias.len()),
        Weights::Integer(weight, bias) => (Kind::Current, weight.len(), bias.len()),
    };
    ensure(spec.kind == kind, || format!("the map is {:?}; these weights make {kind:?}", spec.kind))?;
    let fits = source.kind.holds_spikes() || (source.kind == Kind::Real && kind == Kind::Real);
    ensure(fits, || format!("these weights cannot read a {:?} map", source.kind))?;
    ensure(weights == Some(weight) && u32::try_from(weight).is_ok(), || {
        format!("weight has {weight} values; expected {weights:?}")
    })?;
    length("bias", bias, outputs)
}

fn pool(spec: &MapSpec, source: &MapSpec, pool: &Pool) -> Check {
    slides(spec, source, &pool.window, source.shape.channels)?;
    ensure(pool.window.dilation == [1, 1], || "a pool has dilation 1".into())?;
    let fits = match (source.kind, spec.kind) {
        (Kind::Level | Kind::Count, into) => into != Kind::Level,
        (from, into) => from == into,
    };
    ensure(fits, || format!("a pool cannot make a {:?} map of a {:?} map", spec.kind, source.kind))?;
    let [kh, kw] = [0, 1].map(|axis| {
        let size = [source.shape.height, source.shape.width][axis];
        pool.window.kernel[axis].min(size)
    });
    let most = (kh * kw).saturating_mul(source.max_count as usize);
    ensure(spec.kind != Kind::Count || most <= spec.max_count as usize, || {
        format!("a window can hold {most} spikes, more than max_count {}", spec.max_count)
    })
}

fn max_pool(spec: &MapSpec, source: &MapSpec, window: &Window) -> Check {
    slides(spec, source, window, source.shape.channels)?;
    ensure(window.dilation == [1, 1], || "a pool has dilation 1".into())?;
    let fits = source.kind.holds_spikes() || source.kind == Kind::Real;
    ensure(fits && spec.kind == source.kind, || "max-pool reads counts, levels or real values".into())?;
    ensure(spec.max_count >= source.max_count, || "max_count is smaller than the source's".into())
}

fn gather<'a>(spec: &MapSpec, gather: &Gather, of: impl Fn(usize) -> &'a MapSpec) -> Check {
    ensure(!gather.sources.is_empty(), || "no sources".into())?;
    let mut total = 0_usize;
    for &source in &gather.sources {
        let source = of(source);
        let fits = source.kind == spec.kind || (source.kind == Kind::Level && spec.kind == Kind::Count);
        ensure(fits, || format!("gathers {:?} into {:?}", source.kind, spec.kind))?;
        ensure(spec.max_count >= source.max_count, || "max_count is smaller than a source's".into())?;
        total = total.saturating_add(source.shape.size());
    }
    static_alike(spec, gather.sources.iter().all(|&source| of(source).is_static))?;
    length("index", gather.index.len(), spec.shape.size())?;
    let inside = gather.index.iter().all(|&i| i == -1 || usize::try_from(i).is_ok_and(|i| i < total));
    ensure(inside, || format!("index has values outside -1..{total}"))
}

fn add<'a>(spec: &MapSpec, terms: &[Term], of: impl Fn(usize) -> &'a MapSpec) -> Check {
    ensure(!terms.is_empty(), || "no terms".into())?;
    static_alike(spec, terms.iter().all(|term| of(term.source).is_static))?;
    let mut most = 0_u32;
    for term in terms {
        let source = of(term.source);
        shape_is(spec, source.shape)?;
        let channels = spec.shape.channels;
        most = most.saturating_add(source.max_count);
        match (spec.kind, source.kind, &term.entry) {
            (Kind::Count, Kind::Level, Entry::Plain) => {}
            (into, from, Entry::Plain) if into == from && into != Kind::Level => {}
            (Kind::Real, Kind::Count | Kind::Level, Entry::Scale(scale)) => length("scale", scale.len(), channels)?,
            (Kind::Current, Kind::Count | Kind::Level, Entry::Constant(constant)) => {
                length("constant", constant.len(), channels)?;
            }
            (Kind::Current, Kind::Current, Entry::Ratio { multiplier, shift }) => {
                length("multiplier", multiplier.len(), channels)?;
                length("shift", shift.len(), channels)?;
                ensure(shift.iter().all(|s| (1..=62).contains(s)), || "shift is outside 1..=62".into())?;
            }
            (into, from, _) => return Err(format!("a {from:?} map cannot enter a {into:?} sum in this way")),
        }
    }
    ensure(spec.kind != Kind::Count || most <= spec.max_count, || {
        format!("the sum can reach {most}, more than max_count {}", spec.max_count)
    })
}

fn neuron(spec: &MapSpec, source: &MapSpec, neuron: &Neuron) -> Check {
    shape_is(spec, source.shape)?;
    let (model, most) = (&neuron.model, spec.max_count);
    let fits = match model.fire {
        Fire::Once => spec.kind == Kind::Count && most == 1,
        Fire::Count => spec.kind == Kind::Count,
        Fire::Level => spec.kind == Kind::Level,
        Fire::Never => spec.kind == Kind::Real,
    };
    ensure(fits && !spec.is_static, || "a neuron's map holds spikes, or potentials where it never fires".into())?;
    length("unit", neuron.unit.len(), spec.shape.channels)?;
    model.check(matches!(neuron.dynamics, Dynamics::Integer(_)))?;
    match (&neuron.dynamics, source.kind) {
        (Dynamics::Real(parameters), Kind::Real) => parameter_lengths(model, parameters, spec.shape),
        (Dynamics::Integer(parameters), Kind::Current) => {
            parameter_lengths(model, parameters, spec.shape)?;
            let below = parameters.threshold.iter().all(|&threshold| threshold < i32::MAX);
            ensure(below, || "a threshold is too large".into())
        }
        (_, kind) => Err(format!("these parameters cannot integrate a {kind:?} map")),
    }
}

fn parameter_lengths<A: Potential>(model: &Model, parameters: &Parameters<A>, shape: Shape) -> Check {
    let expected = if model.per_neuron { shape.size() } else { shape.channels };
    length("threshold", parameters.threshold.len(), expected)?;
    length("v_init", parameters.v_init.len(), expected)?;
    length("v_reset", parameters.v_reset.len(), expected)?;
    let names = model.constants(A::INTEGER);
    ensure(names.len() == parameters.constants.len(), || {
        format!("{} constants; expected {names:?}", parameters.constants.len())
    })?;
    let mut constants = names.iter().zip(&parameters.constants);
    constants.try_for_each(|(name, values)| length(&format!("{name:?}"), values.len(), expected))
}

fn delay(spec: &MapSpec, source: &MapSpec, delay: &Delay) -> Check {
    shape_is(spec, source.shape)?;
    ensure((1..=MAX_DELAY).contains(&delay.steps), || {
        format!("a delay of {} steps; expected 1 to {MAX_DELAY}", delay.steps)
    })?;
    ensure(spec.kind == source.kind && spec.kind != Kind::Current, || "a delay is of counts or of real values".into())?;
    ensure(!spec.is_static, || "a delayed map is never static".into())?;
    ensure(spec.max_count == source.max_count, || "max_count is not the source's".into())
}

fn byte(spec: &MapSpec, source: &MapSpec, byte: &Byte) -> Check {
    shape_is(spec, source.shape)?;
    ensure(source.kind == Kind::Current && spec.kind == Kind::Count, || "a byte is a count, of a current".into())?;
    ensure(byte.shift <= 24 && byte.shift.is_multiple_of(8) && !spec.is_static && !source.is_static, || {
        format!("a byte {} bits up; expected 0, 8, 16 or 24, of what is not static", byte.shift)
    })
}

fn output(spec: &MapSpec, source: &MapSpec, output: &Output) -> Check {
    shape_is(spec, source.shape)?;
    let spikes = matches!(output.readout, Readout::Count | Readout::FirstSpike);
    ensure(!spikes || source.kind == Kind::Count, || "spikes are read from a count map".into())?;
    ensure(output.unit.is_some() == (source.kind == Kind::Current), || {
        "unit is given for a current source, and only there".into()
    })?;
    output.unit.as_ref().map_or(Ok(()), |unit| length("unit", unit.len(), spec.shape.channels))
}
