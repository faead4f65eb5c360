//! The arithmetic of windows that slide over a map.

/// Kernel, stride, padding and dilation, rows before columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Taps.
    pub kernel: [usize; 2],
    /// Distance of windows.
    pub stride: [usize; 2],
    /// Top, left, bottom, right.
    pub pads: [usize; 4],
    /// Distance of taps.
    pub dilation: [usize; 2],
}

/// The taps of one window, along one axis, that lie inside the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taps {
    /// The first tap inside.
    pub(crate) first: usize,
    /// How many are inside.
    pub(crate) count: usize,
    /// Where the first one lies.
    pub(crate) position: usize,
}

/// No number of a window may be larger, so that sums and products of them cannot overflow.
const LARGEST: usize = 1 << 24;

impl Window {
    /// The number of windows along each axis of a map, or `None` for numbers that make no sense.
    #[must_use]
    pub fn output(&self, height: usize, width: usize) -> Option<[usize; 2]> {
        let all = [&self.kernel[..], &self.stride, &self.dilation].concat();
        if all.iter().any(|&n| n == 0 || n > LARGEST) || self.pads.iter().any(|&n| n > LARGEST) {
            return None;
        }
        let mut result = [0; 2];
        for (axis, size) in [height, width].into_iter().enumerate() {
            let padded = size.checked_add(self.pads[axis] + self.pads[axis + 2])?;
            let extent = self.dilation[axis].checked_mul(self.kernel[axis] - 1)?.checked_add(1)?;
            result[axis] = padded.checked_sub(extent)? / self.stride[axis] + 1;
        }
        Some(result)
    }

    /// The taps of window `out` along `axis` that lie inside a map of `size`.
    #[must_use]
    pub(crate) fn taps(&self, axis: usize, out: usize, size: usize) -> Taps {
        let (start, pad, dilation) = (out * self.stride[axis], self.pads[axis], self.dilation[axis]);
        let first = pad.saturating_sub(start).div_ceil(dilation);
        let last = (size + pad).saturating_sub(start).div_ceil(dilation).min(self.kernel[axis]);
        let position = (start + first * dilation).saturating_sub(pad);
        Taps { first, count: last.saturating_sub(first), position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taps_are_those_inside() {
        for (kernel, stride, pad, dilation, size) in
            [(3, 1, 1, 1, 5), (3, 2, 0, 2, 9), (2, 3, 4, 1, 3), (5, 1, 2, 3, 12), (1, 1, 0, 1, 1), (3, 1, 9, 4, 2)]
        {
            let window = Window { kernel: [kernel; 2], stride: [stride; 2], pads: [pad; 4], dilation: [dilation; 2] };
            for out in 0..window.output(size, size).unwrap()[0] {
                let inside: Vec<(usize, isize)> = (0..kernel)
                    .map(|k| (k, (out * stride + k * dilation) as isize - pad as isize))
                    .filter(|&(_, p)| p >= 0 && p < size as isize)
                    .collect();
                let taps = window.taps(0, out, size);
                assert_eq!(taps.count, inside.len());
                if let Some(&(first, position)) = inside.first() {
                    assert_eq!((taps.first, taps.position as isize), (first, position));
                }
            }
        }
    }

    #[test]
    fn senseless_windows_have_no_output() {
        let good = Window { kernel: [3, 3], stride: [1, 1], pads: [0; 4], dilation: [1, 1] };
        assert_eq!(good.output(3, 4), Some([1, 2]));
        assert_eq!(good.output(2, 4), None);
        assert_eq!(Window { stride: [0, 1], ..good }.output(3, 4), None);
        assert_eq!(Window { pads: [usize::MAX; 4], ..good }.output(3, 4), None);
        assert_eq!(Window { kernel: [usize::MAX, 1], ..good }.output(3, 4), None);
    }
}
