//! Which inputs are active: for each row of a map and each step, in x order, then by channel.
//!
//! So the horizontal taps of a window that lie side by side are one slice of a list.

use crate::clocked::maps::buffers::View;
use crate::plan::{MAX_BLOCK, Shape};
use crate::simd::Kernel;

/// Entries that a reader may read past a slice's end.
pub(crate) const SLACK: usize = 16;
/// Bytes looked at together.
const CHUNK: usize = 64;

/// How a list tells counts above one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tell {
    /// There are none.
    Nothing,
    /// An input is listed as often as it counts.
    Again(u8),
    /// Values are kept; those of real maps, too.
    Value,
}

/// The active inputs of one map in one block.
#[derive(Debug, Default)]
pub(crate) struct ActiveList {
    /// `x * C + c` of each active input.
    pub(crate) entries: Vec<u32>,
    /// Its value, where values are kept.
    pub(crate) values: Vec<f32>,
    /// For each (row, step): where each x begins in the list, and where the last one ends.
    pub(crate) starts: Vec<u32>,
    /// How many are listed.
    pub(crate) used: usize,
    /// Room for the entries of each step of a row, with their counts.
    lines: Vec<(u32, u8)>,
    /// The step and the channel of each count of a pixel.
    places: Vec<[u8; 2]>,
    /// The map that was listed, and how.
    pub(crate) source: Option<(usize, Tell)>,
}

impl ActiveList {
    /// Make room for the starts of a map.
    fn begin(&mut self, shape: Shape, steps: usize) {
        let size = shape.height * steps * (shape.width + 1);
        if self.starts.len() < size {
            self.starts.resize(size, 0);
        }
    }

    /// Make room for another row of `size` values behind `used` entries.
    fn reserve(&mut self, used: usize, size: usize, valued: bool) {
        let needed = used + size + SLACK;
        if self.entries.len() < needed {
            self.entries.resize(needed.max(2 * self.entries.len()), 0);
        }
        if valued && self.values.len() < self.entries.len() {
            self.values.resize(self.entries.len(), 0.0);
        }
    }
}

/// List the active inputs of a count map.
pub(crate) struct ListCounts<'a> {
    pub(crate) list: &'a mut ActiveList,
    pub(crate) map: View<'a, u8>,
    pub(crate) shape: Shape,
    pub(crate) tell: Tell,
}

impl Kernel for ListCounts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let times = if let Tell::Again(times) = self.tell { times } else { 1 };
        if times == 1 && self.shape.channels < FEW_CHANNELS {
            return self.few_channels();
        }
        let (list, map, shape) = (self.list, self.map, self.shape);
        list.begin(shape, map.rows);
        let mut used = 0;
        for y in 0..shape.height {
            for step in 0..map.rows {
                list.reserve(used, shape.width * shape.channels * usize::from(times), self.tell == Tell::Value);
                let line = (y * map.rows + step) * (shape.width + 1);
                let starts = &mut list.starts[line..=line + shape.width];
                for (x, start) in starts[..shape.width].iter_mut().enumerate() {
                    *start = used as u32;
                    let counts = map.at(y * shape.width + x, step);
                    let (begin, base) = (used, (x * shape.channels) as u32);
                    used = list_above(NoFloor, counts, base, &mut list.entries, used);
                    for floor in 1..times {
                        used = list_above(Floor(floor), counts, base, &mut list.entries, used);
                    }
                    if self.tell == Tell::Value {
                        for i in begin..used {
                            list.values[i] = f32::from(counts[(list.entries[i] - base) as usize]);
                        }
                    }
                }
                starts[shape.width] = used as u32;
            }
        }
        list.used = used;
    }
}

/// Up to here a pixel's steps are looked at together: most of them are empty.
const FEW_CHANNELS: usize = 16;

impl ListCounts<'_> {
    /// All steps of a pixel are neighbours in a map: each goes to the line of its own step.
    #[inline(always)]
    fn few_channels(self) {
        let (list, map, shape) = (self.list, self.map, self.shape);
        let (steps, channels) = (map.rows, shape.channels);
        let size = shape.width * channels;
        list.begin(shape, steps);
        list.lines.resize(steps * size, (0, 0));
        list.places.clear();
        list.places.extend((0..steps * channels).map(|place| [place / channels, place % channels].map(|it| it as u8)));
        let mut used = 0;
        for y in 0..shape.height {
            let mut ends = [0_u32; MAX_BLOCK];
            let ends = &mut ends[..steps];
            let starts = &mut list.starts[y * steps * (shape.width + 1)..][..steps * (shape.width + 1)];
            for x in 0..shape.width {
                for (step, &end) in ends.iter().enumerate() {
                    starts[step * (shape.width + 1) + x] = end;
                }
                let base = (x * channels) as u32;
                let mut note = |place: usize, count: u8| {
                    let [step, channel] = list.places[place].map(usize::from);
                    list.lines[step * size + ends[step] as usize] = (base + channel as u32, count);
                    ends[step] += 1;
                };
                let (chunks, rest) = map.pixel(y * shape.width + x).as_chunks::<CHUNK>();
                for (number, chunk) in chunks.iter().enumerate() {
                    if chunk.iter().fold(0, |all, count| all | count) != 0 {
                        let mut mask = nonzero_mask(chunk);
                        while mask != 0 {
                            let place = mask.trailing_zeros() as usize;
                            note(number * CHUNK + place, chunk[place]);
                            mask &= mask - 1;
                        }
                    }
                }
                for (place, &count) in rest.iter().enumerate().filter(|(_, count)| **count != 0) {
                    note(chunks.len() * CHUNK + place, count);
                }
            }
            for (step, &end) in ends.iter().enumerate() {
                let begin = used;
                list.reserve(begin, end as usize, self.tell == Tell::Value);
                for &(entry, count) in &list.lines[step * size..][..end as usize] {
                    list.entries[used] = entry;
                    if self.tell == Tell::Value {
                        list.values[used] = f32::from(count);
                    }
                    used += 1;
                }
                let starts = &mut list.starts[(y * steps + step) * (shape.width + 1)..][..=shape.width];
                starts[..shape.width].iter_mut().for_each(|start| *start += begin as u32);
                starts[shape.width] = used as u32;
            }
        }
        list.used = used;
    }
}

/// What counts must exceed to be listed.
trait Above: Copy {
    /// Counts of which those above it are left.
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N];
}

/// Zero.
#[derive(Clone, Copy)]
struct NoFloor;

/// More.
#[derive(Clone, Copy)]
struct Floor(u8);

impl Above for NoFloor {
    #[inline(always)]
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N] {
        *counts
    }
}

impl Above for Floor {
    #[inline(always)]
    fn left<const N: usize>(self, counts: &[u8; N]) -> [u8; N] {
        counts.map(|count| count.saturating_sub(self.0))
    }
}

/// Write `base + i` for each `counts[i]` above a floor behind `used` entries; the new number of entries.
#[inline(always)]
fn list_above(floor: impl Above, counts: &[u8], base: u32, entries: &mut [u32], mut used: usize) -> usize {
    let (chunks, rest) = counts.as_chunks::<CHUNK>();
    for (number, chunk) in chunks.iter().enumerate() {
        let chunk = &floor.left(chunk);
        if chunk.iter().fold(0, |all, count| all | count) != 0 {
            let mask = nonzero_mask(chunk);
            used = list_bits(mask, base + (number * CHUNK) as u32, entries, used);
        }
    }
    let base = base + (chunks.len() * CHUNK) as u32;
    let (words, rest) = rest.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        used = list_byte(byte_mask(floor.left(word)), base + 8 * number as u32, entries, used);
    }
    let base = base + (words.len() * 8) as u32;
    for (number, &count) in rest.iter().enumerate() {
        entries[used] = base + number as u32;
        used += usize::from(floor.left(&[count]) != [0]);
    }
    used
}

/// One bit for each of 64 bytes: is it not zero?
#[inline(always)]
fn nonzero_mask(chunk: &[u8; CHUNK]) -> u64 {
    let (words, _) = chunk.as_chunks::<8>();
    let mut mask = 0;
    for (number, word) in words.iter().enumerate() {
        mask |= u64::from(byte_mask(*word)) << (8 * number);
    }
    mask
}

/// One bit for each of 8 bytes, by arithmetic on the word that they make.
#[inline(always)]
fn byte_mask(bytes: [u8; 8]) -> u8 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let word = u64::from_le_bytes(bytes);
    let tops = (((word & LOW) + LOW) | word) & !LOW;
    // Byte i has its top bit at 8 i + 7; the product brings it to bit 56 + i, and no two meet on the way.
    ((tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// Write `base + i` for each bit i, four at a time: entries behind the last one are overwritten by the next call, and
/// a loop that does not depend on every single bit is one that the processor predicts.
#[inline(always)]
fn list_bits(mut mask: u64, base: u32, entries: &mut [u32], used: usize) -> usize {
    let end = used + mask.count_ones() as usize;
    let mut at = used;
    while at < end {
        for entry in &mut entries[at..at + 4] {
            *entry = base + mask.trailing_zeros();
            mask &= mask.wrapping_sub(1);
        }
        at += 4;
    }
    end
}

/// The bits of each byte, ascending, with zeros behind them.
static BITS: [[u32; 8]; 256] = bits();

const fn bits() -> [[u32; 8]; 256] {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut used) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte][used] = bit;
                used += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// The same for few channels, where nothing could be predicted: always eight entries, most of them overwritten.
#[inline(always)]
fn list_byte(mask: u8, base: u32, entries: &mut [u32], used: usize) -> usize {
    if let Some(entries) = entries[used..].first_chunk_mut::<8>() {
        *entries = BITS[usize::from(mask)].map(|bit| base + bit);
    }
    used + mask.count_ones() as usize
}

/// List the non-zero values of a real map.
pub(crate) struct ListReals<'a> {
    pub(crate) list: &'a mut ActiveList,
    pub(crate) map: View<'a, f32>,
    pub(crate) shape: Shape,
}

impl Kernel for ListReals<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (list, map, shape) = (self.list, self.map, self.shape);
        list.begin(shape, map.rows);
        let mut used = 0;
        for y in 0..shape.height {
            for step in 0..map.rows {
                list.reserve(used, shape.width * shape.channels, true);
                let line = (y * map.rows + step) * (shape.width + 1);
                let starts = &mut list.starts[line..=line + shape.width];
                for (x, start) in starts[..shape.width].iter_mut().enumerate() {
                    *start = used as u32;
                    for (channel, &value) in map.at(y * shape.width + x, step).iter().enumerate() {
                        list.entries[used] = (x * shape.channels + channel) as u32;
                        list.values[used] = value;
                        used += usize::from(value != 0.0);
                    }
                }
                starts[shape.width] = used as u32;
            }
        }
        list.used = used;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_and_lists_find_every_nonzero_byte() {
        for size in [0, 1, 7, 8, 9, 63, 64, 65, 130, 200] {
            for stride in [1, 2, 3, 5, 64] {
                let counts: Vec<u8> =
                    (0..size).map(|i| if i % stride == stride - 1 { 1 + (i * 37 % 255) as u8 } else { 0 }).collect();
                for floor in [0, 1, 100] {
                    let above = |&i: &u32| counts[i as usize] > floor;
                    let expected: Vec<u32> = (0..size as u32).filter(above).map(|i| i + 9).collect();
                    let mut entries = vec![0; size + SLACK + 2];
                    let used = match floor {
                        0 => list_above(NoFloor, &counts, 9, &mut entries, 2),
                        _ => list_above(Floor(floor), &counts, 9, &mut entries, 2),
                    };
                    assert_eq!(entries[2..used], expected, "{size} {stride} {floor}");
                }
            }
        }
    }
}
