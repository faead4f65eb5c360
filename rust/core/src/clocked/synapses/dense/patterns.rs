//! Maps of spikes as the patterns that tables of sums are looked up by, with zeros around them.

use crate::clocked::maps::buffers::{View, grow};
use crate::clocked::synapses::dense::padded::{Rows, bands, clear_sides};
use crate::dot::lookup::{ACROSS, LANES, STEPS, groups, pack};
use crate::error::Result;
use crate::plan::Shape;
use crate::simd::{Kernel, Level};

/// Channels of maps that are packed.
pub(crate) const CHANNELS: [usize; 4] = [16, 32, 64, 128];

/// Columns from an output's first input to the next one's, at most.
pub(crate) const LARGEST_STRIDE: usize = 2;

/// A map of spikes as patterns: `[row][16 steps][group of inputs][column][step]`, the padding included.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    packed: Vec<u16>,
    size: usize,
    /// Columns, the padding included.
    columns: usize,
    /// Groups of inputs, and of steps.
    groups: usize,
    chunks: usize,
    /// Rows before the map.
    top: usize,
    /// The map that was packed, and by how much it was padded: top, left, bottom, right.
    pub(crate) source: Option<(usize, [usize; 4])>,
}

impl Patterns {
    /// Make room for a map, and forget the one before it.
    pub(crate) fn begin(&mut self, source: usize, shape: Shape, pads: [usize; 4], steps: usize) -> Result<()> {
        let [top, left, bottom, right] = pads;
        (self.columns, self.top) = (left + shape.width + right, top);
        (self.groups, self.chunks) = (groups(shape.channels), steps.div_ceil(STEPS));
        self.size = (top + shape.height + bottom) * self.row();
        self.source = None;
        // Pixels beside the last one are read too, and what they give is not.
        grow(&mut self.packed, self.size + LARGEST_STRIDE * ACROSS * LANES)?;
        self.source = Some((source, pads));
        Ok(())
    }

    /// Patterns of a row.
    pub(crate) fn row(&self) -> usize {
        self.chunks * self.groups * self.apart()
    }

    /// Patterns from one group of inputs to the next.
    pub(crate) fn apart(&self) -> usize {
        self.columns * STEPS
    }

    /// Steps that there are lanes for.
    pub(crate) fn steps(&self) -> usize {
        self.chunks * STEPS
    }

    /// Groups of inputs.
    pub(crate) fn groups(&self) -> usize {
        self.groups
    }

    /// Patterns from a row, a chunk of steps and a column on.
    #[inline(always)]
    pub(crate) fn from(&self, row: usize, chunk: usize, column: usize) -> &[u16] {
        &self.packed[row * self.row() + chunk * self.groups * self.apart() + column * STEPS..]
    }

    /// Some `count` bands of rows, to be written.
    pub(crate) fn bands(&mut self, count: usize) -> impl Iterator<Item = Rows<'_, u16>> {
        let row = self.row();
        bands(&mut self.packed[..self.size], row, self.top, count)
    }
}

/// Write the rows of a map, and zeros around them. Lanes of steps behind the last one hold anything: nothing reads their sums.
pub(crate) struct PackSpikes<'a> {
    pub(crate) level: Level,
    pub(crate) rows: Rows<'a, u16>,
    /// Patterns from one group of inputs to the next.
    pub(crate) apart: usize,
    pub(crate) map: View<'a, u8>,
    pub(crate) shape: Shape,
    /// Columns before the map.
    pub(crate) left: usize,
}

impl Kernel for PackSpikes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.shape.channels {
            16 => self.pack::<16>(),
            32 => self.pack::<32>(),
            64 => self.pack::<64>(),
            _ => self.pack::<128>(),
        }
    }
}

impl PackSpikes<'_> {
    #[inline(always)]
    fn pack<const C: usize>(self) {
        let Self { level, rows, apart, map, shape, left } = self;
        let (begin, end) = (left * STEPS, (left + shape.width) * STEPS);
        for (y, packed) in rows.inside(shape.height) {
            clear_sides(packed, apart, [begin, end]);
            for x in 0..shape.width {
                let steps = map.pixel(y * shape.width + x).as_chunks::<C>().0;
                for (spikes, packed) in steps.chunks(STEPS).zip(packed.chunks_exact_mut(groups(C) * apart)) {
                    let patterns = &mut packed[begin + x * STEPS..];
                    if let Some(spikes) = spikes.first_chunk() {
                        pack(level, spikes, patterns, apart);
                    } else {
                        let mut whole = [[0; C]; STEPS];
                        whole[..spikes.len()].copy_from_slice(spikes);
                        pack(level, &whole, patterns, apart);
                    }
                }
            }
        }
    }
}
