//! A file: its sections are found and its operations checked once, so that nothing has to be looked at in a step.

use pysnn_abi::Info;

use crate::MAPS;
use crate::bytes::{u32_at, u64_at};
use crate::fault::{Result, fault};
use crate::layout::Layout;
use crate::op::{Kind, Map, OP, Op, word};
use crate::sha256::Sha256;

/// How data enter, where they are pictures of uint8.
const PIXELS: u32 = 6;

/// The kind of a file whose neurons spike once at most, at exact times.
const SINGLE_SPIKES: u32 = 2;

/// Operations, at most.
const MOST: usize = 1 << 12;

/// A network that lies in a file.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    pub(crate) digest: &'a [u8],
    /// The network, about the run, means of pixels, golden input, scores and spikes.
    file: [&'a [u8]; 6],
    /// Operations, sources, arrays, names, data.
    network: [&'a [u8]; 5],
}

/// The sections behind a header, which lie one behind the other.
#[inline(never)]
fn sections<'a>(bytes: &'a [u8], magic: &[u8], newest: u32, found: &mut [&'a [u8]]) -> Result<()> {
    if bytes.get(..8) != Some(magic) {
        return Err(fault!(Format, "not an exported network: its first bytes are others"));
    }
    if bytes.len() < 192 || u64_at(bytes, 16) != bytes.len() as u64 {
        return Err(fault!(Format, "truncated, or with bytes behind its end"));
    }
    match u32_at(bytes, 8) {
        version if (1..=newest).contains(&version) => {}
        version if (1..=newest).contains(&version.swap_bytes()) => {
            return Err(fault!(Format, "big-endian; expected little-endian"));
        }
        _ => return Err(fault!(Version, "another version of the format")),
    }
    let mut end = 192_usize;
    for (number, section) in found.iter_mut().enumerate() {
        let [offset, length] = [0, 8].map(|at| u64_at(bytes, 64 + 16 * number + at));
        let begin = end.next_multiple_of(64);
        let last = usize::try_from(length).ok().and_then(|length| begin.checked_add(length));
        let inside = last.and_then(|last| bytes.get(begin..last)).filter(|_| offset == begin as u64);
        *section = inside.ok_or(fault!(Format, "a section does not lie where it must"))?;
        end = begin + section.len();
    }
    if end == bytes.len() { Ok(()) } else { Err(fault!(Format, "bytes behind the last section")) }
}

impl<'a> Model<'a> {
    /// Find the sections of a file, and no more: [`Model::check`] comes before anything else.
    ///
    /// # Errors
    ///
    /// It is damaged, of another version, or of a kind that is not run here.
    pub fn find(bytes: &'a [u8]) -> Result<Self> {
        let mut model = Self { digest: &[], file: [&[]; 6], network: [&[]; 5] };
        sections(bytes, b"PYSNNEXP", 1, &mut model.file)?;
        model.digest = &bytes[32..64];
        if Sha256::of_file(bytes) != model.digest {
            return Err(fault!(Format, "its SHA-256 is not that of its bytes"));
        }
        if u32_at(bytes, 12) == SINGLE_SPIKES {
            return Err(fault!(Unsupported, "a network of single spikes: only clocked neurons here"));
        }
        sections(model.file[0], b"PYSNNPLN", 2, &mut model.network)?;
        Ok(model)
    }

    /// Check what the sections say.
    ///
    /// # Errors
    ///
    /// It is damaged, or holds what is not run here.
    pub fn check(&self) -> Result<()> {
        if self.about().len() != 128 || !self.network[0].len().is_multiple_of(OP) || self.count() < 2 {
            return Err(fault!(Format, "sections of another size"));
        }
        if !matches!(self.coding(), 3 | 4) && !self.pixels() {
            return Err(fault!(Unsupported, "neither events enter it, nor pixels that an int8 first layer reads"));
        }
        if self.count() > MOST {
            return Err(fault!(Unsupported, "more than 4096 operations"));
        }
        (0..self.count()).try_for_each(|number| self.check_op(number).map_err(|fault| fault.at(number)))?;
        let channels = self.op(0).channels();
        if self.pixels() && 2 * self.means().len() != channels {
            return Err(fault!(Format, "the means of its pixels are not those of its channels"));
        }
        Layout::of(self, true).ok_or(fault!(Memory, "it takes more memory than there are addresses"))?;
        Ok(())
    }

    pub(crate) fn sources(&self) -> &'a [u8] {
        self.network[1]
    }

    pub(crate) fn arrays(&self) -> &'a [u8] {
        self.network[2]
    }

    /// What arrays are made of.
    pub(crate) fn data(&self) -> &'a [u8] {
        self.network[4]
    }

    /// Numbers about the run.
    pub(crate) fn about(&self) -> &'a [u8] {
        self.file[1]
    }

    /// The uint8 nearest to each channel's mean, where pictures enter.
    pub(crate) fn means(&self) -> &'a [u8] {
        self.file[2]
    }

    /// Golden input, scores and spikes.
    pub(crate) fn golden(&self) -> [&'a [u8]; 3] {
        [self.file[3], self.file[4], self.file[5]]
    }

    /// How many operations there are.
    pub(crate) fn count(&self) -> usize {
        self.network[0].len() / OP
    }

    /// An operation; an empty one behind the last.
    #[inline(never)]
    pub(crate) fn op(&self, number: usize) -> Op<'a> {
        Op(self.network[0].as_chunks().0.get(number).unwrap_or(&[0; OP]))
    }

    /// The last operation.
    pub(crate) fn last(&self) -> Op<'a> {
        self.op(self.count() - 1)
    }

    pub(crate) fn name(&self, number: usize) -> &'a [u8] {
        let op = self.op(number);
        let (begin, length) = (op.word(word::NAME), op.word(word::NAME_LENGTH));
        begin.checked_add(length).and_then(|end| self.network[3].get(begin..end)).unwrap_or_default()
    }

    pub(crate) fn coding(&self) -> u32 {
        u32_at(self.about(), 0)
    }

    /// Steps of the neurons' windows; 0: they have none.
    pub(crate) fn window(&self) -> u32 {
        if !MAPS {
            return 0;
        }
        let first = (0..self.count()).map(|number| self.op(number)).find(|op| op.kind() == Kind::Neuron);
        first.filter(|op| op.is_level()).map_or(0, |op| op.most() as u32)
    }

    /// Whether pictures enter.
    pub(crate) fn pixels(&self) -> bool {
        MAPS && self.coding() == PIXELS
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
            steps: u32_at(self.about(), 8),
            coding: self.coding(),
            precision: 1,
            readout: self.readout() as u32,
            window,
        }
    }
}
