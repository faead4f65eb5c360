//! Any member of the family of neurons: stage by stage, each a loop over 16 channels that becomes vector code.

use crate::clocked::layer::firing::{Chunk, Firing, Kept, Spot, Steps};
use crate::clocked::synapses::current::{Current, LANES};
use crate::neuron::model::{Constant, Fire, Leak, Model, Reset, ResetTime, Synapse};
use crate::neuron::stages::{boxed, corrected, fits, lapicque, plain, plain_divided, relax, relax_divided};
use crate::neuron::{LeakStep, synapse};

/// A value for each lane.
#[inline(always)]
fn lanes<T: Copy + Default>(value: impl Fn(usize) -> T) -> Chunk<T> {
    let mut found = [T::default(); LANES];
    for (lane, found) in found.iter_mut().enumerate() {
        *found = value(lane);
    }
    found
}

/// The constants of a chunk, by the stages that they belong to.
struct Own<A> {
    fire: Chunk<A>,
    threshold: Chunk<A>,
    reset: Chunk<A>,
    leak: [Chunk<A>; 4],
    synapse: [Chunk<A>; 2],
    floor: Chunk<A>,
    refractory: Chunk<A>,
    adapt: [Chunk<A>; 2],
}

/// What a chunk remembers.
struct State<A> {
    v: Chunk<A>,
    i: Chunk<A>,
    rise: Chunk<A>,
    wait: Chunk<A>,
}

impl<A: Current> Firing<A> {
    /// Integrate a chunk of a pixel's channels by the stages of its model.
    #[inline(always)]
    pub(crate) fn walk_any(&self, spot: Spot, kept: &mut Kept<'_, A>, steps: &mut Steps<'_, A>) {
        let own = self.own(spot.constants);
        let or_zero = |part: &[Chunk<A>]| part.get(spot.kept).copied().unwrap_or([A::default(); LANES]);
        let mut state = State {
            v: kept.potential[spot.kept],
            i: or_zero(kept.synaptic),
            rise: or_zero(kept.rise),
            wait: or_zero(kept.wait),
        };
        for number in 0..steps.current.len() {
            let spikes = self.step(&own, &mut state, steps.current(number, spot.place));
            steps.put(number, spot.place, &spikes, &state.v);
        }
        kept.potential[spot.kept] = state.v;
        for (part, value) in [(&mut kept.synaptic, state.i), (&mut kept.rise, state.rise), (&mut kept.wait, state.wait)]
        {
            if let Some(part) = part.get_mut(spot.kept) {
                *part = value;
            }
        }
    }

    #[inline(always)]
    fn own(&self, at: usize) -> Own<A> {
        use Constant as C;
        let of = |constant| self.constant(constant, at);
        let leak = match self.model.leak {
            Leak::None => [[A::default(); LANES]; 4],
            Leak::Euler => [of(C::Decay), of(C::Gain), of(C::Drive), of(C::Drive)],
            Leak::Relax | Leak::Box | Leak::Plain => [of(C::Rate), of(C::VLeak), of(C::VLeak), of(C::VLeak)],
            Leak::RelaxDivided | Leak::PlainDivided => [of(C::Tau), of(C::VLeak), of(C::VLeak), of(C::VLeak)],
            Leak::Lapicque => [of(C::Decay), of(C::R), of(C::InverseTau), of(C::Dt)],
        };
        Own {
            fire: self.fire[at],
            threshold: self.threshold[at],
            reset: self.reset[at],
            leak,
            synapse: [of(if self.model.synapse == Synapse::Jump { C::SynRate } else { C::SynDecay }), of(C::SynGain)],
            floor: of(C::Floor),
            refractory: of(C::Refractory),
            adapt: [of(C::AdaptDecay), of(C::AdaptJump)],
        }
    }

    /// One step: the spikes.
    #[inline(always)]
    fn step(&self, own: &Own<A>, state: &mut State<A>, current: &Chunk<A>) -> Chunk<u8> {
        let model = &self.model;
        let x = synapses(model, own, &mut state.i, current);
        let held = state.v;
        let before = lanes(|i| held[i] >= own.fire[i]);
        let mut v = leaks(model, own, &held, &x);
        match (model.reset_time, model.reset) {
            (ResetTime::Now, _) | (_, Reset::None) => {}
            (_, Reset::Subtract) => v = lanes(|i| if before[i] { v[i].minus(own.threshold[i]) } else { v[i] }),
            (_, Reset::Zero) => v = lanes(|i| if before[i] { own.reset[i] } else { v[i] }),
        }
        let zero = A::default();
        if model.refractory {
            v = lanes(|i| if state.wait[i] > zero { held[i] } else { v[i] });
        }
        let mut spikes = self.spikes(own, &v, &state.rise);
        if model.refractory {
            spikes = lanes(|i| if state.wait[i] > zero { 0 } else { spikes[i] });
            let left = |i: usize| if state.wait[i] > zero { state.wait[i].minus(A::whole(1)) } else { zero };
            state.wait = lanes(|i| if spikes[i] > 0 { own.refractory[i] } else { left(i) });
        }
        v = reset(model, own, &v, [&spikes, &before.map(u8::from)]);
        if model.floor {
            v = lanes(|i| v[i].lifted(own.floor[i]));
        }
        if model.adaptive {
            let [decay, jump] = &own.adapt;
            state.rise = lanes(|i| decay[i].times(state.rise[i]).plus(jump[i].times(A::whole(spikes[i]))));
        }
        state.v = v;
        spikes
    }

    /// Who fires, and how often.
    #[inline(always)]
    fn spikes(&self, own: &Own<A>, v: &Chunk<A>, rise: &Chunk<A>) -> Chunk<u8> {
        match self.model.fire {
            Fire::Never => [0; LANES],
            Fire::Count | Fire::Level => {
                let count = lanes(|i| fits(v[i], own.threshold[i], self.most));
                lanes(|i| if v[i] >= own.fire[i] { count[i] } else { 0 })
            }
            Fire::Once if self.model.adaptive => {
                let strict = self.model.strict;
                lanes(|i| {
                    let threshold = own.threshold[i].plus(rise[i]);
                    u8::from(if strict { v[i] > threshold } else { v[i] >= threshold })
                })
            }
            Fire::Once => lanes(|i| u8::from(v[i] >= own.fire[i])),
        }
    }
}

/// What the potential takes in.
#[inline(always)]
fn synapses<A: Current>(model: &Model, own: &Own<A>, i: &mut Chunk<A>, current: &Chunk<A>) -> Chunk<A> {
    let [first, second] = &own.synapse;
    match model.synapse {
        Synapse::None => return *current,
        Synapse::DecayFirst => {
            let leak = |k: usize| LeakStep { decay: first[k], gain: second[k], drive: A::default() };
            *i = lanes(|k| synapse(i[k], current[k], leak(k)));
        }
        Synapse::DecayLast => *i = lanes(|k| first[k].times(i[k].plus(current[k]))),
        Synapse::Jump => {
            let raised = lanes(|k| i[k].plus(current[k]));
            *i = lanes(|k| raised[k].minus(first[k].times(raised[k])));
            return raised;
        }
    }
    *i
}

/// The potential with the current taken in.
#[inline(always)]
fn leaks<A: Current>(model: &Model, own: &Own<A>, v: &Chunk<A>, x: &Chunk<A>) -> Chunk<A> {
    let [a, b, c, d] = &own.leak;
    match model.leak {
        Leak::None => lanes(|i| v[i].plus(x[i])),
        Leak::Euler => lanes(|i| v[i].leak(x[i], LeakStep { decay: a[i], gain: b[i], drive: c[i] })),
        Leak::Relax => lanes(|i| relax(v[i], x[i], a[i], b[i])),
        Leak::RelaxDivided => lanes(|i| relax_divided(v[i], x[i], a[i], b[i])),
        Leak::Box => lanes(|i| boxed(v[i], x[i], a[i], b[i])),
        Leak::Plain => lanes(|i| plain(v[i], x[i], a[i], b[i])),
        Leak::PlainDivided => lanes(|i| plain_divided(v[i], x[i], a[i], b[i])),
        Leak::Lapicque => lanes(|i| lapicque(v[i], x[i], a[i], [b[i], c[i], d[i]])),
    }
}

/// The potential behind the spikes of this step; `before`: who fired in the one before.
#[inline(always)]
fn reset<A: Current>(model: &Model, own: &Own<A>, v: &Chunk<A>, [spikes, before]: [&Chunk<u8>; 2]) -> Chunk<A> {
    match (model.reset_time, model.reset) {
        (ResetTime::Late, _) | (_, Reset::None) => *v,
        (ResetTime::Both, _) => lanes(|i| corrected(v[i], own.threshold[i], [spikes[i] > 0, before[i] > 0])),
        (ResetTime::Now, Reset::Subtract) => {
            let lower = |i: usize| v[i].minus(A::whole(spikes[i]).times(own.threshold[i]));
            lanes(|i| if spikes[i] > 0 { lower(i) } else { v[i] })
        }
        (ResetTime::Now, Reset::Zero) => lanes(|i| if spikes[i] > 0 { own.reset[i] } else { v[i] }),
    }
}
