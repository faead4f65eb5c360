//! Kinds of neurons that kernels are compiled for.

use crate::neuron::model::{Fire, Leak, Model, Reset, ResetTime, Synapse};

/// Models that a kernel is compiled for alone, or any member of the family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Walk {
    If,
    Level,
    Lif,
    CubaLif,
    CubaLast,
    LateLif,
    LateCuba,
    PlainDivided,
    Box,
    Jump,
    Any,
}

// The models that `Firing::walk` is compiled for.
pub(crate) const IF: u8 = 0;
pub(crate) const LIF: u8 = 1;
/// Reset a step late.
pub(crate) const LATE_LIF: u8 = 2;
pub(crate) const PLAIN_DIVIDED: u8 = 3;
pub(crate) const BOX: u8 = 4;
/// From here on with a synaptic current: one that decays before it takes the input in,
pub(crate) const CUBA_LIF: u8 = 5;
pub(crate) const LATE_CUBA: u8 = 6;
/// afterwards,
pub(crate) const CUBA_LAST: u8 = 7;
/// or when the potential has taken it in.
pub(crate) const JUMP: u8 = 8;

impl Walk {
    pub(crate) fn of(model: &Model) -> Self {
        if model.fire == Fire::Level {
            return Self::Level;
        }
        let usual = Model { leak: model.leak, synapse: model.synapse, reset: model.reset, ..Model::default() };
        let alike = Model { strict: false, per_neuron: false, ..*model } == usual;
        let now = Model { strict: false, per_neuron: false, reset_time: ResetTime::Now, ..*model };
        let late = model.reset_time == ResetTime::Late && model.reset == Reset::Subtract && now == usual;
        match (model.leak, model.synapse) {
            (Leak::None, Synapse::None) if alike && model.reset != Reset::None => Self::If,
            (Leak::Euler, Synapse::None) if alike && model.reset != Reset::None => Self::Lif,
            (Leak::Euler, Synapse::DecayFirst) if alike && model.reset != Reset::None => Self::CubaLif,
            (Leak::Euler, Synapse::DecayLast) if alike && model.reset != Reset::None => Self::CubaLast,
            (Leak::Euler, Synapse::None) if late => Self::LateLif,
            (Leak::Euler, Synapse::DecayFirst) if late => Self::LateCuba,
            (Leak::PlainDivided, Synapse::None) if alike && model.reset == Reset::Subtract => Self::PlainDivided,
            (Leak::Box, Synapse::None) if alike && model.reset == Reset::Zero => Self::Box,
            (Leak::Relax, Synapse::Jump) if alike && model.reset == Reset::Zero => Self::Jump,
            _ => Self::Any,
        }
    }
}
