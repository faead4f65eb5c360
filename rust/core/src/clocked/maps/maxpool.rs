//! Max-pool of counts: the rise of the largest cumulative count of a window.

use crate::clocked::maps::buffers::View;
use crate::clocked::maps::pool::Slide;
use crate::control::Watch;
use crate::error::Result;
use crate::plan::MAX_BLOCK;
use crate::simd::Kernel;

/// Channels taken at a time.
const LANES: usize = 16;

/// One max-pool over one block. `before` are the cumulative counts of the source, `[pixel][channel]`.
pub(crate) struct RisePass<'a> {
    pub(crate) slide: Slide,
    pub(crate) source: View<'a, u8>,
    pub(crate) before: &'a mut [i32],
    pub(crate) target: &'a mut [u8],
    pub(crate) poll: &'a dyn Watch,
}

impl Kernel for RisePass<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run(mut self) -> Result<()> {
        let output = self.slide.output;
        for y in 0..output.height {
            self.poll.check()?;
            for x in 0..output.width {
                let mut begin = 0;
                while begin < output.channels {
                    let width = LANES.min(output.channels - begin);
                    if width == LANES {
                        self.window([y, x], [begin, LANES]);
                    } else {
                        self.window([y, x], [begin, width]);
                    }
                    begin += width;
                }
            }
        }
        self.remember();
        Ok(())
    }
}

impl RisePass<'_> {
    /// Channels `begin..begin + width` of one window.
    #[inline(always)]
    fn window(&mut self, [y, x]: [usize; 2], [begin, width]: [usize; 2]) {
        let (steps, channels) = (self.source.rows, self.slide.output.channels);
        let mut largest_before = [0; LANES];
        let mut largest = [[0; LANES]; MAX_BLOCK];
        self.slide.each_pixel([y, x], |pixel| {
            let mut count = [0; LANES];
            count[..width].copy_from_slice(&self.before[pixel * channels + begin..][..width]);
            for lane in 0..width {
                largest_before[lane] = count[lane].max(largest_before[lane]);
            }
            let rows = &self.source.pixel(pixel)[begin..];
            for (step, most) in largest[..steps].iter_mut().enumerate() {
                for lane in 0..width {
                    count[lane] = count[lane].wrapping_add(i32::from(rows[step * channels + lane]));
                    most[lane] = count[lane].max(most[lane]);
                }
            }
        });
        let pixel = y * self.slide.output.width + x;
        let target = &mut self.target[pixel * steps * channels + begin..];
        for (step, most) in largest[..steps].iter().enumerate() {
            for lane in 0..width {
                target[step * channels + lane] = most[lane].wrapping_sub(largest_before[lane]) as u8;
            }
            largest_before = *most;
        }
    }

    /// Add the block to the cumulative counts.
    #[inline(always)]
    fn remember(&mut self) {
        let channels = self.source.channels;
        for (pixel, counts) in self.before.chunks_exact_mut(channels).enumerate() {
            for row in self.source.pixel(pixel).chunks_exact(channels) {
                for (count, &more) in counts.iter_mut().zip(row) {
                    *count = count.wrapping_add(i32::from(more));
                }
            }
        }
    }
}
