//! One operation, as the file has it: `docs/plan_format.md` numbers its words.

use crate::MAPS;
use crate::bytes::{Index, Integers, RUN, u32_at, u64_at};
use crate::fault::{Result, fault};
use crate::model::Model;

/// What a map holds; levels are counts here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Map {
    Count,
    Current,
    Other,
}

/// What an operation does: the numbers of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Other = 0,
    Input = 1,
    Conv = 2,
    Pool = 3,
    MaxPool = 4,
    Gather = 5,
    Add = 8,
    Neuron = 9,
    Output = 10,
    Byte = 12,
}

/// One operation: its record in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op<'a>(pub(crate) &'a [u8; OP]);

/// Words of an operation.
pub(crate) mod word {
    pub(crate) const KIND: usize = 0;
    pub(crate) const MAP: usize = 1;
    pub(crate) const STATIC: usize = 2;
    pub(crate) const MOST: usize = 3;
    pub(crate) const CHANNELS: usize = 4;
    pub(crate) const HEIGHT: usize = 5;
    pub(crate) const WIDTH: usize = 6;
    pub(crate) const NAME: usize = 7;
    pub(crate) const NAME_LENGTH: usize = 8;
    pub(crate) const SOURCES: usize = 9;
    pub(crate) const SOURCE_COUNT: usize = 10;
    pub(crate) const ARRAYS: usize = 11;
    pub(crate) const ARRAY_COUNT: usize = 12;
    pub(crate) const WINDOW: usize = 13;
    pub(crate) const GROUPS: usize = 23;
    pub(crate) const MODE: usize = 24;
    pub(crate) const FLAGS: usize = 25;
    pub(crate) const MAX_CURRENT: usize = 27;
    pub(crate) const STATES: usize = 28;
    pub(crate) const FIRE: usize = 29;
    pub(crate) const SYNAPSE: usize = 30;
}

/// How a neuron with a window fires.
pub(crate) const LEVEL: usize = 3;
/// The type of an array of runs.
pub(crate) const RUNS: usize = 5;
/// Bytes of an operation.
pub(crate) const OP: usize = 128;

impl Op<'_> {
    #[inline(never)]
    pub(crate) fn word(self, word: usize) -> usize {
        u32_at(self.0, 4 * word) as usize
    }

    /// What it does; `Other` where microcontrollers do not do it.
    #[inline(never)]
    pub(crate) fn kind(self) -> Kind {
        match self.word(word::KIND) {
            1 => Kind::Input,
            2 => Kind::Conv,
            3 => Kind::Pool,
            4 => Kind::MaxPool,
            5 => Kind::Gather,
            8 => Kind::Add,
            9 => Kind::Neuron,
            10 => Kind::Output,
            12 => Kind::Byte,
            _ => Kind::Other,
        }
    }

    #[inline(never)]
    pub(crate) fn map(self) -> Map {
        match self.word(word::MAP) {
            1 | 3 => Map::Count,
            2 => Map::Current,
            _ => Map::Other,
        }
    }

    /// Whether it is the same at every step.
    pub(crate) fn is_static(self) -> bool {
        self.word(word::STATIC) == 1
    }

    /// The largest count.
    pub(crate) fn most(self) -> usize {
        self.word(word::MOST)
    }

    pub(crate) fn channels(self) -> usize {
        self.word(word::CHANNELS)
    }

    pub(crate) fn height(self) -> usize {
        if MAPS { self.word(word::HEIGHT) } else { 1 }
    }

    pub(crate) fn width(self) -> usize {
        if MAPS { self.word(word::WIDTH) } else { 1 }
    }

    /// Whether it is one of those that there are without maps: each value is a channel, and a convolution a product with all its inputs.
    pub(crate) fn is_dense(self) -> bool {
        let words =
            |first: usize, expected: &[usize]| (0..).zip(expected).all(|(i, &word)| self.word(first + i) == word);
        let one = words(word::HEIGHT, &[1, 1]);
        let product = || words(word::WINDOW, &[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1]);
        match self.kind() {
            Kind::Conv => one && product(),
            Kind::Neuron => one && !self.is_level(),
            Kind::Input | Kind::Add | Kind::Output => one,
            _ => false,
        }
    }

    /// Rows and columns of its map.
    #[inline(never)]
    pub(crate) fn extent(self) -> [usize; 2] {
        [self.height(), self.width()]
    }

    #[inline(never)]
    pub(crate) fn pixels(self) -> usize {
        if MAPS { self.height() * self.width() } else { 1 }
    }

    #[inline(never)]
    pub(crate) fn size(self) -> usize {
        self.channels() * self.pixels()
    }

    /// Whether its map has the shape of another's.
    #[inline(never)]
    pub(crate) fn is_shaped_as(self, other: Self) -> bool {
        self.0[4 * word::CHANNELS..4 * word::NAME] == other.0[4 * word::CHANNELS..4 * word::NAME]
    }

    /// How many maps it reads.
    pub(crate) fn sources(self) -> usize {
        self.word(word::SOURCE_COUNT)
    }

    /// Parts of its channels that see none of each other.
    pub(crate) fn groups(self) -> usize {
        if MAPS { self.word(word::GROUPS) } else { 1 }
    }

    /// Rows and columns of its kernel.
    pub(crate) fn kernel(self) -> [usize; 2] {
        if MAPS { [self.word(word::WINDOW), self.word(word::WINDOW + 1)] } else { [1, 1] }
    }

    /// Whether it is a neuron that fires once in a window, whose step is read as a level.
    pub(crate) fn is_level(self) -> bool {
        self.kind() == Kind::Neuron && self.word(word::FIRE) == LEVEL
    }

    /// Whether it is a neuron with this flag.
    pub(crate) fn flag(self, flag: usize) -> bool {
        self.word(word::FLAGS) & flag != 0
    }
}

/// How a source enters a sum.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry<'a> {
    Plain,
    Constant(Integers<'a>),
    Ratio(Integers<'a>, Integers<'a>),
}

/// One edge of a sum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term<'a> {
    pub(crate) source: usize,
    pub(crate) entry: Entry<'a>,
}

impl<'a> Model<'a> {
    #[inline(never)]
    /// The number of the map that an operation reads as its `number`-th.
    pub(crate) fn source(&self, op: Op<'_>, number: usize) -> usize {
        u32_at(self.sources(), 16 * (op.word(word::SOURCES) + number)) as usize
    }

    /// The terms of a sum.
    pub(crate) fn terms(&self, op: Op<'a>) -> impl Iterator<Item = Term<'a>> {
        let (model, mut array) = (*self, 0);
        (0..op.sources()).map(move |number| {
            let source = model.source(op, number);
            let mut next = || {
                array += 1;
                model.integers(op, array - 1)
            };
            let entry = match u32_at(model.sources(), 16 * (op.word(word::SOURCES) + number) + 4) {
                2 => Entry::Constant(next()),
                3 => Entry::Ratio(next(), next()),
                _ => Entry::Plain,
            };
            Term { source, entry }
        })
    }

    #[inline(never)]
    /// The bytes of an operation's `number`-th array; none where it has it not.
    pub(crate) fn array(&self, op: Op<'_>, number: usize, size: usize) -> &'a [u8] {
        if number >= op.word(word::ARRAY_COUNT) {
            return &[];
        }
        let entry = 24 * (op.word(word::ARRAYS) + number);
        let [begin, count] = [8, 16].map(|at| usize::try_from(u64_at(self.arrays(), entry + at)).unwrap_or(usize::MAX));
        let end = count.checked_mul(size).and_then(|bytes| begin.checked_add(bytes));
        end.and_then(|end| self.data().get(begin..end)).unwrap_or_default()
    }

    /// The table of a gather.
    pub(crate) fn index(&self, op: Op<'_>) -> Index<'a> {
        let runs = u64_at(self.arrays(), 24 * op.word(word::ARRAYS)) == RUNS as u64;
        Index { bytes: self.array(op, 0, if runs { RUN } else { 4 }), runs }
    }

    pub(crate) fn integers(&self, op: Op<'_>, number: usize) -> Integers<'a> {
        Integers(self.array(op, number, 4))
    }

    #[inline(never)]
    /// Check that an array has a type and so many values.
    pub(crate) fn check_array(&self, op: Op<'_>, number: usize, [kind, size, count]: [usize; 3]) -> Result<()> {
        let entry = 24 * (op.word(word::ARRAYS) + number);
        let there = number < op.word(word::ARRAY_COUNT) && entry + 24 <= self.arrays().len();
        let found = self.array(op, number, size);
        if there && u64_at(self.arrays(), entry) == kind as u64 && Some(found.len()) == count.checked_mul(size) {
            return Ok(());
        }
        Err(fault!(Format, "an array is missing, or of another type or length"))
    }
}
