//! Maps of counts as the words of dot products.

use crate::clocked::maps::buffers::{View, grow};
use crate::dot::{self, Counts, DEPTH, ROWS, TOGETHER, Word};
use crate::error::Result;
use crate::plan::Shape;
use crate::simd::{Kernel, Level};

/// Words of a pixel with this many channels.
pub(crate) fn words_of(channels: usize) -> usize {
    channels.div_ceil(DEPTH)
}

/// A map of counts as words: `[8 steps][pixel][4 channels]`.
#[derive(Debug, Default)]
pub(crate) struct Words {
    packed: Vec<Word>,
    /// Words of eight steps.
    plane: usize,
    /// The map that was packed.
    pub(crate) source: Option<usize>,
}

impl Words {
    /// Make room for a map, and forget the one before it.
    pub(crate) fn begin(&mut self, source: usize, shape: Shape, steps: usize) -> Result<()> {
        self.plane = shape.pixels() * words_of(shape.channels);
        self.source = None;
        grow(&mut self.packed, self.plane * steps.div_ceil(ROWS))?;
        self.source = Some(source);
        Ok(())
    }

    /// The words of steps `8 number..8 number + 8`.
    #[inline(always)]
    pub(crate) fn plane(&self, number: usize) -> &[Word] {
        &self.packed[number * self.plane..(number + 1) * self.plane]
    }
}

/// The words of eight steps and some pixels, to be packed.
pub(crate) struct Piece<'a> {
    /// The number of the eight steps.
    chunk: usize,
    /// The first pixel.
    pixel: usize,
    words: &'a mut [Word],
}

impl Words {
    /// Some `count` pieces, of as many pixels each.
    pub(crate) fn pieces(&mut self, steps: usize, shape: Shape, count: usize) -> impl Iterator<Item = Piece<'_>> {
        let (width, chunks) = (words_of(shape.channels), steps.div_ceil(ROWS));
        let pixels = shape.pixels().div_ceil(count.div_ceil(chunks)).max(1);
        let planes = self.packed.chunks_exact_mut(self.plane.max(1)).enumerate().take(chunks);
        planes.flat_map(move |(chunk, plane)| {
            let parts = plane.chunks_mut(pixels * width).enumerate();
            parts.map(move |(number, words)| Piece { chunk, pixel: number * pixels, words })
        })
    }
}

/// Pack counts of a map. Lanes of steps behind the last one hold anything: nothing reads their sums.
pub(crate) struct PackCounts<'a> {
    pub(crate) level: Level,
    pub(crate) piece: Piece<'a>,
    pub(crate) map: View<'a, u8>,
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
        let (rows, words) = (Steps { counts: counts.as_chunks().0, last }, words.as_chunks_mut().0);
        return pack_wholes(level, &rows, words);
    }
    let rows: [&[u8]; ROWS] = std::array::from_fn(|step| &counts[step.min(last) * channels..][..channels]);
    for (number, words) in words.chunks_mut(TOGETHER).enumerate() {
        let begin = number * TOGETHER * DEPTH;
        words.copy_from_slice(&dot::words(level, rows.map(|row| padded(&row[begin..])))[..words.len()]);
    }
}

/// The counts of a pixel that are whole words, step by step up to `last`.
struct Steps<'a> {
    counts: &'a [Counts],
    last: usize,
}

/// Pack a pixel of whole words.
#[inline(always)]
fn pack_wholes(level: Level, &Steps { counts, last }: &Steps<'_>, words: &mut [[Word; TOGETHER]]) {
    let across = words.len();
    let rows: [&[Counts]; ROWS] = std::array::from_fn(|step| &counts[step.min(last) * across..][..across]);
    for (number, words) in words.iter_mut().enumerate() {
        *words = dot::words(level, rows.map(|row| row[number]));
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
