//! The operations of a file, one after the other.

use super::layout::{ARRAY_SIZE, FORMAT, OP_WORDS, SECTIONS, SOURCE_WORDS, dtype, entry, kind, word};
use super::model::take_model;
use super::runs::{Run, unpack};
use crate::container::{u32_at, u64_at};
use crate::error::{Error, Result};
use crate::neuron::model::Model;
use crate::plan::map::{Coding, Kind, MapSpec, Shape};
use crate::plan::ops::{
    Body, Byte, Clamp, Conv, Delay, Dynamics, Entry, Gather, MaxPool, Neuron, Op, Output, Parameters, Pool, Readout,
    Round, Term, Weights,
};
use crate::plan::window::Window;

/// An error about the bytes.
pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    FORMAT.damaged(what)
}

type Words = [u32; OP_WORDS];

fn words(record: &[u8]) -> Words {
    std::array::from_fn(|number| u32_at(record, 4 * number))
}

/// A number of an array.
trait Value: Sized {
    const DTYPE: u32;
    fn read(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! value {
    ($type:ty, $dtype:ident) => {
        impl Value for $type {
            const DTYPE: u32 = dtype::$dtype;
            fn read(bytes: &[u8]) -> Vec<Self> {
                bytes.as_chunks().0.iter().map(|bytes| Self::from_le_bytes(*bytes)).collect()
            }
        }
    };
}

value!(f32, F32);
value!(f64, F64);
value!(i8, I8);
value!(i32, I32);

impl Value for Run {
    const DTYPE: u32 = dtype::RUN;
    fn read(bytes: &[u8]) -> Vec<Self> {
        let (words, _) = bytes.as_chunks::<4>();
        let (runs, _) = words.as_chunks::<3>();
        let run = |&[end, first, step]: &[[u8; 4]; 3]| Self {
            end: u32::from_le_bytes(end),
            first: i32::from_le_bytes(first),
            step: i32::from_le_bytes(step),
        };
        runs.iter().map(run).collect()
    }
}

/// The sections, and how much of them has been read.
pub(super) struct Reader<'a> {
    sections: [&'a [u8]; SECTIONS],
    sources: usize,
    arrays: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sections: [&'a [u8]; SECTIONS]) -> Self {
        Self { sections, sources: 0, arrays: 0 }
    }

    /// All operations.
    pub(super) fn ops(&mut self) -> Result<Vec<Op>> {
        let records = self.sections[0].chunks_exact(4 * OP_WORDS);
        records.enumerate().map(|(number, record)| self.op(number, &words(record))).collect()
    }

    fn op(&mut self, number: usize, words: &Words) -> Result<Op> {
        let [begin, length] = [words[word::NAME], words[word::NAME + 1]].map(|n| n as usize);
        let name = begin.checked_add(length).and_then(|end| self.sections[3].get(begin..end));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let node = name.ok_or_else(|| damaged(format!("operation {number} has no name")))?.to_owned();
        let wrong = |what: &str| damaged(format!("node '{node}': {what}"));
        let kind = match words[word::MAP] {
            0 => Kind::Real,
            1 => Kind::Count,
            2 => Kind::Current,
            3 => Kind::Level,
            _ => return Err(wrong("unknown kind of map")),
        };
        let [channels, height, width] = std::array::from_fn(|axis| words[word::SHAPE + axis] as usize);
        let (is_static, max_count) = (words[word::STATIC] == 1, words[word::MAX_COUNT]);
        let spec = MapSpec { shape: Shape::new(channels, height, width), kind, is_static, max_count };
        let body = self.body(words).map_err(|error| Error::new(error.kind(), format!("{error} (node '{node}')")))?;
        let body = body.ok_or_else(|| wrong("unknown kind, or not the sources and arrays of its kind"))?;
        Ok(Op { node, spec, body })
    }

    fn body(&mut self, words: &Words) -> Result<Option<Body>> {
        let (count, arrays) = (words[word::SOURCES + 1], words[word::ARRAYS + 1]);
        let single = !matches!(words[word::KIND], kind::INPUT | kind::GATHER | kind::ADD);
        let source = if single { self.source()?.map } else { 0 };
        Ok(Some(match words[word::KIND] {
            kind::INPUT => match words[word::MODE] {
                1 => Body::Input(Coding::Constant),
                2 => Body::Input(Coding::Poisson),
                3 => Body::Input(Coding::Events),
                4 => Body::Input(Coding::Frames),
                5 => Body::Input(Coding::Pixels),
                _ => return Ok(None),
            },
            kind::CONV => {
                let weights = if self.next_dtype() == dtype::I8 {
                    Weights::Integer(self.array()?, self.array()?)
                } else {
                    Weights::Real(self.array()?, self.array()?)
                };
                Body::Conv(Conv { source, window: window(words), groups: words[word::GROUPS] as usize, weights })
            }
            kind::POOL => {
                Body::Pool(Pool { source, window: window(words), weight: f32::from_bits(words[word::WEIGHT]) })
            }
            kind::MAX_POOL => Body::MaxPool(MaxPool { source, window: window(words) }),
            kind::GATHER => {
                let sources = (0..count).map(|_| Ok(self.source()?.map)).collect::<Result<_>>()?;
                Body::Gather(Gather { sources, index: self.index()? })
            }
            kind::CLAMP => Body::Clamp(Clamp { source, high: self.optional(arrays)? }),
            kind::ROUND => Body::Round(Round { source, unit: self.array()? }),
            kind::ADD => Body::Add((0..count).map(|_| self.term()).collect::<Result<_>>()?),
            kind::NEURON => return self.neuron(source, words),
            kind::OUTPUT => {
                let readout = match words[word::MODE] {
                    1 => Readout::MeanCurrent,
                    2 => Readout::Potential,
                    3 => Readout::Count,
                    4 => Readout::FirstSpike,
                    _ => return Ok(None),
                };
                Body::Output(Output { source, readout, unit: self.optional(arrays)? })
            }
            kind::DELAY => Body::Delay(Delay { source, steps: words[word::MODE] as usize }),
            kind::BYTE => Body::Byte(Byte { source, shift: words[word::MODE] }),
            _ => return Ok(None),
        }))
    }

    fn neuron(&mut self, source: usize, words: &Words) -> Result<Option<Body>> {
        let Some(model) = take_model(words) else { return Ok(None) };
        let (dynamics, unit) = if self.next_dtype() == dtype::I32 {
            let Read { parameters, unit } = self.parameters(&model, true)?;
            (Dynamics::Integer(parameters), unit)
        } else {
            let Read { parameters, unit } = self.parameters(&model, false)?;
            (Dynamics::Real(parameters), unit)
        };
        Ok(Some(Body::Neuron(Neuron { source, model, dynamics, unit, max_current: words[word::MAX_CURRENT] })))
    }

    fn parameters<A: Value>(&mut self, model: &Model, integer: bool) -> Result<Read<A>> {
        let [threshold, v_init, v_reset] = [self.array()?, self.array()?, self.array()?];
        let unit = self.array()?;
        let constants = model.constants(integer).iter().map(|_| self.array()).collect::<Result<_>>()?;
        Ok(Read { parameters: Parameters { threshold, v_init, v_reset, constants }, unit })
    }

    fn term(&mut self) -> Result<Term> {
        let Source { map, entry } = self.source()?;
        let entry = match entry {
            entry::PLAIN => Entry::Plain,
            entry::SCALE => Entry::Scale(self.array()?),
            entry::CONSTANT => Entry::Constant(self.array()?),
            entry::RATIO => Entry::Ratio { multiplier: self.array()?, shift: self.array()? },
            other => return Err(damaged(format!("a source enters in the unknown way {other}"))),
        };
        Ok(Term { source: map, entry })
    }

    fn source(&mut self) -> Result<Source> {
        let size = 4 * SOURCE_WORDS;
        let record = self.sections[1].get(self.sources * size..(self.sources + 1) * size);
        let record = record.ok_or_else(|| damaged("it has fewer sources than its operations say"))?;
        self.sources += 1;
        Ok(Source { map: u32_at(record, 0) as usize, entry: u32_at(record, 4) })
    }

    /// The table of a gather.
    fn index(&mut self) -> Result<Vec<i32>> {
        if self.next_dtype() != dtype::RUN {
            return self.array();
        }
        let runs: Vec<Run> = self.array()?;
        unpack(&runs).ok_or_else(|| damaged("the runs of a gather are not those that are written"))
    }

    /// The type of the next array; none has the number 0.
    fn next_dtype(&self) -> u32 {
        u64_at(self.sections[2], self.arrays * ARRAY_SIZE) as u32
    }

    fn optional<T: Value>(&mut self, arrays: u32) -> Result<Option<Vec<T>>> {
        if arrays == 0 { Ok(None) } else { self.array().map(Some) }
    }

    fn array<T: Value>(&mut self) -> Result<Vec<T>> {
        let at = self.arrays * ARRAY_SIZE;
        let [kind, offset, count] = [0, 8, 16].map(|field| u64_at(self.sections[2], at + field));
        let fits = self.sections[2].len() >= at + ARRAY_SIZE && kind == u64::from(T::DTYPE);
        let bytes = count.checked_mul(size_of::<T>() as u64).and_then(|length| {
            let end = usize::try_from(offset.checked_add(length)?).ok()?;
            self.sections[4].get(usize::try_from(offset).ok()?..end)
        });
        let number = self.arrays;
        self.arrays += 1;
        let bytes = bytes.filter(|_| fits);
        bytes.map(T::read).ok_or_else(|| damaged(format!("array {number} is not there, or of another type")))
    }
}

struct Source {
    map: usize,
    entry: u32,
}

struct Read<A> {
    parameters: Parameters<A>,
    unit: Vec<f64>,
}

fn window(words: &Words) -> Window {
    let at = |number: usize| words[word::WINDOW + number] as usize;
    Window {
        kernel: [at(0), at(1)],
        stride: [at(2), at(3)],
        pads: [at(4), at(5), at(6), at(7)],
        dilation: [at(8), at(9)],
    }
}
