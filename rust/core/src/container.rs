//! What all files of plans have in common: a header with a digest, and sections behind it.

use std::fmt::Display;

use sha2::{Digest, Sha256};

use crate::error::{Error, Kind as Fault, Result};

/// Sections begin at multiples of this.
pub(crate) const ALIGNMENT: usize = 64;
/// Where the digest stands, and its bytes.
pub(crate) const DIGEST_AT: usize = 32;
pub(crate) const DIGEST_SIZE: usize = 32;
/// Where the table of sections stands: an offset and a length each, 64 bits.
pub(crate) const SECTIONS_AT: usize = 64;
/// Where the first section begins.
pub(crate) const FIRST: usize = 192;

/// The next multiple of the alignment.
pub(crate) fn aligned(at: usize) -> usize {
    at.next_multiple_of(ALIGNMENT)
}

/// The number at a place; 0 behind the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The same, of 64 bits.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The SHA-256 of a file whose digest counts as zeros.
pub(crate) fn digest(bytes: &[u8]) -> [u8; DIGEST_SIZE] {
    let mut hash = Sha256::new();
    hash.update(&bytes[..DIGEST_AT]);
    hash.update([0; DIGEST_SIZE]);
    hash.update(&bytes[DIGEST_AT + DIGEST_SIZE..]);
    hash.finalize().into()
}

/// One kind of file.
pub(crate) struct Format {
    pub(crate) magic: [u8; 8],
    /// The newest one; older ones, from 1, are read too.
    pub(crate) version: u32,
    /// What a file of this kind is.
    pub(crate) name: &'static str,
}

impl Format {
    /// An error about the bytes.
    pub(crate) fn damaged(&self, what: impl Display) -> Error {
        Error::new(Fault::FileFormat, format!("not {}: {what}", self.name))
    }

    /// Check what the header says of the whole file.
    pub(crate) fn header(&self, bytes: &[u8]) -> Result<()> {
        if bytes.get(..8) != Some(&self.magic) {
            return Err(self.damaged(format!("expected it to start with {}", String::from_utf8_lossy(&self.magic))));
        }
        if bytes.len() < FIRST {
            return Err(self.damaged(format!("truncated: {} bytes, the header takes {FIRST}", bytes.len())));
        }
        let version = u32_at(bytes, 8);
        if (1..=self.version).contains(&version.swap_bytes()) {
            return Err(self.damaged("its numbers are big-endian; expected little-endian ones"));
        }
        if !(1..=self.version).contains(&version) {
            let oldest = if self.version == 1 { "" } else { "1 to " };
            return Err(self.damaged(format!("version {version}; expected {oldest}{}", self.version)));
        }
        let length = u64_at(bytes, 16);
        if length != bytes.len() as u64 {
            let what = if length > bytes.len() as u64 { "truncated" } else { "trailing bytes" };
            return Err(self.damaged(format!("{what}: it says {length} bytes and has {}", bytes.len())));
        }
        Ok(())
    }

    /// The bytes of each section, which lie one behind the other, under a digest of all.
    pub(crate) fn sections<'a, const N: usize>(&self, bytes: &'a [u8]) -> Result<[&'a [u8]; N]> {
        let mut found = [&bytes[..0]; N];
        let mut end = FIRST;
        for (number, section) in found.iter_mut().enumerate() {
            let [offset, length] = [0, 8].map(|at| u64_at(bytes, SECTIONS_AT + 16 * number + at));
            let begin = aligned(end);
            let last = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
            let inside = last.and_then(|last| bytes.get(begin..last)).filter(|_| offset == begin as u64);
            *section = inside.ok_or_else(|| self.damaged(format!("section {number} does not lie at byte {begin}")))?;
            self.zero(bytes, end..begin)?;
            end = begin + section.len();
        }
        if end != bytes.len() {
            return Err(self.damaged(format!("{} bytes; expected {end}, where its sections end", bytes.len())));
        }
        if bytes.get(DIGEST_AT..DIGEST_AT + DIGEST_SIZE) != Some(&digest(bytes)) {
            return Err(self.damaged("its SHA-256 is not that of its bytes"));
        }
        Ok(found)
    }

    /// Refuse bytes that are not zero where nothing stands.
    pub(crate) fn zero(&self, bytes: &[u8], range: std::ops::Range<usize>) -> Result<()> {
        let begin = range.start;
        match bytes.get(range).unwrap_or_default().iter().position(|&byte| byte != 0) {
            None => Ok(()),
            Some(at) => Err(self.damaged(format!("byte {} is not 0", begin + at))),
        }
    }
}
