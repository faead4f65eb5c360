//! The clocked engine: networks of integrate-and-fire neurons, step by step, driven by events.
//!
//! Imports point one way: `array` < `request`, `block`, `profile` < `limits`, `maps` < `synapses` < `observe` < `layer` < `program` < `run`.

mod array;
mod block;
mod layer;
mod limits;
mod maps;
mod observe;
mod profile;
mod program;
mod request;
mod run;
mod synapses;

pub use array::{Array, StateView};
pub use limits::check_potentials;
pub use profile::{PARTS, Part};
pub use program::compiled::Options;
pub use request::{COUNT_FIELDS, Input, MAX_STEPS, Outputs, Probe, Request};
pub use run::program::Program;
pub use run::stream::{Stream, blank_state, state_bytes};
pub use synapses::choice::Family;
