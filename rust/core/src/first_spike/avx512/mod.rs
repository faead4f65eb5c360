//! What is written for AVX-512 by hand.

#![allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]

mod inputs;
mod ramps;
mod register;
mod rows;

pub(super) use inputs::input_gradients;
pub(super) use ramps::{comparable_times, ramps};
pub(super) use rows::add_row;
