//! What trainings compute again and again: a step of an optimiser, clips and neurons through time, backward passes.

pub mod adam;
pub mod clip;
pub mod integrate;
pub mod lanes;
pub mod norm;
pub mod surrogate;
