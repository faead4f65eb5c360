//! What all parts of the reader need.

use super::layout::FORMAT;
pub(super) use crate::container::{u32_at, u64_at};
use crate::error::{Error, Result};

/// An error about the bytes.
pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    FORMAT.damaged(what)
}

/// Refuse bytes that are not zero where nothing stands.
pub(super) fn zero(bytes: &[u8], range: std::ops::Range<usize>) -> Result<()> {
    FORMAT.zero(bytes, range)
}
