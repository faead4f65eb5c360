//! Between `(C, H, W)` order, which callers use, and `[pixel][channel]` order, which kernels use.

use crate::clocked::maps::buffers::View;
use crate::plan::Shape;

/// Both orders are walked in squares of this side, so that each line of the cache is used whole.
const SIDE: usize = 16;

/// Call `visit(channel, pixel)` for each value of a map, square by square.
#[inline(always)]
fn each_place(channels: usize, pixels: usize, mut visit: impl FnMut(usize, usize)) {
    for first_pixel in (0..pixels).step_by(SIDE) {
        for first_channel in (0..channels).step_by(SIDE) {
            for channel in first_channel..channels.min(first_channel + SIDE) {
                for pixel in first_pixel..pixels.min(first_pixel + SIDE) {
                    visit(channel, pixel);
                }
            }
        }
    }
}

/// Values in `(C, H, W)` order into `[pixel][channel]` order.
pub(crate) fn to_pixels<T: Copy>(values: &[T], shape: Shape, target: &mut [T]) {
    let (channels, pixels) = (shape.channels, shape.pixels());
    let (values, target) = (&values[..channels * pixels], &mut target[..channels * pixels]);
    each_place(channels, pixels, |channel, pixel| {
        target[pixel * channels + channel] = values[channel * pixels + pixel];
    });
}

/// Values in `(C, H, W)` order into step `step` of `steps`, in `[pixel][step][channel]` order.
pub(crate) fn to_step<T: Copy>(values: &[T], shape: Shape, [step, steps]: [usize; 2], target: &mut [T]) {
    let (channels, pixels) = (shape.channels, shape.pixels());
    each_place(channels, pixels, |channel, pixel| {
        target[(pixel * steps + step) * channels + channel] = values[channel * pixels + pixel];
    });
}

/// Values in `[pixel][channel]` order into `(C, H, W)` order, through `turn`, which is told the channel.
pub(crate) fn to_planes<T: Copy, S>(values: &[T], shape: Shape, target: &mut [S], turn: impl Fn(usize, T) -> S) {
    let (channels, pixels) = (shape.channels, shape.pixels());
    let (values, target) = (&values[..channels * pixels], &mut target[..channels * pixels]);
    each_place(channels, pixels, |channel, pixel| {
        target[channel * pixels + pixel] = turn(channel, values[pixel * channels + channel]);
    });
}

/// Add a step of a map to sums in `(C, H, W)` order.
pub(crate) fn add_step(map: View<'_, u8>, step: usize, shape: Shape, sums: &mut [i64]) {
    let (channels, pixels) = (shape.channels, shape.pixels());
    let sums = &mut sums[..channels * pixels];
    each_place(channels, pixels, |channel, pixel| {
        sums[channel * pixels + pixel] += i64::from(map.at(pixel, step)[channel]);
    });
}

/// Values in `(C, H, W)` order into chunks of `L` channels, `[pixel][chunk]`; the padding stays.
pub(crate) fn to_chunks<T: Copy, const L: usize>(values: &[T], shape: Shape, target: &mut [[T; L]]) {
    let (channels, pixels, chunks) = (shape.channels, shape.pixels(), shape.channels.div_ceil(L));
    each_place(channels, pixels, |channel, pixel| {
        target[pixel * chunks + channel / L][channel % L] = values[channel * pixels + pixel];
    });
}

/// Chunks of `L` channels, `[pixel][chunk]`, into `(C, H, W)` order.
pub(crate) fn from_chunks<T: Copy, const L: usize>(values: &[[T; L]], shape: Shape, target: &mut [T]) {
    let (channels, pixels, chunks) = (shape.channels, shape.pixels(), shape.channels.div_ceil(L));
    each_place(channels, pixels, |channel, pixel| {
        target[channel * pixels + pixel] = values[pixel * chunks + channel / L][channel % L];
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (channels, height, width) in [(1, 1, 1), (3, 2, 5), (16, 4, 4), (33, 5, 7), (1, 28, 28), (70, 1, 1)] {
            let shape = Shape::new(channels, height, width);
            let values: Vec<i32> = (0..shape.size() as i32).collect();
            let mut turned = vec![0; shape.size()];
            to_pixels(&values, shape, &mut turned);
            let pixels = shape.pixels();
            assert!((0..shape.size()).all(|i| turned[i] as usize == i % channels * pixels + i / channels));
            let mut back = vec![0; shape.size()];
            to_planes(&turned, shape, &mut back, |channel, value| value + channel as i32);
            assert!((0..shape.size()).all(|i| back[i] as usize == i + i / pixels));
            let mut chunks = vec![[-1; 16]; pixels * channels.div_ceil(16)];
            to_chunks(&values, shape, &mut chunks);
            assert_eq!(chunks[0][0], 0);
            assert_eq!(chunks.as_flattened().iter().filter(|&&value| value >= 0).count(), shape.size());
            back.fill(0);
            from_chunks(&chunks, shape, &mut back);
            assert_eq!(back, values);
        }
    }
}
