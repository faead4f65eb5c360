//! Random neurons: any member of the family, in either precision.

use pysnn_core::plan::{
    Body, Constant, Dynamics, Fire, Kind, Leak, MapSpec, Model, Neuron, Op, Parameters, Reset, ResetTime, Synapse,
};

use super::Rng;
use super::plans::source;

pub(super) fn neuron(rng: &mut Rng, ops: &[Op]) -> Option<(MapSpec, Body)> {
    let source = source(rng, ops, |spec| spec.kind != Kind::Count)?;
    let spec = ops[source].spec;
    let integer = spec.kind == Kind::Current;
    let model = model(rng, integer);
    let values = if model.per_neuron { spec.shape.size() } else { spec.shape.channels };
    let dynamics = if integer {
        Dynamics::Integer(parameters(rng, &model, values, true, |real, constant| match constant {
            Some(Constant::Decay) => (real * 1e9) as i32,
            Some(Constant::Refractory) => real as i32,
            _ => (real * 120.0) as i32,
        }))
    } else {
        Dynamics::Real(parameters(rng, &model, values, false, |real, _| real))
    };
    let (kind, max_count) = match model.fire {
        Fire::Once => (Kind::Count, 1),
        Fire::Count => (Kind::Count, rng.pick(&[2, 255])),
        Fire::Never => (Kind::Real, 0),
        Fire::Level => (Kind::Level, 7),
    };
    let unit = vec![1.0; spec.shape.channels];
    let spec = MapSpec { kind, is_static: false, max_count, ..spec };
    Some((spec, Body::Neuron(Neuron { source, model, dynamics, unit, max_current: 0 })))
}

/// Half of them are those that kernels are compiled for.
fn model(rng: &mut Rng, integer: bool) -> Model {
    let (strict, per_neuron) = (rng.one_in(3), rng.one_in(4));
    let reset = if rng.one_in(3) { Reset::Zero } else { Reset::Subtract };
    if rng.one_in(2) {
        let leak = if rng.one_in(2) { Leak::Euler } else { Leak::None };
        let synaptic = !integer && leak == Leak::Euler && rng.one_in(3);
        let synapse = if synaptic { Synapse::DecayFirst } else { Synapse::None };
        return Model { leak, synapse, reset, strict, per_neuron, ..Model::default() };
    }
    let leaks = [
        Leak::None,
        Leak::Euler,
        Leak::Relax,
        Leak::RelaxDivided,
        Leak::Box,
        Leak::Plain,
        Leak::PlainDivided,
        Leak::Lapicque,
    ];
    let leak = rng.pick(&leaks[..if integer { 2 } else { 8 }]);
    let synapse = rng.pick(&[Synapse::None, Synapse::DecayFirst, Synapse::DecayLast, Synapse::Jump]);
    let synapse = if integer { Synapse::None } else { synapse };
    let floor = rng.one_in(3);
    let base = Model { leak, synapse, reset, strict, per_neuron, floor, ..Model::default() };
    match rng.below(if integer { 5 } else { 7 }) {
        0 => Model { reset_time: ResetTime::Late, ..base },
        1 => Model { reset_time: ResetTime::Both, reset: Reset::Subtract, ..base },
        2 => Model { fire: Fire::Count, strict: false, ..base },
        3 => Model { reset: Reset::None, ..base },
        4 => Model { refractory: true, ..base },
        5 => Model { adaptive: true, refractory: rng.one_in(2), ..base },
        _ => Model { fire: Fire::Never, ..base },
    }
}

fn parameters<A>(
    rng: &mut Rng,
    model: &Model,
    values: usize,
    integer: bool,
    turn: impl Fn(f32, Option<Constant>) -> A,
) -> Parameters<A> {
    let mut drawn = |base: f32, spread: f32, constant: Option<Constant>| -> Vec<A> {
        (0..values).map(|_| turn(base + spread * rng.real(), constant)).collect()
    };
    let constants = model.constants(integer).into_iter().map(|constant| match constant {
        Constant::Decay | Constant::SynDecay | Constant::AdaptDecay => drawn(0.8, 0.1, Some(constant)),
        Constant::Tau => drawn(3.0, 1.0, Some(constant)),
        Constant::Rate | Constant::SynRate | Constant::InverseTau => drawn(0.4, 0.3, Some(constant)),
        Constant::Refractory => drawn(2.0, 0.0, Some(constant)),
        Constant::Floor => drawn(-0.5, 0.4, Some(constant)),
        Constant::Drive | Constant::VLeak => drawn(0.0, 0.1, Some(constant)),
        _ => drawn(0.7, 0.3, Some(constant)),
    });
    let constants = constants.collect();
    Parameters {
        threshold: drawn(1.2, 0.8, None),
        v_init: drawn(0.3, 0.2, None),
        v_reset: drawn(0.0, 0.2, None),
        constants,
    }
}
