//! Which inputs are active: for each row of a map and each step, in x order, then by channel.
//!
//! So the horizontal taps of a window that lie side by side are one slice of a list.

use crate::clocked::maps::buffers::{View, grow};
use crate::clocked::synapses::bits::{CHUNK, Floor, NoFloor, SLACK, list_above, nonzero_mask};
use crate::error::Result;
use crate::plan::{MAX_BLOCK, Shape};
use crate::simd::Kernel;

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

impl Tell {
    /// How often an active input is listed, at most.
    pub(crate) fn times(self) -> usize {
        if let Self::Again(times) = self { usize::from(times) } else { 1 }
    }
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
    /// Make room for a map in which every input is as active as it can be.
    pub(crate) fn make_room(&mut self, shape: Shape, steps: usize, tell: Tell) -> Result<()> {
        self.begin(shape, steps);
        grow(&mut self.entries, steps * shape.size() * tell.times() + SLACK)?;
        grow(&mut self.lines, steps * shape.width * shape.channels)?;
        grow(&mut self.places, steps * shape.channels.min(FEW_CHANNELS))?;
        if tell == Tell::Value { grow(&mut self.values, self.entries.len()) } else { Ok(()) }
    }

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
        if valued && self.values.len() < needed {
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
