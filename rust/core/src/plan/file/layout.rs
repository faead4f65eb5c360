//! The numbers of the format; `pysnn/plan/file/layout.py` has the same.

use crate::container::Format;

/// The format that is written; older ones are read too.
pub const VERSION: u32 = 2;
/// From this version on gathers may have runs.
pub(super) const WITH_RUNS: u32 = 2;

/// The header.
pub(super) const FORMAT: Format = Format { magic: *b"PYSNNPLN", version: VERSION, name: "a plan that pysnn wrote" };
/// Operations, sources, arrays, names, data.
pub(super) const SECTIONS: usize = 5;
/// 32-bit words of an operation, of a source; bytes of an array's entry.
pub(super) const OP_WORDS: usize = 32;
pub(super) const SOURCE_WORDS: usize = 4;
pub(super) const ARRAY_SIZE: usize = 24;

/// Words of an operation.
pub(super) mod word {
    pub(crate) const KIND: usize = 0;
    pub(crate) const MAP: usize = 1;
    pub(crate) const STATIC: usize = 2;
    pub(crate) const MAX_COUNT: usize = 3;
    /// C, H, W.
    pub(crate) const SHAPE: usize = 4;
    /// Offset and length in the names.
    pub(crate) const NAME: usize = 7;
    /// First one and number.
    pub(crate) const SOURCES: usize = 9;
    pub(crate) const ARRAYS: usize = 11;
    /// Kernel, stride, pads, dilation: ten words.
    pub(crate) const WINDOW: usize = 13;
    pub(crate) const GROUPS: usize = 23;
    /// Coding, read-out, leak of a neuron, steps of a delay, or shift of a byte.
    pub(crate) const MODE: usize = 24;
    pub(crate) const FLAGS: usize = 25;
    /// The bits of a pool's float32 weight.
    pub(crate) const WEIGHT: usize = 26;
    pub(crate) const MAX_CURRENT: usize = 27;
    /// State values of a neuron beyond the potential.
    pub(crate) const STATES: usize = 28;
    pub(crate) const FIRE: usize = 29;
    pub(crate) const SYNAPSE: usize = 30;
}

/// Kinds of operations.
pub(super) mod kind {
    pub(crate) const INPUT: u32 = 1;
    pub(crate) const CONV: u32 = 2;
    pub(crate) const POOL: u32 = 3;
    pub(crate) const MAX_POOL: u32 = 4;
    pub(crate) const GATHER: u32 = 5;
    pub(crate) const CLAMP: u32 = 6;
    pub(crate) const ROUND: u32 = 7;
    pub(crate) const ADD: u32 = 8;
    pub(crate) const NEURON: u32 = 9;
    pub(crate) const OUTPUT: u32 = 10;
    pub(crate) const DELAY: u32 = 11;
    pub(crate) const BYTE: u32 = 12;
}

/// How a source enters a sum.
pub(super) mod entry {
    pub(crate) const PLAIN: u32 = 0;
    pub(crate) const SCALE: u32 = 1;
    pub(crate) const CONSTANT: u32 = 2;
    pub(crate) const RATIO: u32 = 3;
}

/// Element types.
pub(super) mod dtype {
    pub(crate) const F32: u32 = 1;
    pub(crate) const F64: u32 = 2;
    pub(crate) const I8: u32 = 3;
    pub(crate) const I32: u32 = 4;
    pub(crate) const RUN: u32 = 5;
}
