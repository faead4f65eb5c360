//! The clocked engine: networks of integrate-and-fire neurons, step by step, driven by events.

mod aligned;
mod buffers;
mod choice;
mod clamp;
pub(crate) mod control;
mod conv;
mod count;
mod current;
mod dense;
mod edges;
mod events;
mod execute;
mod gather;
mod input;
mod keep;
mod layer;
mod maxpool;
mod memory;
mod neuron;
mod observe;
mod output;
mod packed;
mod pool;
mod program;
mod request;
mod rows;
mod run;
mod sample;
mod source;
mod stage;
mod state;
mod transpose;
mod workspace;

pub use choice::Family;
pub use program::{Options, Program};
pub use request::{Array, COUNT_FIELDS, Input, MAX_STEPS, Outputs, Probe, Request, StateView};
