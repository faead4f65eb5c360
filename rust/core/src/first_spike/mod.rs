//! The first-spike engine: at most one spike a neuron, exact event times, and the backward pass.
//!
//! `docs/numerics.md` defines every result to the bit; the cost follows the number of spikes.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod back;
mod backward;
mod blocks;
mod by_row;
mod decide;
mod engine;
mod fire;
mod neuron;
mod pass;
mod plan;
mod rule;
mod site;
mod sorter;
mod spikes;

pub use decide::{Decided, Decisions, Until};
pub use engine::{BackwardInputs, Engine, Gradients, Tape};
pub use plan::{Layer, MAX_MAP, MAX_STEPS, Neuron, Plan};
pub use rule::Rule;
