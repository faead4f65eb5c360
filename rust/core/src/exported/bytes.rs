//! What all parts of the reader need.

use crate::error::{Error, Kind as Fault, Result};

/// An error about the bytes.
pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(Fault::FileFormat, format!("not a network that pysnn exported: {what}"))
}

/// The number at a place; 0 behind the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The same, of 64 bits.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Refuse bytes that are not zero where nothing stands.
pub(super) fn zero(bytes: &[u8], range: std::ops::Range<usize>) -> Result<()> {
    let begin = range.start;
    match bytes.get(range).unwrap_or_default().iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(at) => Err(damaged(format!("byte {} is not 0", begin + at))),
    }
}
