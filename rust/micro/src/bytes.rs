//! Numbers in bytes, little-endian; 0 behind the end. They are read everywhere, so each reader is one piece of code and no more.

#[inline(never)]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline(never)]
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
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
