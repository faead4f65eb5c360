//! Maps in memory, and what is computed of them without weights.

pub(crate) mod buffers;
pub(crate) mod clamp;
pub(crate) mod few;
pub(crate) mod input;
pub(crate) mod maxpool;
pub(crate) mod moves;
pub(crate) mod pool;
pub(crate) mod round;
pub(crate) mod transpose;
