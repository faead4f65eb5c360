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

/// What the sums of pixels and `16 V` output channels are made of, at one step; a word has four input channels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inputs<'a, const V: usize> {
    pub(crate) words: &'a [u32],
    /// Words from a pixel's first one on, and the rows that they meet.
    pub(crate) segments: &'a [Segment],
    pub(crate) rows: &'a [[Row; V]],
    /// The largest count.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only its kernels ask"))]
    pub(crate) most: u32,
    /// What the sums start from.
    pub(crate) bias: &'a [[i32; OUTPUTS]; V],
}

/// Pixels that lie side by side: the first word of the first one, and words from each to the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) first: usize,
    pub(crate) step: usize,
}

impl<'a, const V: usize> Inputs<'a, V> {
    /// The words of a segment for `P` pixels, and its rows: word `i` of pixel `p` is number `p step + i` of those.
    #[inline(always)]
    pub(super) fn slices<const P: usize>(&self, segment: &Segment, run: Run) -> (&'a [u32], &'a [[Row; V]]) {
        let words = &self.words[run.first + segment.word..][..(P - 1) * run.step + segment.length];
        (words, &self.rows[segment.row..][..segment.length])
    }
}
