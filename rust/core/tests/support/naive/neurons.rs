//! Neurons one at a time, in the order of `docs/numerics.md`.

use super::{Map, State};
use pysnn_core::plan::{Constant, Dynamics, Fire, Leak, MapSpec, Model, Neuron, Parameters, Reset, ResetTime, Synapse};

/// The numbers of one neuron.
struct One<'a, A> {
    model: &'a Model,
    parameters: &'a Parameters<A>,
    integer: bool,
    at: usize,
}

impl<A: Copy> One<'_, A> {
    fn constant(&self, wanted: Constant) -> A {
        let place = self.model.constants(self.integer).iter().position(|&constant| constant == wanted).unwrap();
        self.parameters.constants[place][self.at]
    }
}

/// The potential with the current taken in.
fn leak(one: &One<'_, f32>, v: f32, x: f32) -> f32 {
    let of = |constant| one.constant(constant);
    match one.model.leak {
        Leak::None => v + x,
        Leak::Euler => {
            let sum = of(Constant::Decay) * v + of(Constant::Gain) * x;
            sum + of(Constant::Drive)
        }
        Leak::Relax => v + of(Constant::Rate) * ((of(Constant::VLeak) - v) + x),
        Leak::RelaxDivided => v + ((of(Constant::VLeak) - v) + x) / of(Constant::Tau),
        Leak::Box => v + of(Constant::Rate) * ((x + of(Constant::VLeak)) - v),
        Leak::Plain => (v - of(Constant::Rate) * (v - of(Constant::VLeak))) + x,
        Leak::PlainDivided => (v - (v - of(Constant::VLeak)) / of(Constant::Tau)) + x,
        Leak::Lapicque => x * of(Constant::R) * of(Constant::InverseTau) * of(Constant::Dt) + of(Constant::Decay) * v,
    }
}

/// What the potential takes in, and the synaptic current behind the step.
fn synapse(one: &One<'_, f32>, i: f32, current: f32) -> [f32; 2] {
    match one.model.synapse {
        Synapse::None => [current, i],
        Synapse::DecayFirst => [one.constant(Constant::SynDecay) * i + one.constant(Constant::SynGain) * current; 2],
        Synapse::DecayLast => [one.constant(Constant::SynDecay) * (i + current); 2],
        Synapse::Jump => {
            let raised = i + current;
            [raised, raised + -one.constant(Constant::SynRate) * raised]
        }
    }
}

/// A step of a real neuron: its spikes.
fn real(one: &One<'_, f32>, current: f32, most: u32, state: &mut [&mut f32]) -> u32 {
    let (model, parameters, at) = (one.model, one.parameters, one.at);
    let (threshold, v_reset) = (parameters.threshold[at], parameters.v_reset[at]);
    let fires = |v: f32, threshold: f32| if model.strict { v > threshold } else { v >= threshold };
    let [i, a] = [1, 1 + usize::from(model.synapse != Synapse::None)];
    let mut x = current;
    if model.synapse != Synapse::None {
        let [taken, left] = synapse(one, *state[i], current);
        (x, *state[i]) = (taken, left);
    }
    let held = *state[0];
    let before = fires(held, threshold);
    let mut v = leak(one, held, x);
    if before && model.reset_time != ResetTime::Now {
        v = if model.reset == Reset::Subtract { v - threshold } else { v_reset };
    }
    let last = state.len() - 1;
    let waits = model.refractory && *state[last] > 0.0;
    if waits {
        v = held;
    }
    let limit = if model.adaptive { threshold + *state[a] } else { threshold };
    let spikes = match model.fire {
        _ if waits || !fires(v, limit) => 0,
        Fire::Never => 0,
        Fire::Once => 1,
        Fire::Count | Fire::Level => ((v / threshold).trunc().max(1.0) as u32).min(most),
    };
    let n = spikes as f32;
    match (model.reset_time, model.reset) {
        (ResetTime::Late, _) | (_, Reset::None) => {}
        (ResetTime::Both, _) if (spikes > 0) != before => v -= if before { -threshold } else { threshold },
        (ResetTime::Now, Reset::Subtract) if spikes > 0 => v -= n * threshold,
        (ResetTime::Now, Reset::Zero) if spikes > 0 => v = v_reset,
        _ => {}
    }
    if model.floor {
        let floor = one.constant(Constant::Floor);
        v = (v - floor).max(0.0) + floor;
    }
    if model.adaptive {
        let decayed = one.constant(Constant::AdaptDecay) * *state[a];
        *state[a] = decayed + one.constant(Constant::AdaptJump) * n;
    }
    if model.refractory {
        *state[last] = if spikes > 0 { one.constant(Constant::Refractory) } else { (*state[last] - 1.0).max(0.0) };
    }
    *state[0] = v;
    spikes
}

/// The same of an integer neuron.
fn whole(one: &One<'_, i32>, current: i64, most: u32, state: &mut [&mut i64]) -> u32 {
    let (model, parameters, at) = (one.model, one.parameters, one.at);
    let [threshold, v_reset] = [parameters.threshold[at], parameters.v_reset[at]].map(i64::from);
    let fires = |v: i64| if model.strict { v > threshold } else { v >= threshold };
    let held = *state[0];
    let before = fires(held);
    let mut v = if model.leak == Leak::None {
        held + current
    } else {
        let kept = (i64::from(one.constant(Constant::Decay)) * held + (1 << 29)) >> 30;
        kept + current + i64::from(one.constant(Constant::Drive))
    };
    if before && model.reset_time != ResetTime::Now {
        v = if model.reset == Reset::Subtract { v - threshold } else { v_reset };
    }
    let last = state.len() - 1;
    let waits = model.refractory && *state[last] > 0;
    if waits {
        v = held;
    }
    let spikes = match model.fire {
        _ if waits || !fires(v) => 0,
        Fire::Count | Fire::Level => i64::from(most).min(v / threshold).max(1),
        _ => 1,
    };
    match (model.reset_time, model.reset) {
        (ResetTime::Late, _) | (_, Reset::None) => {}
        (ResetTime::Both, _) if (spikes > 0) != before => v -= if before { -threshold } else { threshold },
        (ResetTime::Now, Reset::Subtract) if spikes > 0 => v -= spikes * threshold,
        (ResetTime::Now, Reset::Zero) if spikes > 0 => v = v_reset,
        _ => {}
    }
    if model.floor {
        v = v.max(i64::from(one.constant(Constant::Floor)));
    }
    if model.refractory {
        *state[last] =
            if spikes > 0 { i64::from(one.constant(Constant::Refractory)) } else { (*state[last] - 1).max(0) };
    }
    *state[0] = v;
    spikes as u32
}

pub(super) fn neuron(spec: &MapSpec, neuron: &Neuron, source: &Map, state: &mut State) -> Map {
    let (size, pixels, model) = (spec.shape.size(), spec.shape.pixels(), &neuron.model);
    let mut spikes = vec![0; size];
    for (i, spike) in spikes.iter_mut().enumerate() {
        let at = if model.per_neuron { i } else { i / pixels };
        let count = match &neuron.dynamics {
            Dynamics::Real(parameters) => {
                let one = One { model, parameters, integer: false, at };
                let mut own: Vec<&mut f32> = state.real.iter_mut().skip(i).step_by(size).collect();
                real(&one, source.real()[i], spec.max_count, &mut own)
            }
            Dynamics::Integer(parameters) => {
                let one = One { model, parameters, integer: true, at };
                let mut own: Vec<&mut i64> = state.integer.iter_mut().skip(i).step_by(size).collect();
                whole(&one, source.integers()[i], spec.max_count, &mut own)
            }
        };
        *spike = i64::from(count);
    }
    if model.fire == Fire::Never { Map::Real(state.real[..size].to_vec()) } else { Map::Integer(spikes) }
}
