//! From bytes to a plan: every one of them is checked, and nothing is allocated that they do not hold.

use super::bytes::Layout;
use super::layout::{ARRAY_SIZE, FORMAT, OP_WORDS, SECTIONS, SOURCE_WORDS};
use super::reader::{Reader, damaged};
use crate::container::{DIGEST_AT, DIGEST_SIZE, u32_at};
use crate::error::Result;
use crate::plan::checked::{Plan, Precision};

impl Plan {
    /// Read a plan's bytes.
    ///
    /// # Errors
    ///
    /// The bytes are damaged, hostile, or from a newer version; or the plan does not pass its checks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        FORMAT.header(bytes)?;
        let precision = precision(bytes)?;
        let sections = sections(bytes)?;
        let plan = Self::labelled(precision, Reader::new(sections).ops()?)?;
        same(&Layout::new(&plan, false, u32_at(bytes, 8)), bytes)?;
        Ok(plan)
    }
}

fn precision(bytes: &[u8]) -> Result<Precision> {
    match u32_at(bytes, 12) {
        0 => Ok(Precision::Float32),
        1 => Ok(Precision::Int8),
        other => Err(damaged(format!("precision {other}; expected 0 or 1"))),
    }
}

/// The bytes of each section.
fn sections(bytes: &[u8]) -> Result<[&[u8]; SECTIONS]> {
    let found: [&[u8]; SECTIONS] = FORMAT.sections(bytes)?;
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
