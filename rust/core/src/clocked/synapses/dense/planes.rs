//! Maps of counts with zeros around them, step by step, as dot products in tiles read them.

use crate::clocked::maps::buffers::{View, grow};
use crate::clocked::synapses::dense::padded::{Rows, bands, clear_sides};
use crate::clocked::synapses::dense::words::words_of;
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::source::MAX_PIXELS;
use crate::dot::DEPTH;
use crate::dot::tiles::{BYTES, STEPS};
use crate::error::Result;
use crate::plan::Shape;
use crate::simd::Kernel;

/// Rows of a tile that lie a multiple of so many bytes apart would take each other's place in the first cache.
const CACHE_WAY: usize = 2048;

/// What was packed: which map, with which zeros around it, for which distance of windows.
type Key = (usize, [usize; 4], usize);

/// A map of counts, `[row][step][column][channel]`, the padding included.
#[derive(Debug, Default)]
pub(crate) struct Planes {
    bytes: Vec<u8>,
    /// Of the padded map.
    size: usize,
    layout: Layout,
    /// Rows before the map.
    top: usize,
    source: Option<Key>,
}

/// Distances, in bytes, and steps.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// From a column to the next one.
    pub(crate) pixel: usize,
    /// From a step to the next one.
    pub(crate) step: usize,
    /// Steps of a tile, and how many tiles have all steps.
    pub(crate) steps: usize,
    pub(crate) parts: usize,
}

impl Layout {
    fn new(channels: usize, columns: usize, steps: usize) -> Self {
        let (pixel, parts) = (words_of(channels) * DEPTH, steps.div_ceil(STEPS).max(1));
        let line = columns * pixel;
        let step = if line.is_multiple_of(CACHE_WAY) { line + BYTES } else { line };
        Self { pixel, step, steps: steps.div_ceil(parts), parts }
    }

    /// From a row to the next one.
    pub(crate) fn row(&self) -> usize {
        self.parts * self.steps * self.step
    }
}

impl Planes {
    /// Make room for the source of a convolution, and say whether it is to be packed: whether it is not the one before.
    pub(crate) fn begin(&mut self, geometry: &Geometry, steps: usize) -> Result<bool> {
        let (shape, window) = (geometry.input, &geometry.window);
        let ([top, left, bottom, right], key) = (window.pads, Some((geometry.source, window.pads, window.stride[1])));
        if self.source == key {
            return Ok(false);
        }
        self.layout = Layout::new(shape.channels, left + shape.width + right, steps);
        self.size = (top + shape.height + bottom) * self.layout.row();
        self.top = top;
        self.source = None;
        // Pixels beside the last one are read too, and inputs behind a window: what they give is not, or meets zeros.
        grow(&mut self.bytes, self.size + (MAX_PIXELS - 1) * window.stride[1] * self.layout.pixel + BYTES)?;
        self.source = key;
        Ok(true)
    }

    /// Forget the map.
    pub(crate) fn forget(&mut self) {
        self.source = None;
    }

    /// Distances and steps.
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Counts from a row, a part of the steps and a column on.
    #[inline(always)]
    pub(crate) fn from(&self, row: usize, part: usize, column: usize) -> &[u8] {
        let Layout { pixel, step, steps, .. } = self.layout;
        &self.bytes[row * self.layout.row() + part * steps * step + column * pixel..]
    }

    /// Some `count` bands of rows, to be written.
    pub(crate) fn bands(&mut self, count: usize) -> impl Iterator<Item = Rows<'_, u8>> {
        let row = self.layout.row();
        bands(&mut self.bytes[..self.size], row, self.top, count)
    }
}

/// Write the rows of a map, and zeros around them. Steps behind the last one hold anything: nothing reads their sums.
pub(crate) struct PackPlanes<'a> {
    pub(crate) rows: Rows<'a, u8>,
    pub(crate) layout: Layout,
    pub(crate) map: View<'a, u8>,
    pub(crate) shape: Shape,
    /// Columns before the map.
    pub(crate) left: usize,
}

impl Kernel for PackPlanes<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.shape.channels {
            16 => self.pack::<16>(),
            32 => self.pack::<32>(),
            64 => self.pack::<64>(),
            _ => self.pack_any(),
        }
    }
}

impl PackPlanes<'_> {
    /// Maps of `C` channels, whose length the compiler knows.
    #[inline(always)]
    fn pack<const C: usize>(self) {
        let Self { rows, layout, map, shape, left } = self;
        for (y, planes) in rows.inside(shape.height) {
            clear_sides(planes, layout.step, [left, left + shape.width].map(|column| column * layout.pixel));
            for x in 0..shape.width {
                let counts = map.pixel(y * shape.width + x).as_chunks::<C>().0;
                let column = &mut planes[(left + x) * C..];
                for (step, counts) in counts.iter().enumerate() {
                    column[step * layout.step..][..C].copy_from_slice(counts);
                }
            }
        }
    }

    #[inline(always)]
    fn pack_any(self) {
        let Self { rows, layout, map, shape, left } = self;
        for (y, planes) in rows.inside(shape.height) {
            clear_sides(planes, layout.step, [left, left + shape.width].map(|column| column * layout.pixel));
            for x in 0..shape.width {
                let column = &mut planes[(left + x) * layout.pixel..];
                for (step, counts) in map.pixel(y * shape.width + x).chunks_exact(shape.channels).enumerate() {
                    let (own, rest) = column[step * layout.step..][..layout.pixel].split_at_mut(shape.channels);
                    own.copy_from_slice(counts);
                    rest.fill(0);
                }
            }
        }
    }
}
