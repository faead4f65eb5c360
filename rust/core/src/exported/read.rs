//! From bytes to an exported network: every one of them is checked, and nothing is allocated that they do not hold.

use super::about::{Encoding, Interface, check_input, read_about};
use super::bytes::{damaged, u32_at, zero};
use super::golden::{self, Golden};
use super::input::Preparation;
use super::layout::{FORMAT, VERSION, about, section};
use crate::container::{DIGEST_AT, FIRST, SECTIONS_AT};
use crate::error::Result;
use crate::plan::Plan;

/// An exported network.
#[derive(Debug, Clone)]
pub struct Exported {
    /// What the engine runs.
    pub plan: Plan,
    /// What a program must know of it.
    pub interface: Interface,
    /// A run that every runtime must repeat.
    pub golden: Golden,
    /// SHA-256 of the file with zeros in its place.
    pub digest: [u8; 32],
}

impl Exported {
    /// Read an exported network.
    ///
    /// # Errors
    ///
    /// The bytes are damaged, hostile, or from a newer version; or the plan does not pass its checks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        header(bytes)?;
        let sections: [&[u8]; section::COUNT] = FORMAT.sections(bytes)?;
        let digest = bytes[DIGEST_AT..].first_chunk().copied().unwrap_or_default();
        let plan = Plan::from_bytes(sections[section::NETWORK])?;
        let record = sections[section::ABOUT];
        let about = read_about(record)?;
        let shape = check_input(&plan, &about)?;
        let (prepared, operations) = (sections[section::INPUT], u32_at(record, about::OPERATIONS));
        let input = match about.encoding {
            Encoding::Pixels => Preparation::read_pixels(prepared, operations, shape.channels)?,
            _ => Preparation::read(prepared, operations, shape.channels)?,
        };
        let golden = golden::read(
            &plan,
            &about,
            shape,
            record,
            [sections[section::GOLDEN_INPUT], sections[section::GOLDEN_SCORES], sections[section::GOLDEN_SPIKES]],
        )?;
        Ok(Self { plan, interface: Interface { about, shape, input }, golden, digest })
    }
}

/// Whether bytes say that they are an exported network of another version.
#[must_use]
pub fn other_version(bytes: &[u8]) -> bool {
    let version = u32_at(bytes, 8);
    bytes.starts_with(&FORMAT.magic) && ![VERSION, VERSION.swap_bytes()].contains(&version) && bytes.len() >= FIRST
}

fn header(bytes: &[u8]) -> Result<()> {
    if bytes.starts_with(b"PYSNNPLN") {
        return Err(damaged("a plan alone, without what its input means; `pysnn export` writes both"));
    }
    FORMAT.header(bytes)?;
    let [kind, count] = [12, 24].map(|at| u32_at(bytes, at));
    if kind != 1 || count as usize != section::COUNT {
        return Err(damaged(format!("kind {kind} with {count} sections; expected kind 1 with {}", section::COUNT)));
    }
    zero(bytes, 28..32)?;
    zero(bytes, SECTIONS_AT + 16 * section::COUNT..FIRST)
}
