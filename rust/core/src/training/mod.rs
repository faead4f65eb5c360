//! What trainings compute again and again: a step of an optimiser, neurons through time.

pub mod adam;
pub mod integrate;
pub mod surrogate;
