//! Dense int8 convolutions at several steps by dot products: a row of weights that was loaded once meets eight or sixteen steps.

use crate::clocked::synapses::dense::words::{Words, words_of};
use crate::clocked::synapses::geometry::{Geometry, blocks_together};
use crate::clocked::synapses::source::{Group, MAX_PIXELS, Rows, Source};
use crate::dot::{self, Field, OUTPUTS, ROWS, Row, Segment};
use crate::simd::Level;

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
    fn fill(&mut self, group: &Group, block: usize, current: &mut Rows<i32, N, P>) {
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
