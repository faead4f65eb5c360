//! Dense int8 convolutions: every input is multiplied, active or not.

use std::convert::Infallible;

use super::buffers::{View, grow};
use super::conv::{Synapses, blocks_together};
use super::current::Current;
use super::layer::Job;
use super::source::{Group, MAX_PIXELS, Rows, Source};
use crate::dot::{Counts, DEPTH, Field, OUTPUTS, ROWS, Row, Segment, TOGETHER, Word};
use crate::error::Result;
use crate::plan::Shape;
use crate::simd::{Kernel, Level};

/// Words of a pixel with this many channels.
pub(super) fn words_of(channels: usize) -> usize {
    channels.div_ceil(DEPTH)
}

/// A map of counts as words: `[8 steps][pixel][4 channels]`.
#[derive(Debug, Default)]
pub(super) struct Words {
    packed: Vec<Word>,
    /// Words of eight steps.
    plane: usize,
    /// The map that was packed.
    pub(super) source: Option<usize>,
}

impl Words {
    /// Make room for a map, and forget the one before it.
    pub(super) fn begin(&mut self, source: usize, shape: Shape, steps: usize) -> Result<()> {
        self.plane = shape.pixels() * words_of(shape.channels);
        self.source = None;
        grow(&mut self.packed, self.plane * steps.div_ceil(ROWS))?;
        self.source = Some(source);
        Ok(())
    }

    /// The words of steps `8 number..8 number + 8`.
    #[inline(always)]
    fn plane(&self, number: usize) -> &[Word] {
        &self.packed[number * self.plane..(number + 1) * self.plane]
    }
}

/// The words of eight steps and some pixels, to be packed.
pub(super) struct Piece<'a> {
    /// The number of the eight steps.
    chunk: usize,
    /// The first pixel.
    pixel: usize,
    words: &'a mut [Word],
}

impl Words {
    /// Some `count` pieces, of as many pixels each.
    pub(super) fn pieces(&mut self, steps: usize, shape: Shape, count: usize) -> Vec<Piece<'_>> {
        let (width, chunks) = (words_of(shape.channels), steps.div_ceil(ROWS));
        let pixels = shape.pixels().div_ceil(count.div_ceil(chunks)).max(1);
        let planes = self.packed.chunks_exact_mut(self.plane.max(1)).enumerate().take(chunks);
        let pieces = planes.flat_map(|(chunk, plane)| {
            let parts = plane.chunks_mut(pixels * width).enumerate();
            parts.map(move |(number, words)| Piece { chunk, pixel: number * pixels, words })
        });
        pieces.collect()
    }
}

/// Pack counts of a map. Lanes of steps behind the last one hold anything: nothing reads their sums.
pub(super) struct PackCounts<'a> {
    pub(super) level: Level,
    pub(super) piece: Piece<'a>,
    pub(super) map: View<'a, u8>,
}

impl Kernel for PackCounts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (Piece { chunk, pixel: first, words }, map) = (self.piece, self.map);
        let steps = (map.rows - chunk * ROWS).min(ROWS);
        let begin = chunk * ROWS * map.channels;
        for (number, words) in words.chunks_exact_mut(words_of(map.channels)).enumerate() {
            let counts = &map.pixel(first + number)[begin..begin + steps * map.channels];
            pack(self.level, counts, map.channels, words);
        }
    }
}

/// Pack the counts of a pixel, 16 channels of up to eight steps at a time.
#[inline(always)]
fn pack(level: Level, counts: &[u8], channels: usize, words: &mut [Word]) {
    let last = counts.len() / channels - 1;
    if channels.is_multiple_of(TOGETHER * DEPTH) {
        return pack_wholes(level, (counts.as_chunks().0, last), words.as_chunks_mut().0);
    }
    let rows: [&[u8]; ROWS] = std::array::from_fn(|step| &counts[step.min(last) * channels..][..channels]);
    for (number, words) in words.chunks_mut(TOGETHER).enumerate() {
        let begin = number * TOGETHER * DEPTH;
        words.copy_from_slice(&level.words(rows.map(|row| padded(&row[begin..])))[..words.len()]);
    }
}

/// Pack a pixel of whole words, whose steps go up to `last`.
#[inline(always)]
fn pack_wholes(level: Level, (counts, last): (&[Counts], usize), words: &mut [[Word; TOGETHER]]) {
    let across = words.len();
    let rows: [&[Counts]; ROWS] = std::array::from_fn(|step| &counts[step.min(last) * across..][..across]);
    for (number, words) in words.iter_mut().enumerate() {
        *words = level.words(rows.map(|row| row[number]));
    }
}

/// The first counts, with zeros behind them if there are not enough.
#[inline(always)]
fn padded(counts: &[u8]) -> Counts {
    counts.first_chunk().copied().unwrap_or_else(|| {
        let mut result = Counts::default();
        result[..counts.len()].copy_from_slice(counts);
        result
    })
}

/// Weights for dot products.
#[derive(Debug)]
pub(super) enum Dense {
    /// Blocks of 16 output channels.
    Narrow(Vec<[Row; 1]>),
    /// Blocks of 32.
    Wide(Vec<[Row; 2]>),
}

/// How a layer with one kind of current runs as a dense convolution.
pub(super) trait DenseRun<A: Current>: std::fmt::Debug + Send + Sync + Sized {
    /// Pack `(kh, kw, inputs, outputs)` weights, where there is such a way.
    fn new(weights: &[A::Weight], inputs: usize, outputs: usize) -> Option<Self>;
    /// Run a layer on a packed map.
    fn run(&self, synapses: &Synapses<A>, words: &Words, job: Job<'_, A>) -> Result<()>;
}

impl DenseRun<f32> for Infallible {
    fn new(_: &[f32], _: usize, _: usize) -> Option<Self> {
        None
    }

    fn run(&self, _: &Synapses<f32>, _: &Words, _: Job<'_, f32>) -> Result<()> {
        match *self {}
    }
}

impl DenseRun<i32> for Dense {
    fn new(weights: &[i8], inputs: usize, outputs: usize) -> Option<Self> {
        Some(if outputs <= OUTPUTS {
            Self::Narrow(rows(weights, inputs, outputs))
        } else {
            Self::Wide(rows(weights, inputs, outputs))
        })
    }

    fn run(&self, synapses: &Synapses<i32>, words: &Words, job: Job<'_, i32>) -> Result<()> {
        let (level, segments) = (job.level, Default::default());
        let (bias, _) = synapses.bias.as_chunks();
        match self {
            Self::Narrow(rows) => {
                job.run::<_, 16, 4>(Dots { level, synapses, rows, words, bias: bias.as_chunks().0, segments })
            }
            Self::Wide(rows) => {
                job.run::<_, 32, 2>(Dots { level, synapses, rows, words, bias: bias.as_chunks().0, segments })
            }
        }
    }
}

fn rows<const V: usize>(weights: &[i8], inputs: usize, outputs: usize) -> Vec<[Row; V]> {
    let mut packed =
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
    packed
}

/// A dense convolution as the source of a layer's currents.
pub(super) struct Dots<'a, const V: usize> {
    pub(super) level: Level,
    pub(super) synapses: &'a Synapses<i32>,
    pub(super) rows: &'a [[Row; V]],
    pub(super) words: &'a Words,
    pub(super) bias: &'a [[[i32; OUTPUTS]; V]],
    /// Of each pixel.
    pub(super) segments: [Vec<Segment>; MAX_PIXELS],
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
        let [height, width] = self.synapses.window.kernel;
        let depth = height * width * words_of(self.synapses.input.channels);
        let field: Field<'_, C, V> = Field {
            words: std::array::from_fn(|c| self.words.plane(chunk + c)),
            segments: &self.segments[pixel],
            rows: &self.rows[block * depth..(block + 1) * depth],
            most: self.synapses.most,
            bias: &self.bias[block],
        };
        self.level.dot(&field, pixel, sums);
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
            find_segments(self.synapses, [group.y, group.x + number], segments);
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
fn find_segments(synapses: &Synapses<i32>, [y, x]: [usize; 2], segments: &mut Vec<Segment>) {
    let (window, input) = (&synapses.window, synapses.input);
    let [down, across] = [synapses.down[y], synapses.across[x]];
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
