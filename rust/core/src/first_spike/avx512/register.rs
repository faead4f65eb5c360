//! Sixteen values, as a register and as an array.

use std::arch::x86_64::__m512;
use std::mem::transmute;

use crate::first_spike::blocks::Lane;

/// As a register.
#[inline(always)]
pub(super) fn vector(lane: Lane) -> __m512 {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(lane) }
}

/// As 16 values.
#[inline(always)]
pub(super) fn lane(vector: __m512) -> Lane {
    // SAFETY: both are 64 bytes, and any bits are a value of either.
    unsafe { transmute(vector) }
}
