//! What is written for AVX-512 by hand.

#![allow(
    clippy::needless_range_loop,
    reason = "adapters of the standard library are not compiled for these instructions"
)]

use std::arch::x86_64::__m512;
use std::mem::transmute;

use super::blocks::Lane;

mod inputs;
mod ramps;
mod rows;

pub(super) use inputs::input_gradients;
pub(super) use ramps::{comparable_times, ramps};
pub(super) use rows::add_row;

/// As a register.
#[inline(always)]
fn vector(lane: Lane) -> __m512 {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(lane) }
}

/// As 16 values.
#[inline(always)]
fn lane(vector: __m512) -> Lane {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}
