//! From bytes to an exported network: every one of them is checked, and nothing is allocated that they do not hold.

use super::about::{Encoding, Interface, check_input, read_about};
use super::bytes::{damaged, u32_at, zero};
use super::first_spike::ExportedFirstSpike;
use super::golden::{self, Golden};
use super::input::Preparation;
use super::layout::{FORMAT, VERSION, about, section};
use crate::container::{DIGEST_AT, FIRST, SECTIONS_AT};
use crate::error::{Error, Result};
use crate::plan::Plan;

/// An exported network of clocked neurons.
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

/// An exported network of either kind.
#[derive(Debug, Clone)]
pub enum Network {
    /// Of clocked neurons.
    Clocked(Box<Exported>),
    /// Of neurons that spike once at most, at exact times.
    FirstSpike(Box<ExportedFirstSpike>),
}

impl Network {
    /// Read an exported network.
    ///
    /// # Errors
    ///
    /// The bytes are damaged, hostile, or from a newer version; or the network does not pass its checks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let kind = header(bytes)?;
        let sections = FORMAT.sections(bytes)?;
        let digest = bytes[DIGEST_AT..].first_chunk().copied().unwrap_or_default();
        Ok(match kind {
            Kind::Clocked => Self::Clocked(Box::new(Exported::read(&sections, digest)?)),
            Kind::FirstSpike => Self::FirstSpike(Box::new(ExportedFirstSpike::read(&sections, digest)?)),
        })
    }
}

impl Exported {
    /// Read an exported network of clocked neurons.
    ///
    /// # Errors
    ///
    /// The bytes are damaged, hostile, or from a newer version; the plan does not pass its checks; or neurons spike once.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        match Network::from_bytes(bytes)? {
            Network::Clocked(network) => Ok(*network),
            Network::FirstSpike(_) => Err(Error::plan(
                "a network of single spikes (kind 2): clocked neurons alone are run here, and pysnn-run runs both",
            )),
        }
    }

    fn read(sections: &[&[u8]; section::COUNT], digest: [u8; 32]) -> Result<Self> {
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

/// What neurons are.
enum Kind {
    Clocked,
    FirstSpike,
}

fn header(bytes: &[u8]) -> Result<Kind> {
    if bytes.starts_with(b"PYSNNPLN") {
        return Err(damaged("a plan alone, without what its input means; `pysnn export` writes both"));
    }
    FORMAT.header(bytes)?;
    let [kind, count] = [12, 24].map(|at| u32_at(bytes, at));
    let expected = section::COUNT;
    let kind = match kind {
        1 if count as usize == expected => Kind::Clocked,
        2 if count as usize == expected => Kind::FirstSpike,
        _ => return Err(damaged(format!("kind {kind} with {count} sections; expected kind 1 or 2 with {expected}"))),
    };
    zero(bytes, 28..32)?;
    zero(bytes, SECTIONS_AT + 16 * section::COUNT..FIRST)?;
    Ok(kind)
}
