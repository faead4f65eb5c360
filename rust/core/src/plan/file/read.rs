//! From bytes to a plan: every one of them is checked, and nothing is allocated that they do not hold.

use super::bytes::{Layout, digest};
use super::layout::{
    ARRAY_SIZE, DIGEST_AT, DIGEST_SIZE, FIRST, MAGIC, OP_WORDS, SECTIONS, SECTIONS_AT, SOURCE_WORDS, VERSION, aligned,
};
use super::reader::{Reader, damaged, u32_at, u64_at};
use crate::error::Result;
use crate::plan::checked::{Plan, Precision};

impl Plan {
    /// Read a plan's bytes.
    ///
    /// # Errors
    ///
    /// The bytes are damaged, hostile, or from a newer version; or the plan does not pass its checks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let header = header(bytes)?;
        let sections = sections(bytes)?;
        let stated = bytes.get(DIGEST_AT..DIGEST_AT + DIGEST_SIZE).unwrap_or_default();
        if digest(bytes) != stated {
            return Err(damaged("its SHA-256 is not that of its bytes"));
        }
        let plan = Self::labelled(header.precision, Reader::new(sections).ops()?)?;
        same(&Layout::new(&plan, false), bytes)?;
        Ok(plan)
    }
}

struct Header {
    precision: Precision,
}

fn header(bytes: &[u8]) -> Result<Header> {
    if bytes.get(..8) != Some(&MAGIC) {
        return Err(damaged(format!("expected it to start with {:?}", String::from_utf8_lossy(&MAGIC))));
    }
    if bytes.len() < FIRST {
        return Err(damaged(format!("truncated: {} bytes, the header takes {FIRST}", bytes.len())));
    }
    let version = u32_at(bytes, 8);
    if version != VERSION {
        return Err(damaged(format!("version {version}; expected {VERSION}")));
    }
    let length = u64_at(bytes, 16);
    if length != bytes.len() as u64 {
        let what = if length > bytes.len() as u64 { "truncated" } else { "trailing bytes" };
        return Err(damaged(format!("{what}: it says {length} bytes and has {}", bytes.len())));
    }
    let precision = match u32_at(bytes, 12) {
        0 => Precision::Float32,
        1 => Precision::Int8,
        other => return Err(damaged(format!("precision {other}; expected 0 or 1"))),
    };
    Ok(Header { precision })
}

/// The bytes of each section, which lie one behind the other.
fn sections(bytes: &[u8]) -> Result<[&[u8]; SECTIONS]> {
    let mut found = [&bytes[..0]; SECTIONS];
    let mut end = FIRST;
    for (number, section) in found.iter_mut().enumerate() {
        let [offset, length] = [0, 8].map(|at| u64_at(bytes, SECTIONS_AT + 16 * number + at));
        let begin = aligned(end);
        let last = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
        let inside = last.and_then(|last| bytes.get(begin..last)).filter(|_| offset == begin as u64);
        *section = inside.ok_or_else(|| damaged(format!("section {number} does not lie at byte {begin}")))?;
        end = begin + section.len();
    }
    let sizes = [4 * OP_WORDS, 4 * SOURCE_WORDS, ARRAY_SIZE];
    for (number, size) in sizes.into_iter().enumerate() {
        if !found[number].len().is_multiple_of(size) {
            return Err(damaged(format!("section {number} is no whole number of entries of {size} bytes")));
        }
    }
    Ok(found)
}

/// Whether a file is what a plan's bytes would be. The digest is apart; arrays were read where they lie.
fn same(expected: &Layout, found: &[u8]) -> Result<()> {
    let front = &expected.bytes;
    let length = front.len() + expected.data_length;
    if found.len() != length {
        return Err(damaged(format!("{} bytes; expected {length}", found.len())));
    }
    let apart = |at: usize| (DIGEST_AT..DIGEST_AT + DIGEST_SIZE).contains(&at);
    if let Some(at) = front.iter().zip(found).enumerate().position(|(at, (a, b))| a != b && !apart(at)) {
        return Err(damaged(format!("byte {at} is {}; expected {}", found[at], front[at])));
    }
    let mut between = expected.gaps.iter().flat_map(|gap| front.len() + gap.start..front.len() + gap.end);
    match between.find(|&at| found[at] != 0) {
        Some(at) => Err(damaged(format!("byte {at} is {}; expected 0", found[at]))),
        None => Ok(()),
    }
}
