//! Dense int8 convolutions: every input is multiplied, active or not.

use std::ops::Range;
use std::sync::Arc;

use crate::clocked::synapses::current::Current;
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::padded::Padded;
use crate::clocked::synapses::pixels::{Pixels, Windows};
use crate::clocked::synapses::source::{Consumer, Group, MAX_PIXELS, Rows, Source};
use crate::clocked::synapses::words::{Words, words_of};
use crate::dot::{self, DEPTH, Field, OUTPUTS, ROWS, Row, Segment};
use crate::error::{Error, Result};
use crate::pages::roomy;
use crate::simd::Level;

/// Weights for dot products.
#[derive(Debug)]
pub(crate) enum Dense {
    /// Blocks of 16 output channels.
    Narrow(SharedRows),
    /// Blocks of 32.
    Wide(SharedRows),
}

/// A part of an array that the layers of a network share.
#[derive(Debug)]
pub(crate) struct SharedRows {
    all: Arc<Vec<Row>>,
    range: Range<usize>,
}

impl SharedRows {
    fn new(rows: Vec<Row>) -> Self {
        Self { range: 0..rows.len(), all: Arc::new(rows) }
    }

    fn rows<const V: usize>(&self) -> &[[Row; V]] {
        self.all[self.range.clone()].as_chunks().0
    }
}

impl Dense {
    fn shared(&mut self) -> &mut SharedRows {
        match self {
            Self::Narrow(shared) | Self::Wide(shared) => shared,
        }
    }

    /// Put the weights of several layers side by side, so that large pages hold them: a picture alone reads each of them once.
    pub(crate) fn join<'a>(layers: impl Iterator<Item = &'a mut Self>) {
        let mut parts: Vec<&mut SharedRows> = layers.map(Self::shared).collect();
        let mut all = roomy(parts.iter().map(|part| part.range.len()).sum());
        for part in &mut parts {
            let begin = all.len();
            all.extend_from_slice(&part.all[part.range.clone()]);
            **part = SharedRows { all: Arc::default(), range: begin..all.len() };
        }
        let all = Arc::new(all);
        for part in parts {
            part.all = Arc::clone(&all);
        }
    }
}

/// What a dense convolution runs on.
pub(crate) struct Packing<'a, A> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) bias: &'a [A],
    pub(crate) counts: Counts<'a>,
    pub(crate) room: &'a mut Windows,
}

/// What a dense convolution reads.
#[derive(Clone, Copy)]
pub(crate) enum Counts<'a> {
    /// Of one step.
    Step(&'a Padded<u32>),
    /// Of several.
    Steps(&'a Words),
    /// Real values, which are static.
    Reals(&'a Padded<f32>),
}

/// How a layer with one kind of current runs as a dense convolution.
pub(crate) trait DenseRun<A: Current>: std::fmt::Debug + Send + Sync + Sized {
    /// Pack `(kh, kw, inputs, outputs)` weights, where there is such a way.
    fn new(weights: &[A::Weight], inputs: usize, outputs: usize) -> Option<Self>;
    /// Give the currents of a packed map to a layer.
    fn run<C: Consumer<A>>(&self, packing: Packing<'_, A>, layer: C) -> Result<()>;
}

impl DenseRun<i32> for Dense {
    fn new(weights: &[i8], inputs: usize, outputs: usize) -> Option<Self> {
        Some(if outputs <= OUTPUTS {
            Self::Narrow(SharedRows::new(rows::<1>(weights, inputs, outputs)))
        } else {
            Self::Wide(SharedRows::new(rows::<2>(weights, inputs, outputs)))
        })
    }

    fn run<C: Consumer<i32>>(&self, packing: Packing<'_, i32>, layer: C) -> Result<()> {
        let Packing { geometry, counts, bias, room } = packing;
        let level = layer.level();
        let (bias, _) = bias.as_chunks();
        let words = match (self, counts) {
            (Self::Narrow(shared), Counts::Step(padded)) => {
                let pixels = Pixels::new(level, geometry, shared.rows::<1>(), padded, bias.as_chunks().0, room);
                return layer.consume_step::<_, 16, 4>(pixels);
            }
            (Self::Wide(shared), Counts::Step(padded)) => {
                let pixels = Pixels::new(level, geometry, shared.rows::<2>(), padded, bias.as_chunks().0, room);
                return layer.consume_step::<_, 32, 2>(pixels);
            }
            (_, Counts::Steps(words)) => words,
            (_, Counts::Reals(_)) => return Err(Error::internal("int8 weights on real values")),
        };
        let segments = &mut room.segments;
        match self {
            Self::Narrow(shared) => {
                let rows = shared.rows::<1>();
                layer.consume::<_, 16, 4>(Dots { level, geometry, rows, words, bias: bias.as_chunks().0, segments })
            }
            Self::Wide(shared) => {
                let rows = shared.rows::<2>();
                layer.consume::<_, 32, 2>(Dots { level, geometry, rows, words, bias: bias.as_chunks().0, segments })
            }
        }
    }
}

fn rows<const V: usize>(weights: &[i8], inputs: usize, outputs: usize) -> Vec<Row> {
    let mut packed: Vec<[Row; V]> =
        Vec::with_capacity(outputs.div_ceil(V * OUTPUTS) * weights.len() / (inputs * outputs) * words_of(inputs));
    for begin in (0..outputs).step_by(V * OUTPUTS) {
        for tap in weights.chunks_exact(inputs * outputs) {
            for first in (0..inputs).step_by(DEPTH) {
                packed.push(std::array::from_fn(|v| {
                    Row(std::array::from_fn(|lane| {
                        i32::from_le_bytes(std::array::from_fn(|k| {
                            let (input, output) = (first + k, begin + v * OUTPUTS + lane);
                            if input < inputs && output < outputs { tap[input * outputs + output] as u8 } else { 0 }
                        }))
                    }))
                }));
            }
        }
    }
    packed.into_flattened()
}

/// A dense convolution as the source of a layer's currents.
pub(crate) struct Dots<'a, const V: usize> {
    pub(crate) level: Level,
    pub(crate) geometry: &'a Geometry,
    pub(crate) rows: &'a [[Row; V]],
    pub(crate) words: &'a Words,
    pub(crate) bias: &'a [[[i32; OUTPUTS]; V]],
    /// Of each pixel.
    pub(crate) segments: &'a mut [Vec<Segment>; MAX_PIXELS],
}

impl<const V: usize> Dots<'_, V> {
    /// Sums of `C` times eight steps, from step `8 chunk` on.
    #[inline(always)]
    fn sums<const C: usize, const P: usize>(
        &self,
        pixel: usize,
        [chunk, block]: [usize; 2],
        sums: &mut [[[[i32; OUTPUTS]; V]; P]],
    ) {
        let [height, width] = self.geometry.window.kernel;
        let depth = height * width * words_of(self.geometry.input.channels);
        let field: Field<'_, C, V> = Field {
            words: std::array::from_fn(|c| self.words.plane(chunk + c)),
            segments: &self.segments[pixel],
            rows: &self.rows[block * depth..(block + 1) * depth],
            most: self.geometry.most,
            bias: &self.bias[block],
        };
        dot::tile(self.level, &field, pixel, sums);
    }
}

impl<const V: usize, const N: usize, const P: usize> Source<i32, N, P> for Dots<'_, V> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks_together(self.rows.len() / blocks, size_of::<[Row; V]>(), blocks)
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        for (number, segments) in self.segments[..group.pixels].iter_mut().enumerate() {
            segments.clear();
            find_segments(self.geometry, [group.y, group.x + number], segments);
        }
    }

    #[inline(always)]
    fn fill(&self, group: &Group, block: usize, current: &mut Rows<i32, N, P>) {
        // Twice as many steps where a row of weights is narrow: all sums fit the registers either way.
        let together = if V == 1 { 2 * ROWS } else { ROWS };
        let sums = current[..group.steps].as_flattened_mut().as_flattened_mut().as_chunks_mut::<OUTPUTS>().0;
        let sums: &mut [[[[i32; OUTPUTS]; V]; P]] = sums.as_chunks_mut::<V>().0.as_chunks_mut::<P>().0;
        for (number, sums) in sums.chunks_mut(together).enumerate() {
            let chunk = number * together / ROWS;
            for pixel in 0..group.pixels {
                if sums.len() > ROWS {
                    self.sums::<2, P>(pixel, [chunk, block], sums);
                } else {
                    self.sums::<1, P>(pixel, [chunk, block], sums);
                }
            }
        }
    }
}

/// The inputs of an output pixel.
#[inline(always)]
fn find_segments(geometry: &Geometry, [y, x]: [usize; 2], segments: &mut Vec<Segment>) {
    let (window, input) = (&geometry.window, geometry.input);
    let [down, across] = [geometry.down[y], geometry.across[x]];
    let width = words_of(input.channels);
    // Taps that lie side by side are one segment; taps apart are one each.
    let joined = window.dilation[1] == 1;
    let (slices, length) = if joined { (usize::from(across.count > 0), across.count) } else { (across.count, 1) };
    for tap in 0..down.count {
        let line = (down.position + tap * window.dilation[0]) * input.width;
        for slice in 0..slices {
            segments.push(Segment {
                word: (line + across.position + slice * window.dilation[1]) * width,
                row: ((down.first + tap) * window.kernel[1] + across.first + slice) * width,
                length: length * width,
            });
        }
    }
}
