//! The numbers of the format; `pysnn/export/layout.py` has the same.

use crate::container::Format;

/// The newest format that is read.
pub const VERSION: u32 = 1;

/// The header.
pub(super) const FORMAT: Format =
    Format { magic: *b"PYSNNEXP", version: VERSION, name: "a network that pysnn exported" };

/// The sections, in their order.
pub(super) mod section {
    pub(crate) const NETWORK: usize = 0;
    pub(crate) const ABOUT: usize = 1;
    pub(crate) const INPUT: usize = 2;
    pub(crate) const GOLDEN_INPUT: usize = 3;
    pub(crate) const GOLDEN_SCORES: usize = 4;
    pub(crate) const GOLDEN_SPIKES: usize = 5;
    /// How many there are.
    pub(crate) const COUNT: usize = 6;
}

/// Bytes of the section about the run.
pub(super) const ABOUT_SIZE: usize = 128;

/// Places in the section about the run.
pub(super) mod about {
    pub(crate) const CODING: usize = 0;
    pub(crate) const AXES: usize = 4;
    pub(crate) const STEPS: usize = 8;
    pub(crate) const GOLDEN_SAMPLES: usize = 12;
    pub(crate) const GOLDEN_STEPS: usize = 16;
    pub(crate) const GOLDEN_TYPE: usize = 20;
    pub(crate) const SEED: usize = 24;
    pub(crate) const DT: usize = 32;
    pub(crate) const OPERATIONS: usize = 40;
    pub(crate) const SOURCE: usize = 64;
    /// Bytes that are zero.
    pub(crate) const RESERVED: [std::ops::Range<usize>; 2] = [44..64, 96..128];

    /// What is zero where neurons spike once.
    pub(crate) const UNUSED: [std::ops::Range<usize>; 4] = [8..12, 16..20, 24..64, 96..128];
}

/// Places in a network of single spikes, and in the record of a layer.
pub(super) mod single {
    pub(crate) const NEURON: usize = 0;
    pub(crate) const ABOVE: usize = 4;
    pub(crate) const STEPS: usize = 8;
    pub(crate) const LAYERS: usize = 12;
    pub(crate) const RESERVED: std::ops::Range<usize> = 16..64;
    /// Bytes before the layers, and of each of them.
    pub(crate) const HEAD: usize = 64;
    pub(crate) const LAYER: usize = 64;
}

/// Types of the golden input: numbers as in the arrays of a plan, and one more.
pub(super) mod dtype {
    pub(crate) const F32: u32 = 1;
    pub(crate) const F64: u32 = 2;
    pub(crate) const U8: u32 = 5;
}
