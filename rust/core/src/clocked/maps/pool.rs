//! Sums over windows.

use crate::clocked::maps::buffers::View;
use crate::control::Watch;
use crate::error::Result;
use crate::plan::{Shape, Window};
use crate::simd::Kernel;

/// A sum that terms of type `T` enter.
pub(crate) trait Sum<T>: Copy + Default {
    fn enter(&mut self, term: T, weight: f32);
}

impl Sum<u8> for u8 {
    #[inline(always)]
    fn enter(&mut self, term: u8, _weight: f32) {
        *self = self.wrapping_add(term);
    }
}

impl Sum<i32> for i32 {
    #[inline(always)]
    fn enter(&mut self, term: i32, _weight: f32) {
        *self = self.wrapping_add(term);
    }
}

impl Sum<f32> for f32 {
    #[inline(always)]
    fn enter(&mut self, term: f32, weight: f32) {
        *self += term * weight;
    }
}

impl Sum<u8> for f32 {
    #[inline(always)]
    fn enter(&mut self, term: u8, weight: f32) {
        *self += f32::from(term) * weight;
    }
}

/// Where windows slide, and from what shape to what shape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slide {
    pub(crate) window: Window,
    pub(crate) input: Shape,
    pub(crate) output: Shape,
}

impl Slide {
    /// Call `visit` with each pixel of window `(y, x)` that lies in the map, in (ky, kx) order.
    #[inline(always)]
    pub(crate) fn each_pixel(&self, [y, x]: [usize; 2], mut visit: impl FnMut(usize)) {
        let down = self.window.taps(0, y, self.input.height);
        let across = self.window.taps(1, x, self.input.width);
        for row in down.position..down.position + down.count {
            for column in across.position..across.position + across.count {
                visit(row * self.input.width + column);
            }
        }
    }
}

/// One pool over one block: all steps and channels of a pixel are one run of values.
pub(crate) struct PoolPass<'a, T, S> {
    pub(crate) slide: Slide,
    pub(crate) weight: f32,
    pub(crate) source: View<'a, T>,
    pub(crate) target: &'a mut [S],
    pub(crate) poll: &'a dyn Watch,
}

impl<T: Copy, S: Sum<T>> Kernel for PoolPass<'_, T, S> {
    type Output = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let output = self.slide.output;
        let size = self.source.rows * self.source.channels;
        for y in 0..output.height {
            self.poll.check()?;
            for x in 0..output.width {
                let begin = (y * output.width + x) * size;
                let sums = &mut self.target[begin..begin + size];
                sums.fill(S::default());
                self.slide.each_pixel([y, x], |pixel| {
                    for (sum, &term) in sums.iter_mut().zip(self.source.pixel(pixel)) {
                        sum.enter(term, self.weight);
                    }
                });
            }
        }
        Ok(())
    }
}

/// The plain maximum over windows of a static real map; padding never wins.
pub(crate) struct MaximumPass<'a> {
    pub(crate) slide: Slide,
    pub(crate) source: View<'a, f32>,
    pub(crate) target: &'a mut [f32],
}

impl Kernel for MaximumPass<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let output = self.slide.output;
        let width = output.channels * self.source.rows;
        for y in 0..output.height {
            for x in 0..output.width {
                let begin = (y * output.width + x) * width;
                let most = &mut self.target[begin..begin + width];
                most.fill(f32::NEG_INFINITY);
                self.slide.each_pixel([y, x], |pixel| {
                    for (most, &value) in most.iter_mut().zip(self.source.pixel(pixel)) {
                        *most = if value > *most { value } else { *most };
                    }
                });
            }
        }
    }
}
