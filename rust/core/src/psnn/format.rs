//! The numbers of the format, and how its errors are worded.

use crate::error::{Error, Kind};

/// The newest format that is read.
pub const FORMAT_VERSION: &str = "1";
/// Bytes of a header, at most.
pub const MAX_HEADER: usize = 16 << 20;
/// Axes of a tensor, at most.
pub const MAX_RANK: usize = 8;
/// The tensors' bytes start at a multiple of this many bytes from the start of the file.
pub const ALIGNMENT: usize = 64;

/// Hexadecimal digits of the digest.
pub(super) const DIGEST_LENGTH: usize = 64;

/// An error about a file: what was expected, what came, and where.
pub(super) fn format_error(message: impl Into<String>) -> Error {
    Error::new(Kind::FileFormat, message)
}

/// Hostile text as it may stand in a message: quoted, escaped, cut off.
pub(super) fn quote(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "..." } else { "" };
    format!("'{}'{dots}", short.escape_default())
}
