//! A file: its sections are found and its operations checked once, so that nothing has to be looked at in a step.

use pysnn_abi::{Info, Status};

use crate::bytes::{u32_at, u64_at};
use crate::fault::{Fault, Result};
use crate::layout::Layout;
use crate::op::{Kind, Map, OP, Op, word};
use crate::sha256::Sha256;

/// How data enter, where they are pictures of uint8.
const PIXELS: u32 = 6;

/// The kind of a file whose neurons spike once at most, at exact times.
const SINGLE_SPIKES: u32 = 2;

/// A network that lies in a file.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    pub(crate) digest: &'a [u8],
    ops: &'a [u8],
    pub(crate) sources: &'a [u8],
    pub(crate) arrays: &'a [u8],
    names: &'a [u8],
    pub(crate) data: &'a [u8],
    pub(crate) about: &'a [u8],
    /// The uint8 nearest to each channel's mean, where pictures enter.
    pub(crate) means: &'a [u8],
    /// Golden input, scores and spikes.
    pub(crate) golden: [&'a [u8]; 3],
}

/// The sections behind a header, which lie one behind the other.
fn sections<'a, const N: usize>(bytes: &'a [u8], magic: &[u8], newest: u32) -> Result<'a, [&'a [u8]; N]> {
    if bytes.get(..8) != Some(magic) {
        return Err(Fault::damaged("not an exported network: its first bytes are others"));
    }
    if bytes.len() < 192 || u64_at(bytes, 16) != bytes.len() as u64 {
        return Err(Fault::damaged("truncated, or with bytes behind its end"));
    }
    match u32_at(bytes, 8) {
        version if (1..=newest).contains(&version) => {}
        version if (1..=newest).contains(&version.swap_bytes()) => {
            return Err(Fault::damaged("its numbers are big-endian; expected little-endian ones"));
        }
        _ => return Err(Fault::new(Status::Version, "another version of the format than those that are read here")),
    }
    let mut found = [&bytes[..0]; N];
    let mut end = 192_usize;
    for (number, section) in found.iter_mut().enumerate() {
        let [offset, length] = [0, 8].map(|at| u64_at(bytes, 64 + 16 * number + at));
        let begin = end.next_multiple_of(64);
        let last = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
        let inside = last.and_then(|last| bytes.get(begin..last)).filter(|_| offset == begin as u64);
        *section = inside.ok_or(Fault::damaged("a section does not lie where it must"))?;
        end = begin + section.len();
    }
    if end == bytes.len() { Ok(found) } else { Err(Fault::damaged("bytes behind the last section")) }
}

impl<'a> Model<'a> {
    /// Check a file.
    ///
    /// # Errors
    ///
    /// It is damaged, of another version, or holds what is not run here.
    pub fn open(bytes: &'a [u8]) -> Result<'a, Self> {
        let [network, about, means, input, scores, spikes] = sections(bytes, b"PYSNNEXP", 1)?;
        let mut hash = Sha256::new();
        hash.update(&bytes[..32]);
        hash.update(&[0; 32]);
        hash.update(&bytes[64..]);
        let digest = &bytes[32..64];
        if hash.finish() != digest {
            return Err(Fault::damaged("its SHA-256 is not that of its bytes"));
        }
        if u32_at(bytes, 12) == SINGLE_SPIKES {
            return Err(Fault::new(Status::Unsupported, "a network of single spikes: only clocked neurons here"));
        }
        let [ops, sources, arrays, names, data] = sections(network, b"PYSNNPLN", 2)?;
        let model = Self { digest, ops, sources, arrays, names, data, about, means, golden: [input, scores, spikes] };
        if about.len() != 128 || !ops.len().is_multiple_of(OP) || model.count() < 2 {
            return Err(Fault::damaged("the section about the run, or the operations, are of another size"));
        }
        if ![3, 4, PIXELS].contains(&model.coding()) {
            let what = "values enter it, and the first layer is in float32: only events here, or pixels and an int8 first layer";
            return Err(Fault::new(Status::Unsupported, what));
        }
        (0..model.count()).try_for_each(|number| model.check(number).map_err(|fault| fault.at(model.name(number))))?;
        let channels = model.op(0).channels();
        if model.pixels() && 2 * model.means.len() != channels {
            return Err(Fault::damaged("the means of its pixels are not those of its channels"));
        }
        Layout::of(&model, true).ok_or(Fault::new(Status::Memory, "it takes more memory than there are addresses"))?;
        Ok(model)
    }

    /// How many operations there are.
    pub(crate) fn count(&self) -> usize {
        self.ops.len() / OP
    }

    /// An operation; an empty one behind the last.
    #[inline(never)]
    pub(crate) fn op(&self, number: usize) -> Op<'a> {
        Op(self.ops.as_chunks().0.get(number).unwrap_or(&[0; OP]))
    }

    /// The last operation.
    pub(crate) fn last(&self) -> Op<'a> {
        self.op(self.count() - 1)
    }

    pub(crate) fn name(&self, number: usize) -> &'a str {
        let op = self.op(number);
        let (begin, length) = (op.word(word::NAME), op.word(word::NAME_LENGTH));
        let bytes = begin.checked_add(length).and_then(|end| self.names.get(begin..end));
        core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }

    pub(crate) fn coding(&self) -> u32 {
        u32_at(self.about, 0)
    }

    /// Steps of the neurons' windows; 0: they have none.
    pub(crate) fn window(&self) -> u32 {
        let first = (0..self.count()).map(|number| self.op(number)).find(|op| op.kind() == Kind::Neuron);
        first.filter(|op| op.is_level()).map_or(0, |op| op.most() as u32)
    }

    /// Whether pictures enter.
    pub(crate) fn pixels(&self) -> bool {
        self.coding() == PIXELS
    }

    /// The last operation's: mean current, potential, count or first spike, from 1.
    pub(crate) fn readout(&self) -> usize {
        self.last().word(word::MODE)
    }

    /// How many operations compute a current from counts; `None` for more than `left`.
    pub(crate) fn depth(&self, number: usize, left: usize) -> Option<usize> {
        let op = self.op(number);
        if op.map() != Map::Current || op.kind() == Kind::Output {
            return Some(0);
        }
        let left = left.checked_sub(1)?;
        (0..op.sources()).try_fold(0, |most, k| Some(self.depth(self.source(op, k), left)?.max(most))).map(|n| n + 1)
    }

    /// What a caller must know.
    #[must_use]
    pub fn info(&self) -> Info {
        let (input, last, window) = (self.op(0), self.last(), self.window());
        let [layout, runs] = [true, false].map(|goes_on| Layout::of(self, goes_on).unwrap_or_default());
        Info {
            size: size_of::<Info>(),
            model_bytes: size_of::<Self>(),
            runs_bytes: if self.pixels() { runs.memory() } else { 0 },
            stream_bytes: if window > 0 { 0 } else { layout.memory() },
            state_bytes: if window > 0 { 0 } else { layout.state_bytes },
            alignment: 8,
            format: 1,
            // A channel of a picture is two of the input's map.
            channels: input.channels() as u32 >> u32::from(self.pixels()),
            height: input.height() as u32,
            width: input.width() as u32,
            outputs: last.size() as u32,
            steps: u32_at(self.about, 8),
            coding: self.coding(),
            precision: 1,
            readout: self.readout() as u32,
            window,
        }
    }
}
