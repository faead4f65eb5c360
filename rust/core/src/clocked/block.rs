//! Blocks of steps, which are computed together, and the reads in them.

use std::ops::Range;

/// Steps of a block up to a read, or to the block's end.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) steps: Range<usize>,
    /// The number of the read at its end.
    pub(crate) read: Option<usize>,
}

/// Steps that are computed together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    /// Its first step, counted from the start of the run.
    pub(crate) first: usize,
    pub(crate) steps: usize,
    pub(crate) segments: Vec<Segment>,
}
