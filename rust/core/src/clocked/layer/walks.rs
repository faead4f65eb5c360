//! Models that a kernel is compiled for alone, some chunks of 16 neurons together.

use crate::clocked::layer::firing::{CUBA_LAST, CUBA_LIF, Chunk, Firing, IF, Kept, Spot, Steps, chunk};
use crate::clocked::synapses::current::{Current, LANES};
use crate::neuron::model::Constant;
use crate::neuron::{Constants, LeakStep, step, synapse};

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
        let own = |wanted: bool, constant| if wanted { self.constant(constant, at) } else { [A::default(); LANES] };
        Own {
            fire: chunk(&self.fire, at),
            after: chunk(if SUBTRACT { &self.threshold } else { &self.reset }, at),
            leak: [Constant::Decay, Constant::Gain, Constant::Drive].map(|it| own(MODEL != IF, it)),
            synapse: [Constant::SynDecay, Constant::SynGain].map(|it| own(MODEL >= CUBA_LIF, it)),
        }
    }

    /// Integrate some chunks, step by step.
    #[inline(always)]
    pub(crate) fn walk<const N: usize, const P: usize, const C: usize, const MODEL: u8, const SUBTRACT: bool>(
        &self,
        spots: [Spot; C],
        kept: &mut Kept<'_, A>,
        steps: &mut Steps<'_, A, N, P>,
    ) {
        let own = spots.map(|spot| self.own_of::<MODEL, SUBTRACT>(spot.constants));
        let mut v = spots.map(|spot| kept.potential[spot.kept]);
        let mut synaptic =
            spots.map(|spot| if MODEL >= CUBA_LIF { kept.synaptic[spot.kept] } else { [A::default(); LANES] });
        for number in 0..steps.current.len() {
            for (k, &spot) in spots.iter().enumerate() {
                let Some(row) = steps.row(number, spot) else { return };
                let spikes = one::<A, MODEL, SUBTRACT>(&own[k], row, &mut v[k], &mut synaptic[k]);
                steps.put(number, spot, &spikes, &v[k]);
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
            CUBA_LIF => {
                let inflow = LeakStep { decay: own.synapse[0][i], gain: own.synapse[1][i], drive: A::default() };
                synaptic[i] = synapse(synaptic[i], row[i], inflow);
                synaptic[i]
            }
            CUBA_LAST => {
                synaptic[i] = own.synapse[0][i].times(synaptic[i].plus(row[i]));
                synaptic[i]
            }
            _ => row[i],
        };
        let after = match MODEL {
            IF => step::<A, false, SUBTRACT>(v[i], current, constants),
            _ => step::<A, true, SUBTRACT>(v[i], current, constants),
        };
        v[i] = after.potential;
        spikes[i] = u8::from(after.fires);
    }
    spikes
}
