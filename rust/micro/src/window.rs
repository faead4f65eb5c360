//! Windows of convolutions and pools.

use crate::op::{Op, word};

/// A window that slides over a map: rows before columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) kernel: [usize; 2],
    stride: [usize; 2],
    pads: [usize; 2],
    ends: [usize; 2],
    dilation: [usize; 2],
}

/// No number of a window is larger, so that sums and products of them cannot overflow.
const LARGEST: usize = 1 << 12;

impl Window {
    /// The height and the width of the result on a map; `None` for numbers that make no sense.
    pub(crate) fn output(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let mut result = [0; 2];
        for axis in 0..2 {
            let numbers = [self.kernel[axis], self.stride[axis], self.dilation[axis]];
            let pads = [self.pads[axis], self.ends[axis], size[axis]];
            if numbers.iter().any(|&n| n == 0 || n > LARGEST) || pads.iter().any(|&n| n > LARGEST) {
                return None;
            }
            let extent = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
            let padded = size[axis] + self.pads[axis] + self.ends[axis];
            result[axis] = padded.checked_sub(extent)? / self.stride[axis] + 1;
        }
        Some(result)
    }

    #[inline(never)]
    /// The pixel of a map that a tap of a window sees, if it lies inside.
    pub(crate) fn pixel(&self, [height, width]: [usize; 2], at: [usize; 2], tap: [usize; 2]) -> Option<usize> {
        let [y, x] = [0, 1]
            .map(|axis| (at[axis] * self.stride[axis] + tap[axis] * self.dilation[axis]).checked_sub(self.pads[axis]));
        let (y, x) = (y?, x?);
        (y < height && x < width).then_some(y * width + x)
    }
}

impl Op<'_> {
    #[inline(never)]
    /// Kernel, stride, padding at the top and the left, dilation; and padding at the bottom and the right.
    pub(crate) fn window(self) -> Window {
        let pair = |first: usize| [self.word(word::WINDOW + first), self.word(word::WINDOW + first + 1)];
        Window { kernel: pair(0), stride: pair(2), pads: pair(4), ends: pair(6), dilation: pair(8) }
    }
}
