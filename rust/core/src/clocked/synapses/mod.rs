//! Convolutions: their weights, packed, and the kernels that make currents of them.

pub(crate) mod aligned;
pub(crate) mod bits;
pub(crate) mod choice;
pub(crate) mod conv;
pub(crate) mod current;
pub(crate) mod dense;
pub(crate) mod events;
pub(crate) mod geometry;
pub(crate) mod packed;
pub(crate) mod reach;
pub(crate) mod rows;
pub(crate) mod scatter;
pub(crate) mod scattering;
pub(crate) mod source;
pub(crate) mod sparse;
