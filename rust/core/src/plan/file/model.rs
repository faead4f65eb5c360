//! The model of a neuron, in the words of its operation.

use super::layout::{OP_WORDS, word};
use crate::neuron::model::{Fire, Leak, Model, Reset, ResetTime, Synapse};

/// Flags of a neuron.
mod flag {
    pub(crate) const ZERO: u32 = 1;
    pub(crate) const STRICT: u32 = 2;
    pub(crate) const NO_RESET: u32 = 4;
    pub(crate) const LATE: u32 = 8;
    pub(crate) const BOTH: u32 = 16;
    pub(crate) const FLOOR: u32 = 32;
    pub(crate) const REFRACTORY: u32 = 64;
    pub(crate) const ADAPTIVE: u32 = 128;
    pub(crate) const PER_NEURON: u32 = 256;
}

/// Leaks, from 1; ways to fire and synapses, from 0.
const LEAKS: [Leak; 8] = [
    Leak::None,
    Leak::Euler,
    Leak::Relax,
    Leak::RelaxDivided,
    Leak::Box,
    Leak::Plain,
    Leak::PlainDivided,
    Leak::Lapicque,
];
const FIRES: [Fire; 4] = [Fire::Once, Fire::Count, Fire::Never, Fire::Level];
const SYNAPSES: [Synapse; 4] = [Synapse::None, Synapse::DecayFirst, Synapse::DecayLast, Synapse::Jump];

/// Write a model into the words of an operation.
pub(super) fn put_model(model: &Model, words: &mut [u32; OP_WORDS]) {
    words[word::MODE] = 1 + place(&LEAKS, &model.leak);
    words[word::FLAGS] = flags(model);
    words[word::STATES] = (model.values() - 1) as u32;
    words[word::FIRE] = place(&FIRES, &model.fire);
    words[word::SYNAPSE] = place(&SYNAPSES, &model.synapse);
}

/// The model in the words of an operation, if it is one.
pub(super) fn take_model(words: &[u32; OP_WORDS]) -> Option<Model> {
    let has = |flag: u32| words[word::FLAGS] & flag != 0;
    Some(Model {
        leak: *LEAKS.get((words[word::MODE] as usize).checked_sub(1)?)?,
        synapse: *SYNAPSES.get(words[word::SYNAPSE] as usize)?,
        fire: *FIRES.get(words[word::FIRE] as usize)?,
        reset: match [has(flag::NO_RESET), has(flag::ZERO)] {
            [true, _] => Reset::None,
            [_, true] => Reset::Zero,
            _ => Reset::Subtract,
        },
        reset_time: match [has(flag::BOTH), has(flag::LATE)] {
            [true, _] => ResetTime::Both,
            [_, true] => ResetTime::Late,
            _ => ResetTime::Now,
        },
        strict: has(flag::STRICT),
        floor: has(flag::FLOOR),
        refractory: has(flag::REFRACTORY),
        adaptive: has(flag::ADAPTIVE),
        per_neuron: has(flag::PER_NEURON),
    })
}

/// Where a word stands in its list.
fn place<T: PartialEq>(words: &[T], word: &T) -> u32 {
    words.iter().position(|other| other == word).unwrap_or_default() as u32
}

fn flags(model: &Model) -> u32 {
    let flags = [
        (flag::ZERO, model.reset == Reset::Zero),
        (flag::STRICT, model.strict),
        (flag::NO_RESET, model.reset == Reset::None),
        (flag::LATE, model.reset_time == ResetTime::Late),
        (flag::BOTH, model.reset_time == ResetTime::Both),
        (flag::FLOOR, model.floor),
        (flag::REFRACTORY, model.refractory),
        (flag::ADAPTIVE, model.adaptive),
        (flag::PER_NEURON, model.per_neuron),
    ];
    flags.iter().map(|&(flag, there)| if there { flag } else { 0 }).sum()
}
