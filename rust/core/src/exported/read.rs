//! From bytes to an exported network: every one of them is checked, and nothing is allocated that they do not hold.

use sha2::{Digest, Sha256};

use super::golden::{self, Golden};
use super::input::Preparation;
use super::layout::{ABOUT_SIZE, DIGEST_AT, DIGEST_SIZE, FIRST, MAGIC, SECTIONS_AT, VERSION, about, aligned, section};
use crate::clocked::MAX_STEPS;
use crate::error::{Error, Kind as Fault, Result};
use crate::plan::{Body, Coding, Plan, Shape};

/// How data enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// The same current at every step.
    Constant,
    /// Random spikes with given rates.
    Poisson,
    /// Given spikes, `(steps, samples, ...)`.
    Spikes,
    /// Given events.
    Events,
}

impl Encoding {
    /// The coding that its plan has.
    fn coding(self) -> Coding {
        match self {
            Self::Constant => Coding::Constant,
            Self::Poisson => Coding::Poisson,
            Self::Spikes | Self::Events => Coding::Events,
        }
    }

    /// Its name, as Python has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Poisson => "poisson",
            Self::Spikes => "spikes",
            Self::Events => "events",
        }
    }
}

/// How a network is meant to be run, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct About {
    /// How data enter.
    pub encoding: Encoding,
    /// Axes of a sample: 1 for a vector, 3 for a map.
    pub axes: usize,
    /// Time-steps that it is meant for, if the file says so.
    pub steps: Option<usize>,
    /// Of the Poisson coding.
    pub seed: u64,
    /// Seconds a step, for networks with time constants.
    pub dt: Option<f64>,
    /// SHA-256 of the `.psnn` file that it comes from.
    pub source: [u8; 32],
}

/// What a program must know of a network to give it data.
#[derive(Debug, Clone)]
pub struct Interface {
    /// How it is meant to be run.
    pub about: About,
    /// The shape of a sample.
    pub shape: Shape,
    /// What is done to data before they enter.
    pub input: Preparation,
}

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

fn zero(bytes: &[u8], range: std::ops::Range<usize>) -> Result<()> {
    let begin = range.start;
    match bytes.get(range).unwrap_or_default().iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(at) => Err(damaged(format!("byte {} is not 0", begin + at))),
    }
}

/// The SHA-256 of a file whose digest counts as zeros.
fn digest(bytes: &[u8]) -> [u8; DIGEST_SIZE] {
    let mut hash = Sha256::new();
    hash.update(&bytes[..DIGEST_AT]);
    hash.update([0; DIGEST_SIZE]);
    hash.update(&bytes[DIGEST_AT + DIGEST_SIZE..]);
    hash.finalize().into()
}

fn read_about(record: &[u8]) -> Result<About> {
    if record.len() != ABOUT_SIZE {
        return Err(damaged(format!("{} bytes about the run; expected {ABOUT_SIZE}", record.len())));
    }
    for range in about::RESERVED {
        zero(record, range)?;
    }
    let encoding = match u32_at(record, about::CODING) {
        1 => Encoding::Constant,
        2 => Encoding::Poisson,
        3 => Encoding::Spikes,
        4 => Encoding::Events,
        other => return Err(damaged(format!("coding {other}; expected 1 to 4"))),
    };
    let dt = f64::from_bits(u64_at(record, about::DT));
    if !dt.is_finite() || dt < 0.0 || dt.to_bits() == (-0.0_f64).to_bits() {
        return Err(damaged(format!("a time step of {dt} seconds; expected a positive one, or 0 for none")));
    }
    let steps = u32_at(record, about::STEPS) as usize;
    if steps > MAX_STEPS {
        return Err(damaged(format!("meant for {steps} time-steps; expected at most {MAX_STEPS}")));
    }
    let source = record.get(about::SOURCE..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    Ok(About {
        encoding,
        axes: u32_at(record, about::AXES) as usize,
        steps: (steps > 0).then_some(steps),
        seed: u64_at(record, about::SEED),
        dt: (dt > 0.0).then_some(dt),
        source,
    })
}

/// Check that what enters is what the plan takes, and return the shape of a sample.
fn check_input(plan: &Plan, about: &About) -> Result<Shape> {
    let op = &plan.ops()[0];
    let shape = op.spec.shape;
    let coding = if let Body::Input(coding) = op.body { Some(coding) } else { None };
    if coding != Some(about.encoding.coding()) {
        return Err(damaged(format!("coding '{}' is not that of its plan", about.encoding.name())));
    }
    match about.axes {
        3 => Ok(shape),
        1 if shape.pixels() == 1 => Ok(shape),
        axes => Err(damaged(format!("samples of {axes} axes for an input of {shape:?}"))),
    }
}
