//! The engines of pysnn, without any Python.
//!
//! A [`plan::Plan`] is a checked list of operations, one map each. [`clocked::Program`] makes it ready for a
//! [`simd::Level`] and runs it step by step, driven by events. `docs/numerics.md` defines every result to the bit.

pub mod clocked;
mod container;
mod control;
mod dot;
pub mod error;
pub mod exported;
pub mod first_spike;
pub mod hardware;

mod neuron;
mod pages;
pub mod plan;
pub mod plastic;
pub mod psnn;
pub mod random;
pub mod simd;
mod threads;
pub mod training;
