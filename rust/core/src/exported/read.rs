//! From bytes to an exported network: every one of them is checked, and nothing is allocated that they do not hold.

use sha2::{Digest, Sha256};

use super::about::{Interface, check_input, read_about};
use super::bytes::{damaged, u32_at, u64_at, zero};
use super::golden::{self, Golden};
use super::input::Preparation;
use super::layout::{DIGEST_AT, DIGEST_SIZE, FIRST, MAGIC, SECTIONS_AT, VERSION, about, aligned, section};
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
        let sections = sections(bytes)?;
        let digest = digest(bytes);
        if bytes.get(DIGEST_AT..DIGEST_AT + DIGEST_SIZE) != Some(&digest) {
            return Err(damaged("its SHA-256 is not that of its bytes"));
        }
        let plan = Plan::from_bytes(sections[section::NETWORK])?;
        let record = sections[section::ABOUT];
        let about = read_about(record)?;
        let shape = check_input(&plan, &about)?;
        let input = Preparation::read(sections[section::INPUT], u32_at(record, about::OPERATIONS), shape.channels)?;
        let golden = golden::read(
            &plan,
            &about,
            record,
            [sections[section::GOLDEN_INPUT], sections[section::GOLDEN_SCORES], sections[section::GOLDEN_SPIKES]],
        )?;
        Ok(Self { plan, interface: Interface { about, shape, input }, golden, digest })
    }
}

fn header(bytes: &[u8]) -> Result<()> {
    if bytes.starts_with(b"PYSNNPLN") {
        return Err(damaged("a plan alone, without what its input means; `pysnn export` writes both"));
    }
    if bytes.get(..8) != Some(&MAGIC) {
        return Err(damaged(format!("expected it to start with {}", String::from_utf8_lossy(&MAGIC))));
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
    let [kind, count] = [12, 24].map(|at| u32_at(bytes, at));
    if kind != 1 || count as usize != section::COUNT {
        return Err(damaged(format!("kind {kind} with {count} sections; expected kind 1 with {}", section::COUNT)));
    }
    zero(bytes, 28..32)?;
    zero(bytes, SECTIONS_AT + 16 * section::COUNT..FIRST)
}

/// The bytes of each section, which lie one behind the other with zeros between.
fn sections(bytes: &[u8]) -> Result<[&[u8]; section::COUNT]> {
    let mut found = [&bytes[..0]; section::COUNT];
    let mut end = FIRST;
    for (number, section) in found.iter_mut().enumerate() {
        let [offset, length] = [0, 8].map(|at| u64_at(bytes, SECTIONS_AT + 16 * number + at));
        let begin = aligned(end);
        let last = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
        let inside = last.and_then(|last| bytes.get(begin..last)).filter(|_| offset == begin as u64);
        *section = inside.ok_or_else(|| damaged(format!("section {number} does not lie at byte {begin}")))?;
        zero(bytes, end..begin)?;
        end = begin + section.len();
    }
    if end != bytes.len() {
        return Err(damaged(format!("{} bytes; its sections end at {end}", bytes.len())));
    }
    Ok(found)
}

/// The SHA-256 of a file whose digest counts as zeros.
fn digest(bytes: &[u8]) -> [u8; DIGEST_SIZE] {
    let mut hash = Sha256::new();
    hash.update(&bytes[..DIGEST_AT]);
    hash.update([0; DIGEST_SIZE]);
    hash.update(&bytes[DIGEST_AT + DIGEST_SIZE..]);
    hash.finalize().into()
}
