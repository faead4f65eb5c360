//! Exported int8 networks on microcontrollers: no heap, no floating point, no unsafe code. The file stays where it is (flash), and all
//! that changes lies in two slices of the caller's.
//!
//! It runs streams of given events, and runs and streams of uint8 pictures that an int8 first layer reads. `docs/edge.md` says what else an exported network may hold, which is refused here with the node's name.

#![no_std]
#![forbid(unsafe_code)]

/// Whether networks have maps: convolutions, pools, gathers, pictures, windows. Without them there are dense layers that events enter, in half the code.
const MAPS: bool = cfg!(feature = "maps");

mod bytes;
mod check;
mod currents;
mod fault;
mod float;
mod layers;
mod layout;
mod model;
mod neurons;
mod op;
mod proof;
mod results;
mod session;
mod sha256;
mod state;
mod window;

pub use fault::{Fault, Result, Sentence};
pub use model::Model;
pub use session::Session;
