//! What one neuron does in one step, a model each: the scalar definition that every engine makes vectors of.
//!
//! Neurons with event times are two numbers and no step; theirs are in `first_spike/neuron.rs`, beside the lists that drive them.

mod integrate;
pub(crate) mod model;
pub(crate) mod stages;

pub(crate) use integrate::{After, Constants, LeakStep, Potential, ended, step, synapse};
