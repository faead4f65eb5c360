//! Neurons: one step of one of them.

use crate::MAPS;
use crate::bytes::Integers;
use crate::fault::{Result, fault};
use crate::model::Model;
use crate::op::{LEVEL, Op, word};

/// Flags of a neuron.
const ZERO: usize = 1;
const STRICT: usize = 2;
const NO_RESET: usize = 4;
const FLOOR: usize = 32;
const REFRACTORY: usize = 64;
const PER_NEURON: usize = 256;
/// How a neuron fires that may do so several times in a step.
const SEVERAL: usize = 1;

/// What a spike does to the potential.
enum Reset {
    None,
    Subtract,
    Value,
}

/// The parameters of a layer of neurons.
pub(crate) struct Neurons<'a> {
    pub(crate) threshold: Integers<'a>,
    pub(crate) v_init: Integers<'a>,
    pub(crate) v_reset: Integers<'a>,
    /// With a leak: what remains of the potential, in units of 2^-30, and what is added at each step.
    pub(crate) leak: Option<[Integers<'a>; 2]>,
    floor: Option<Integers<'a>>,
    refractory: Option<Integers<'a>>,
    reset: Reset,
    strict: bool,
    pub(crate) per_neuron: bool,
    /// Several spikes in a step, or a level, as many at most; else one.
    several: Option<u32>,
    pub(crate) max_current: u64,
}

impl<'a> Model<'a> {
    pub(crate) fn check_neuron(&self, op: Op<'a>) -> Result<()> {
        let known = ZERO | STRICT | NO_RESET | FLOOR | REFRACTORY | PER_NEURON;
        if op.word(word::FLAGS) & !known != 0 {
            return Err(fault!(Unsupported, "no late resets and no adaptive thresholds here"));
        }
        let fire = op.word(word::FIRE);
        if op.word(word::SYNAPSE) != 0 || !matches!(op.word(word::MODE), 1 | 2) || !matches!(fire, 0 | SEVERAL | LEVEL)
        {
            return Err(fault!(Unsupported, "only IF neurons, and LIF ones with Euler's leak"));
        }
        if MAPS && fire == LEVEL && (op.word(word::MODE) != 1 || op.word(word::FLAGS) != NO_RESET) {
            return Err(fault!(Format, "neurons with windows have no leak, reset or options"));
        }
        if MAPS && (fire == LEVEL) != (self.window() > 0) {
            return Err(fault!(Format, "neurons with windows beside others"));
        }
        if op.word(word::STATES) != usize::from(op.flag(REFRACTORY)) || (fire == 0 && op.most() != 1) {
            return Err(fault!(Format, "its values or its largest count are not those of its neurons"));
        }
        let several = fire != 0;
        if several && (op.flag(STRICT) || op.flag(REFRACTORY)) {
            return Err(fault!(Format, "several spikes a step go with >=, thresholds above 0 and no refractory steps"));
        }
        let values = if op.flag(PER_NEURON) { op.size() } else { op.channels() };
        let leaks = if op.word(word::MODE) == 2 { 2 } else { 0 };
        let count = 4 + leaks + usize::from(op.flag(FLOOR)) + usize::from(op.flag(REFRACTORY));
        for number in (0..count).filter(|&number| number != 3) {
            self.check_array(op, number, [4, 4, values])?;
        }
        let threshold = self.integers(op, 0);
        if several && (0..values).any(|at| threshold.at(at) <= 0) {
            return Err(fault!(Format, "several spikes a step go with >=, thresholds above 0 and no refractory steps"));
        }
        Ok(())
    }

    /// The parameters of a layer.
    pub(crate) fn neurons(&self, op: Op<'a>) -> Neurons<'a> {
        let mut next = 4;
        let mut take = |there: bool| {
            next += usize::from(there);
            there.then(|| self.integers(op, next - 1))
        };
        let leaks = op.word(word::MODE) == 2;
        let (decay, drive) = (take(leaks), take(leaks));
        Neurons {
            threshold: self.integers(op, 0),
            v_init: self.integers(op, 1),
            v_reset: self.integers(op, 2),
            leak: decay.zip(drive).map(|(decay, drive)| [decay, drive]),
            floor: take(op.flag(FLOOR)),
            refractory: take(op.flag(REFRACTORY)),
            reset: match [op.flag(NO_RESET), op.flag(ZERO)] {
                [true, _] => Reset::None,
                [_, true] => Reset::Value,
                _ => Reset::Subtract,
            },
            strict: op.flag(STRICT),
            per_neuron: op.flag(PER_NEURON),
            several: (op.word(word::FIRE) != 0).then_some(op.most() as u32),
            max_current: op.word(word::MAX_CURRENT) as u64,
        }
    }
}

impl Neurons<'_> {
    /// One step of a neuron with the constants `at`: its spikes, or its level. `wait` are steps left without integration.
    pub(crate) fn step(&self, at: usize, current: i32, v: &mut i32, wait: Option<&mut i32>) -> u8 {
        let (held, threshold) = (*v, self.threshold.at(at));
        let mut u = match &self.leak {
            None => held.wrapping_add(current),
            Some([decay, drive]) => {
                let left = ((i64::from(decay.at(at)) * i64::from(held) + (1 << 29)) >> 30) as i32;
                left.wrapping_add(current).wrapping_add(drive.at(at))
            }
        };
        let waits = wait.as_ref().is_some_and(|wait| **wait > 0);
        if waits {
            u = held;
        }
        let fires = !waits && if self.strict { u > threshold } else { u >= threshold };
        let spikes = match self.several {
            _ if !fires => 0,
            None => 1,
            // Neither is negative here, and a division without signs is one that is linked anyway.
            Some(most) => (u as u32 / (threshold as u32).max(1)).min(most) as i32,
        };
        match self.reset {
            Reset::Subtract if fires => u = u.wrapping_sub(spikes.wrapping_mul(threshold)),
            Reset::Value if fires => u = self.v_reset.at(at),
            _ => {}
        }
        if let Some(floor) = self.floor {
            u = u.max(floor.at(at));
        }
        if let (Some(refractory), Some(wait)) = (self.refractory, wait) {
            *wait = if fires { refractory.at(at) } else { wait.wrapping_sub(1).max(0) };
        }
        *v = u;
        spikes as u8
    }
}
