//! Numbers in bytes, little-endian; 0 behind the end. They are read everywhere, so each reader is one piece of code and no more.

#[inline(never)]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline(never)]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The table of a gather: int32 values, or runs of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Index<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) runs: bool,
}

/// Bytes of a run: where it ends, its first value, and how far apart they are.
pub(crate) const RUN: usize = 12;

impl Index<'_> {
    #[inline(never)]
    pub(crate) fn at(self, number: usize) -> i32 {
        if !self.runs {
            return u32_at(self.bytes, 4 * number) as i32;
        }
        let word = |run: usize, word: usize| u32_at(self.bytes, RUN * run + 4 * word);
        let (mut run, mut over) = (0, self.bytes.len() / RUN);
        while run < over {
            let middle = run.midpoint(over);
            if word(middle, 0) as usize <= number { run = middle + 1 } else { over = middle }
        }
        let begin = if run == 0 { 0 } else { word(run - 1, 0) };
        let behind = (number as u32).wrapping_sub(begin);
        word(run, 1).wrapping_add(word(run, 2).wrapping_mul(behind)) as i32
    }
}

/// An array of int32.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Integers<'a>(pub(crate) &'a [u8]);

impl Integers<'_> {
    pub(crate) fn at(self, number: usize) -> i32 {
        u32_at(self.0, 4 * number) as i32
    }

    /// The largest magnitude.
    pub(crate) fn largest(self) -> u64 {
        let (values, _) = self.0.as_chunks();
        values.iter().map(|value| u64::from(i32::from_le_bytes(*value).unsigned_abs())).max().unwrap_or(0)
    }
}
