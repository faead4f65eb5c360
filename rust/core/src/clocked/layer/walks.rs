//! Models that a kernel is compiled for alone, some chunks of 16 neurons together.

use crate::clocked::layer::firing::{Chunk, Firing, Kept, Spot, Steps, TOGETHER, chunk};
use crate::clocked::layer::kinds::{BOX, CUBA_LAST, CUBA_LIF, IF, JUMP, LATE_CUBA, LATE_LIF, PLAIN_DIVIDED};
use crate::clocked::synapses::current::{Current, LANES};
use crate::neuron::model::Constant;
use crate::neuron::stages::{boxed, plain_divided, relax};
use crate::neuron::{After, Constants, LeakStep, ended, step, synapse};

/// The constants of a chunk.
struct Own<A> {
    fire: Chunk<A>,
    after: Chunk<A>,
    leak: [Chunk<A>; 3],
    synapse: [Chunk<A>; 2],
}

impl<A: Current> Firing<A> {
    #[inline(always)]
    fn own_of<const MODEL: u8, const SUBTRACT: bool>(&self, at: usize) -> Own<A> {
        use Constant as C;
        let leak = match MODEL {
            PLAIN_DIVIDED => [C::Tau, C::VLeak, C::VLeak],
            BOX | JUMP => [C::Rate, C::VLeak, C::VLeak],
            _ => [C::Decay, C::Gain, C::Drive],
        };
        let own = |wanted: bool, constant| if wanted { self.constant(constant, at) } else { [A::default(); LANES] };
        Own {
            fire: chunk(&self.fire, at),
            after: chunk(if SUBTRACT { &self.threshold } else { &self.reset }, at),
            leak: leak.map(|it| own(MODEL != IF, it)),
            synapse: [if MODEL == JUMP { C::SynRate } else { C::SynDecay }, C::SynGain]
                .map(|it| own(MODEL >= CUBA_LIF, it)),
        }
    }

    /// Integrate some chunks, step by step.
    #[inline(always)]
    pub(crate) fn walk<const C: usize, const MODEL: u8, const SUBTRACT: bool>(
        &self,
        spots: [Spot; C],
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A>,
    ) {
        let own = spots.map(|spot| self.own_of::<MODEL, SUBTRACT>(spot.constants));
        let mut v = spots.map(|spot| kept.potential[spot.kept]);
        let mut synaptic =
            spots.map(|spot| if MODEL >= CUBA_LIF { kept.synaptic[spot.kept] } else { [A::default(); LANES] });
        for number in 0..steps.current.len() {
            for (k, spot) in spots.iter().enumerate() {
                // Those of a whole row lie in their order.
                let place = if C == TOGETHER { k } else { spot.place };
                let current = steps.current(number, place);
                let spikes = one::<A, MODEL, SUBTRACT>(&own[k], current, &mut v[k], &mut synaptic[k]);
                steps.put(number, place, &spikes, &v[k]);
            }
        }
        for (k, spot) in spots.iter().enumerate() {
            kept.potential[spot.kept] = v[k];
            if MODEL >= CUBA_LIF {
                kept.synaptic[spot.kept] = synaptic[k];
            }
        }
    }
}

/// A step of a chunk: its spikes.
#[inline(always)]
fn one<A: Current, const MODEL: u8, const SUBTRACT: bool>(
    own: &Own<A>,
    row: &Chunk<A>,
    v: &mut Chunk<A>,
    synaptic: &mut Chunk<A>,
) -> Chunk<u8> {
    let mut spikes = [0; LANES];
    for i in 0..LANES {
        let leak = LeakStep { decay: own.leak[0][i], gain: own.leak[1][i], drive: own.leak[2][i] };
        let constants = Constants { fire: own.fire[i], after: own.after[i], leak };
        let current = match MODEL {
            CUBA_LIF | LATE_CUBA => {
                let inflow = LeakStep { decay: own.synapse[0][i], gain: own.synapse[1][i], drive: A::default() };
                synaptic[i] = synapse(synaptic[i], row[i], inflow);
                synaptic[i]
            }
            CUBA_LAST => {
                synaptic[i] = own.synapse[0][i].times(synaptic[i].plus(row[i]));
                synaptic[i]
            }
            JUMP => {
                let raised = synaptic[i].plus(row[i]);
                synaptic[i] = raised.minus(own.synapse[0][i].times(raised));
                raised
            }
            _ => row[i],
        };
        let [rate, rest] = [own.leak[0][i], own.leak[1][i]];
        let after = match MODEL {
            IF => step::<A, false, SUBTRACT>(v[i], current, constants),
            LATE_LIF | LATE_CUBA => late(v[i], current, constants),
            PLAIN_DIVIDED => ended::<A, SUBTRACT>(plain_divided(v[i], current, rate, rest), constants),
            BOX => ended::<A, SUBTRACT>(boxed(v[i], current, rate, rest), constants),
            JUMP => ended::<A, SUBTRACT>(relax(v[i], current, rate, rest), constants),
            _ => step::<A, true, SUBTRACT>(v[i], current, constants),
        };
        v[i] = after.potential;
        spikes[i] = u8::from(after.fires);
    }
    spikes
}

/// A step whose threshold is taken away where the potential was above it before.
#[inline(always)]
fn late<A: Current>(v: A, current: A, own: Constants<A>) -> After<A> {
    let next = v.leak(current, own.leak);
    let potential = if v >= own.fire { next.minus(own.after) } else { next };
    After { potential, fires: potential >= own.fire }
}
