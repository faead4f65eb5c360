//! A file: its sections are found and its operations checked once, so that nothing has to be looked at in a step.

use pysnn_abi::{Info, Status};

use crate::bytes::{RUN, u32_at, u64_at};
use crate::fault::{Fault, Result};
use crate::layout::Layout;
use crate::op::{Entry, Kind, Map, OP, Op, RUNS, word};
use crate::sha256::Sha256;

/// Nodes that hand currents on to each other, at most.
const DEEPEST: usize = 6;
/// How data enter, where they are pictures of uint8.
const PIXELS: u32 = 6;
/// Values of a map, at most.
const LARGEST: usize = 1 << 24;

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
        let channels = model.op(0).map_or(0, |op| op.shape.channels);
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

    fn record(&self, number: usize) -> &'a [u8] {
        self.ops.get(OP * number..OP * (number + 1)).unwrap_or_default()
    }

    #[inline(never)]
    /// An operation of a checked model.
    pub(crate) fn op(&self, number: usize) -> Option<Op<'a>> {
        Op::read(self.record(number))
    }

    pub(crate) fn name(&self, number: usize) -> &'a str {
        let [begin, length] = [7, 8].map(|word| u32_at(self.record(number), 4 * word) as usize);
        let bytes = begin.checked_add(length).and_then(|end| self.names.get(begin..end));
        core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    }

    pub(crate) fn coding(&self) -> u32 {
        u32_at(self.about, 0)
    }

    /// Whether pictures enter.
    pub(crate) fn pixels(&self) -> bool {
        self.coding() == PIXELS
    }

    /// The last operation's: mean current, potential, count or first spike, from 1.
    pub(crate) fn readout(&self) -> u32 {
        u32_at(self.record(self.count() - 1), 4 * word::MODE)
    }

    fn check(&self, number: usize) -> Result<'a, ()> {
        let unsupported = |what| Err(Fault::new(Status::Unsupported, what));
        let wrong = || Err(Fault::damaged("its sources, shape or kind do not fit together"));
        let Some(op) = self.op(number) else { return unsupported("an operation that is not run on microcontrollers") };
        let sizes = [op.shape.channels, op.shape.height, op.shape.width];
        let size = sizes.iter().try_fold(1_usize, |size, &n| size.checked_mul(n).filter(|&size| size <= LARGEST));
        let bound = (1..=255).contains(&op.most) == (op.map == Map::Count);
        if size.is_none_or(|size| size == 0) || !bound || (op.map == Map::Current && op.most != 0) {
            return wrong();
        }
        let [first, count] = [op.word(word::SOURCES), op.sources()];
        let inside = first.checked_add(count).is_some_and(|end| end <= self.sources.len() / 16);
        let expected = match op.kind {
            Kind::Input => count == 0 && number == 0 && op.map == Map::Count,
            Kind::Gather | Kind::Add => count > 0,
            _ => count == 1,
        };
        let ends = (op.kind == Kind::Output) == (number + 1 == self.count());
        if !inside || !expected || !ends || (op.kind == Kind::Input) != (number == 0) {
            return wrong();
        }
        if (0..count).any(|k| self.source(&op, k) >= number) {
            return wrong();
        }
        if self.depth(number, DEEPEST).is_none() {
            return unsupported("currents go through too many nodes before neurons take them in");
        }
        self.check_kind(op)
    }

    /// How many operations compute a current from counts; `None` for more than `left`.
    pub(crate) fn depth(&self, number: usize, left: usize) -> Option<usize> {
        let Some(op) = self.op(number).filter(|op| op.map == Map::Current && op.kind != Kind::Output) else {
            return Some(0);
        };
        let left = left.checked_sub(1)?;
        (0..op.sources()).try_fold(0, |most, k| Some(self.depth(self.source(&op, k), left)?.max(most))).map(|n| n + 1)
    }

    fn check_kind(&self, op: Op<'a>) -> Result<'a, ()> {
        let wrong = || Err(Fault::damaged("its sources, shape or kind do not fit together"));
        let channels = op.shape.channels;
        let Some(source) = (if op.kind == Kind::Input { Some(op) } else { self.op(self.source(&op, 0)) }) else {
            return wrong();
        };
        let slides =
            || op.window().output([source.shape.height, source.shape.width]) == Some([op.shape.height, op.shape.width]);
        match op.kind {
            Kind::Input => Ok(()),
            Kind::Conv => {
                let (groups, inputs) = (op.word(word::GROUPS), source.shape.channels);
                let whole = groups > 0 && inputs.is_multiple_of(groups) && channels.is_multiple_of(groups);
                if !whole || !slides() || op.map != Map::Current || source.map != Map::Count {
                    return wrong();
                }
                let [height, width] = op.window().kernel;
                let weights = [width, inputs / groups, channels].iter().try_fold(height, |all, &n| all.checked_mul(n));
                self.check_array(&op, 0, [3, 1, weights.unwrap_or(usize::MAX)])?;
                self.check_array(&op, 1, [4, 4, channels])
            }
            Kind::Pool | Kind::MaxPool => {
                let counts = source.map == Map::Count && (op.kind == Kind::Pool || op.map == Map::Count);
                let currents = source.map == Map::Current && op.map == Map::Current && op.kind == Kind::Pool;
                let [height, width] = op.window().kernel;
                let most = (height.min(source.shape.height) * width.min(source.shape.width)) * source.most as usize;
                let most = if op.kind == Kind::MaxPool { source.most as usize } else { most };
                let fits = op.map == Map::Current || most <= op.most as usize;
                if slides() && channels == source.shape.channels && fits && (counts || currents) {
                    Ok(())
                } else {
                    wrong()
                }
            }
            Kind::Gather => self.check_gather(op),
            Kind::Add => self.check_add(op),
            Kind::Neuron => {
                if source.shape != op.shape || source.map != Map::Current || op.map != Map::Count {
                    return wrong();
                }
                self.check_neuron(op)
            }
            Kind::Output => {
                let spikes = matches!(op.word(word::MODE), 3 | 4);
                if source.shape != op.shape
                    || (spikes && source.map != Map::Count)
                    || !(1..=4).contains(&op.word(word::MODE))
                {
                    return wrong();
                }
                if op.word(word::ARRAY_COUNT) == 0 { Ok(()) } else { self.check_array(&op, 0, [2, 8, channels]) }
            }
        }
    }

    fn check_gather(&self, op: Op<'a>) -> Result<'a, ()> {
        let wrong = Fault::damaged("its sources, shape or kind do not fit together");
        let mut total = 0_usize;
        for k in 0..op.sources() {
            let source = self.op(self.source(&op, k)).ok_or(wrong)?;
            if source.map != op.map || source.most > op.most {
                return Err(wrong);
            }
            total = total.saturating_add(source.shape.size());
        }
        let index = self.index(&op);
        let values = index.bytes.len() / RUN;
        self.check_array(&op, 0, if index.runs { [RUNS, RUN, values] } else { [4, 4, op.shape.size()] })?;
        let inside = |at: i32| at == -1 || usize::try_from(at).is_ok_and(|at| at < total);
        if (0..op.shape.size()).all(|i| inside(index.at(i))) { Ok(()) } else { Err(wrong) }
    }

    fn check_add(&self, op: Op<'a>) -> Result<'a, ()> {
        let wrong = Fault::damaged("its sources, shape or kind do not fit together");
        let (mut most, mut array) = (0_u32, 0);
        for term in self.terms(op) {
            let source = self.op(term.source).ok_or(wrong)?;
            most = most.saturating_add(source.most);
            let fits = match term.entry {
                Entry::Plain => source.map == op.map,
                Entry::Constant(_) => source.map == Map::Count && op.map == Map::Current,
                Entry::Ratio(..) => source.map == Map::Current && op.map == Map::Current,
            };
            if !fits || source.shape != op.shape {
                return Err(wrong);
            }
            let arrays = match term.entry {
                Entry::Plain => 0,
                Entry::Constant(_) => 1,
                Entry::Ratio(_, shift) => {
                    self.check_array(&op, array + 1, [4, 4, op.shape.channels])?;
                    if !(0..op.shape.channels).all(|channel| (1..=62).contains(&shift.at(channel))) {
                        return Err(wrong);
                    }
                    2
                }
            };
            if arrays > 0 {
                self.check_array(&op, array, [4, 4, op.shape.channels])?;
            }
            array += arrays;
        }
        if op.map == Map::Current || most <= op.most { Ok(()) } else { Err(wrong) }
    }

    /// What a caller must know.
    #[must_use]
    pub fn info(&self) -> Info {
        let (input, last) = (self.op(0), self.op(self.count() - 1));
        let [layout, runs] = [true, false].map(|goes_on| Layout::of(self, goes_on).unwrap_or_default());
        Info {
            size: size_of::<Info>(),
            model_bytes: size_of::<Self>(),
            runs_bytes: if self.pixels() { runs.memory() } else { 0 },
            stream_bytes: layout.memory(),
            state_bytes: layout.state_bytes,
            alignment: 8,
            format: 1,
            // A channel of a picture is two of the input's map.
            channels: input.map_or(0, |op| op.shape.channels as u32) >> u32::from(self.pixels()),
            height: input.map_or(0, |op| op.shape.height as u32),
            width: input.map_or(0, |op| op.shape.width as u32),
            outputs: last.map_or(0, |op| op.shape.size() as u32),
            steps: u32_at(self.about, 8),
            coding: self.coding(),
            precision: 1,
            readout: self.readout(),
            window: 0,
        }
    }
}
