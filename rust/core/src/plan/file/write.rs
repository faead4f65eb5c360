//! From a plan's operations to the sections of its bytes.

use std::ops::Range;

use super::layout::{OP_WORDS, SOURCE_WORDS, WITH_RUNS, dtype, entry, kind, word};
use super::model::put_model;
use super::runs::{Run, pack};
use crate::container::aligned;
use crate::plan::checked::Plan;
use crate::plan::map::{Coding, Kind};
use crate::plan::ops::{Body, Dynamics, Entry, Neuron, Op, Parameters, Readout, Term, Weights};
use crate::plan::window::Window;

/// The sections, as they grow.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) ops: Vec<u8>,
    pub(super) sources: Vec<u8>,
    pub(super) names: Vec<u8>,
    /// Of the format.
    version: u32,
    /// Whether the data are kept, or only how long they are.
    with_data: bool,
    pub(super) data: Vec<u8>,
    pub(super) length: usize,
    pub(super) gaps: Vec<Range<usize>>,
    /// Type, place in the data, and number of values of each array.
    arrays: Vec<[u64; 3]>,
}

/// A number of an array.
trait Value: Copy {
    const DTYPE: u32;
    fn put(values: &[Self], bytes: &mut Vec<u8>);
}

macro_rules! value {
    ($type:ty, $dtype:ident) => {
        impl Value for $type {
            const DTYPE: u32 = dtype::$dtype;
            fn put(values: &[Self], bytes: &mut Vec<u8>) {
                let begin = bytes.len();
                bytes.resize(begin + size_of_val(values), 0);
                for (to, value) in bytes[begin..].as_chunks_mut().0.iter_mut().zip(values) {
                    *to = value.to_le_bytes();
                }
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
    fn put(values: &[Self], bytes: &mut Vec<u8>) {
        for run in values {
            bytes.extend([run.end.to_le_bytes(), run.first.to_le_bytes(), run.step.to_le_bytes()].as_flattened());
        }
    }
}

impl Parts {
    pub(super) fn of(plan: &Plan, with_data: bool, version: u32) -> Self {
        let mut parts = Self { version, with_data, ..Self::default() };
        plan.ops().iter().for_each(|op| parts.op(op));
        parts
    }

    fn op(&mut self, op: &Op) {
        let mut words = [0; OP_WORDS];
        let spec = &op.spec;
        words[word::MAP] = match spec.kind {
            Kind::Real => 0,
            Kind::Count => 1,
            Kind::Current => 2,
            Kind::Level => 3,
        };
        words[word::STATIC] = u32::from(spec.is_static);
        words[word::MAX_COUNT] = spec.max_count;
        let shape = [spec.shape.channels, spec.shape.height, spec.shape.width];
        words[word::SHAPE..word::SHAPE + 3].copy_from_slice(&shape.map(|size| size as u32));
        words[word::NAME..word::NAME + 2].copy_from_slice(&[self.names.len() as u32, op.node.len() as u32]);
        self.names.extend_from_slice(op.node.as_bytes());
        words[word::SOURCES] = (self.sources.len() / (4 * SOURCE_WORDS)) as u32;
        words[word::ARRAYS] = self.arrays.len() as u32;
        self.body(&op.body, &mut words);
        words[word::SOURCES + 1] = (self.sources.len() / (4 * SOURCE_WORDS)) as u32 - words[word::SOURCES];
        words[word::ARRAYS + 1] = self.arrays.len() as u32 - words[word::ARRAYS];
        self.ops.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    fn body(&mut self, body: &Body, words: &mut [u32; OP_WORDS]) {
        if let Body::Add(terms) = body {
            words[word::KIND] = kind::ADD;
            return terms.iter().for_each(|term| self.term(term));
        }
        body.sources().iter().for_each(|&source| self.source(source, entry::PLAIN));
        words[word::KIND] = match body {
            Body::Input(coding) => {
                words[word::MODE] = *coding as u32 + 1;
                kind::INPUT
            }
            Body::Conv(conv) => {
                window(&conv.window, words);
                words[word::GROUPS] = conv.groups as u32;
                match &conv.weights {
                    Weights::Real(weight, bias) => self.arrays([weight, bias]),
                    Weights::Integer(weight, bias) => {
                        self.array(weight);
                        self.array(bias);
                    }
                }
                kind::CONV
            }
            Body::Pool(pool) => {
                window(&pool.window, words);
                words[word::WEIGHT] = pool.weight.to_bits();
                kind::POOL
            }
            Body::MaxPool(pool) => {
                window(&pool.window, words);
                kind::MAX_POOL
            }
            Body::Gather(gather) => {
                match if self.version >= WITH_RUNS { pack(&gather.index) } else { None } {
                    Some(runs) => self.array(&runs),
                    None => self.array(&gather.index),
                }
                kind::GATHER
            }
            Body::Clamp(clamp) => {
                clamp.high.iter().for_each(|high| self.array(high));
                kind::CLAMP
            }
            Body::Round(round) => {
                self.array(&round.unit);
                kind::ROUND
            }
            Body::Add(_) => kind::ADD,
            Body::Neuron(neuron) => {
                self.neuron(neuron, words);
                kind::NEURON
            }
            Body::Output(output) => {
                words[word::MODE] = output.readout as u32 + 1;
                output.unit.iter().for_each(|unit| self.array(unit));
                kind::OUTPUT
            }
            Body::Delay(delay) => {
                words[word::MODE] = delay.steps as u32;
                kind::DELAY
            }
            Body::Byte(byte) => {
                words[word::MODE] = byte.shift;
                kind::BYTE
            }
        };
    }

    fn neuron(&mut self, neuron: &Neuron, words: &mut [u32; OP_WORDS]) {
        put_model(&neuron.model, words);
        words[word::MAX_CURRENT] = neuron.max_current;
        match &neuron.dynamics {
            Dynamics::Real(parameters) => self.parameters(parameters, &neuron.unit),
            Dynamics::Integer(parameters) => self.parameters(parameters, &neuron.unit),
        }
    }

    fn parameters<A: Value>(&mut self, parameters: &Parameters<A>, unit: &[f64]) {
        self.arrays([&parameters.threshold, &parameters.v_init, &parameters.v_reset]);
        self.array(unit);
        parameters.constants.iter().for_each(|values| self.array(values));
    }

    fn term(&mut self, term: &Term) {
        match &term.entry {
            Entry::Plain => self.source(term.source, entry::PLAIN),
            Entry::Scale(scale) => {
                self.source(term.source, entry::SCALE);
                self.array(scale);
            }
            Entry::Constant(constant) => {
                self.source(term.source, entry::CONSTANT);
                self.array(constant);
            }
            Entry::Ratio { multiplier, shift } => {
                self.source(term.source, entry::RATIO);
                self.arrays([multiplier, shift]);
            }
        }
    }

    fn source(&mut self, map: usize, entry: u32) {
        for word in [map as u32, entry, 0, 0] {
            self.sources.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn arrays<T: Value, const N: usize>(&mut self, arrays: [&Vec<T>; N]) {
        for array in arrays {
            self.array(array);
        }
    }

    fn array<T: Value>(&mut self, values: &[T]) {
        let begin = aligned(self.length);
        self.gaps.push(self.length..begin);
        self.arrays.push([u64::from(T::DTYPE), begin as u64, values.len() as u64]);
        self.length = begin + size_of_val(values);
        if self.with_data {
            self.data.resize(begin, 0);
            T::put(values, &mut self.data);
        }
    }

    /// The table of arrays, whose places are counted from the start of the data.
    pub(super) fn table(&self) -> Vec<u8> {
        self.arrays.iter().flatten().flat_map(|value| value.to_le_bytes()).collect()
    }
}

fn window(window: &Window, words: &mut [u32; OP_WORDS]) {
    let sizes = [&window.kernel[..], &window.stride, &window.pads, &window.dilation].concat();
    for (word, size) in words[word::WINDOW..].iter_mut().zip(sizes) {
        *word = size as u32;
    }
}

/// The numbers of codings and read-outs are the order of their variants, from 1.
const _: () = {
    assert!(
        Coding::Constant as u32 == 0
            && Coding::Poisson as u32 == 1
            && Coding::Events as u32 == 2
            && Coding::Frames as u32 == 3
            && Coding::Pixels as u32 == 4
    );
    assert!(Readout::MeanCurrent as u32 == 0 && Readout::Potential as u32 == 1);
    assert!(Readout::Count as u32 == 2 && Readout::FirstSpike as u32 == 3);
};
