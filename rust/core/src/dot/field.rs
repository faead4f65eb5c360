//! What dot products are made of.

/// Steps that lie side by side.
pub(crate) const ROWS: usize = 8;
/// Input channels of a lane.
pub(crate) const DEPTH: usize = 4;
/// Words of a step that are packed together.
pub(crate) const TOGETHER: usize = 4;
/// Output channels of a row of weights.
pub(crate) const OUTPUTS: usize = 16;

/// Four input channels of eight steps.
pub(crate) type Word = [u32; ROWS];

/// Input channels of a step that are packed together.
pub(crate) type Counts = [u8; TOGETHER * DEPTH];

/// Weights of four input channels, a byte each, for each of 16 outputs.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Row(pub(crate) [i32; OUTPUTS]);

/// Inputs side by side, and the weights one after the other that they meet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    /// The first word.
    pub(crate) word: usize,
    /// The first row.
    pub(crate) row: usize,
    pub(crate) length: usize,
}

/// What the sums of one output pixel and `16 V` output channels are made of; `words[c]` are those of steps `8 c..8 c + 8`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a, const C: usize, const V: usize> {
    pub(crate) words: [&'a [Word]; C],
    pub(crate) segments: &'a [Segment],
    pub(crate) rows: &'a [[Row; V]],
    /// The largest count.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only its kernels ask"))]
    pub(crate) most: u32,
    /// What the sums start from.
    pub(crate) bias: &'a [[i32; OUTPUTS]; V],
}

impl<'a, const C: usize, const V: usize> Field<'a, C, V> {
    /// The words and rows of a segment, of equal length.
    #[inline(always)]
    pub(super) fn slices(&self, segment: &Segment) -> ([&'a [Word]; C], &'a [[Row; V]]) {
        let words = self.words.map(|words| &words[segment.word..][..segment.length]);
        (words, &self.rows[segment.row..][..segment.length])
    }
}
