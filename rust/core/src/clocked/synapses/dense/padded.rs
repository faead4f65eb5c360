//! Maps of one step with zeros around them: all pixels of a result see windows of one form.

use crate::clocked::maps::buffers::{Element, View, grow};
use crate::dot::DEPTH;
use crate::error::Result;
use crate::plan::Shape;
use crate::simd::Kernel;

/// What a padded map holds: counts, four channels a word, or real values.
pub(crate) trait Word: Copy + Default + Send {
    /// What the map itself holds.
    type Value: Element;
    /// Words of a pixel.
    fn width(channels: usize) -> usize;
    /// Write pixels that lie side by side.
    fn write(values: &[Self::Value], channels: usize, words: &mut [Self]);
}

impl Word for u32 {
    type Value = u8;

    #[inline(always)]
    fn width(channels: usize) -> usize {
        channels.div_ceil(DEPTH)
    }

    #[inline(always)]
    fn write(counts: &[u8], channels: usize, words: &mut [u32]) {
        if channels.is_multiple_of(DEPTH) {
            return copy(counts, words);
        }
        let whole = channels / DEPTH;
        for (counts, words) in counts.chunks_exact(channels).zip(words.chunks_exact_mut(whole + 1)) {
            copy(&counts[..whole * DEPTH], &mut words[..whole]);
            let mut last = [0; DEPTH];
            last[..channels % DEPTH].copy_from_slice(&counts[whole * DEPTH..]);
            words[whole] = u32::from_le_bytes(last);
        }
    }
}

impl Word for f32 {
    type Value = f32;

    #[inline(always)]
    fn width(channels: usize) -> usize {
        channels
    }

    #[inline(always)]
    fn write(values: &[f32], _channels: usize, words: &mut [f32]) {
        words.copy_from_slice(values);
    }
}

/// A map as words, `[row][column][word]`, the padding included.
#[derive(Debug, Default)]
pub(crate) struct Padded<W> {
    words: Vec<W>,
    /// Of the padded map.
    size: usize,
    row: usize,
    /// Rows before the map.
    top: usize,
    /// The map that was padded, and by how much: top, left, bottom, right.
    pub(crate) source: Option<(usize, [usize; 4])>,
}

impl<W: Word> Padded<W> {
    /// Make room for a map, and forget the one before it.
    pub(crate) fn begin(&mut self, source: usize, shape: Shape, pads: [usize; 4]) -> Result<()> {
        let [top, left, bottom, right] = pads;
        self.row = (left + shape.width + right) * W::width(shape.channels);
        self.size = (top + shape.height + bottom) * self.row;
        self.top = top;
        self.source = None;
        grow(&mut self.words, self.size)?;
        self.source = Some((source, pads));
        Ok(())
    }

    /// All words.
    #[inline(always)]
    pub(crate) fn words(&self) -> &[W] {
        &self.words[..self.size]
    }

    /// Words of a row.
    pub(crate) fn row(&self) -> usize {
        self.row
    }

    /// Some `count` bands of rows, to be written.
    pub(crate) fn bands(&mut self, count: usize) -> impl Iterator<Item = Rows<'_, W>> {
        bands(&mut self.words[..self.size], self.row, self.top, count)
    }
}

/// Rows of a padded map.
pub(crate) struct Rows<'a, W> {
    /// The row of the map itself that the first one is, wrapped around where that is above it.
    first: usize,
    row: usize,
    words: &'a mut [W],
}

/// Some `count` bands of a padded map's rows, each of `row` words; `top` rows are above the map itself.
pub(super) fn bands<W>(words: &mut [W], row: usize, top: usize, count: usize) -> impl Iterator<Item = Rows<'_, W>> {
    let row = row.max(1);
    let rows = (words.len() / row).div_ceil(count.max(1)).max(1);
    let bands = words.chunks_mut(rows * row).enumerate();
    bands.map(move |(band, words)| Rows { first: (band * rows).wrapping_sub(top), row, words })
}

impl<'a, W: Copy + Default> Rows<'a, W> {
    /// Those of the map itself, of so many in all; the others become zeros.
    #[inline(always)]
    pub(super) fn inside(self, height: usize) -> impl Iterator<Item = (usize, &'a mut [W])> {
        let Self { first, row, words } = self;
        words.chunks_exact_mut(row).enumerate().filter_map(move |(number, words)| {
            let y = first.wrapping_add(number);
            if y < height {
                return Some((y, words));
            }
            words.fill(W::default());
            None
        })
    }
}

/// Write the rows of a map, and zeros around them.
pub(crate) struct Pad<'a, W: Word> {
    pub(crate) rows: Rows<'a, W>,
    pub(crate) map: View<'a, W::Value>,
    pub(crate) shape: Shape,
    /// Columns before the map.
    pub(crate) left: usize,
}

impl<W: Word> Kernel for Pad<'_, W> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { rows, map, shape, left } = self;
        let (width, line) = (W::width(shape.channels), shape.width * shape.channels);
        let (begin, end) = (left * width, (left + shape.width) * width);
        for (y, words) in rows.inside(shape.height) {
            clear_sides(words, words.len(), [begin, end]);
            W::write(&map.values()[y * line..(y + 1) * line], shape.channels, &mut words[begin..end]);
        }
    }
}

/// Write zeros before `begin` and from `end` on in each line of a row.
#[inline(always)]
pub(super) fn clear_sides<W: Copy + Default>(row: &mut [W], line: usize, [begin, end]: [usize; 2]) {
    for line in row.chunks_exact_mut(line) {
        line[..begin].fill(W::default());
        line[end..].fill(W::default());
    }
}

/// Copy counts, four a word.
#[inline(always)]
fn copy(counts: &[u8], words: &mut [u32]) {
    for (word, counts) in words.iter_mut().zip(counts.as_chunks().0) {
        *word = u32::from_le_bytes(*counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Level;

    #[test]
    fn a_map_has_zeros_around_it() {
        for (channels, pads, bands) in [(4, [1, 1, 1, 1], 1), (3, [0, 2, 1, 0], 2), (6, [2, 0, 0, 1], 9)] {
            let shape = Shape::new(channels, 2, 3);
            let values: Vec<u8> = (1..=shape.size() as u8).collect();
            let mut padded = Padded::<u32>::default();
            padded.begin(7, shape, pads).unwrap();
            for rows in padded.bands(bands) {
                Level::named(None).unwrap().run(Pad {
                    rows,
                    map: View::new(&values, channels, 1),
                    shape,
                    left: pads[1],
                });
            }
            let width = u32::width(channels);
            let columns = pads[1] + 3 + pads[3];
            assert_eq!(padded.words().len(), (pads[0] + 2 + pads[2]) * columns * width);
            for (at, word) in padded.words().iter().enumerate() {
                let (y, x) =
                    ((at / width / columns).wrapping_sub(pads[0]), (at / width % columns).wrapping_sub(pads[1]));
                for (k, byte) in word.to_le_bytes().into_iter().enumerate() {
                    let channel = at % width * DEPTH + k;
                    let inside = y < 2 && x < 3 && channel < channels;
                    assert_eq!(byte, if inside { values[(y * 3 + x) * channels + channel] } else { 0 });
                }
            }
        }
    }
}
