//! Dot products of counts (u8) and weights (i8), four input channels at a time, for eight steps together.
//!
//! A [`Word`] holds four input channels of eight steps, one lane of 32 bits a step; a [`Row`] holds four input channels of
//! weights for each of 16 outputs. A row that was loaded once meets all steps. Sums are exact i32, so that every level gives
//! the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod field;
pub(crate) mod lookup;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pixels;
mod plain;
mod tile;
pub(crate) mod tiles;
#[cfg(target_arch = "x86_64")]
mod vnni;

pub(crate) use field::{Counts, DEPTH, Field, Inputs, OUTPUTS, ROWS, Row, Run, Segment, TOGETHER, Word};
pub(crate) use pixels::pixels;
pub(crate) use tile::{tile, words};
