//! What a plan's bytes are: its sections behind a header, under a digest.

use std::ops::Range;

use super::layout::{FORMAT, SECTIONS, VERSION};
use super::write::Parts;
use crate::container::{DIGEST_AT, DIGEST_SIZE, FIRST, SECTIONS_AT, aligned, digest};
use crate::plan::checked::{Plan, Precision};

impl Plan {
    /// Its bytes: equal plans have equal ones.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Layout { mut bytes, data, .. } = Layout::new(self, true, VERSION);
        bytes.extend_from_slice(&data);
        let digest = digest(&bytes);
        bytes[DIGEST_AT..DIGEST_AT + DIGEST_SIZE].copy_from_slice(&digest);
        bytes
    }
}

/// What a plan's bytes are, with zeros for the digest.
pub(super) struct Layout {
    /// Everything in front of the data.
    pub(super) bytes: Vec<u8>,
    /// The data; empty where they are not wanted.
    data: Vec<u8>,
    /// How long the data are.
    pub(super) data_length: usize,
    /// What of the data belongs to no array: zeros.
    pub(super) gaps: Vec<Range<usize>>,
}

impl Layout {
    pub(super) fn new(plan: &Plan, with_data: bool, version: u32) -> Self {
        let parts = Parts::of(plan, with_data, version);
        let mut bytes = vec![0; FIRST];
        let mut sections = Vec::with_capacity(SECTIONS);
        for section in [&parts.ops, &parts.sources, &parts.table(), &parts.names] {
            bytes.resize(aligned(bytes.len()), 0);
            sections.push([bytes.len() as u64, section.len() as u64]);
            bytes.extend_from_slice(section);
        }
        bytes.resize(aligned(bytes.len()), 0);
        sections.push([bytes.len() as u64, parts.length as u64]);
        let precision = u32::from(plan.precision() == Precision::Int8);
        let length = (bytes.len() + parts.length) as u64;
        bytes[..8].copy_from_slice(&FORMAT.magic);
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        bytes[12..16].copy_from_slice(&precision.to_le_bytes());
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
        bytes[24..28].copy_from_slice(&(plan.ops().len() as u32).to_le_bytes());
        bytes[28..32].copy_from_slice(&(SECTIONS as u32).to_le_bytes());
        for (number, value) in sections.as_flattened().iter().enumerate() {
            bytes[SECTIONS_AT + 8 * number..][..8].copy_from_slice(&value.to_le_bytes());
        }
        Self { bytes, data: parts.data, data_length: parts.length, gaps: parts.gaps }
    }
}
