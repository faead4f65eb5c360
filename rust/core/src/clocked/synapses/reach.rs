//! Which pixels of a result are summed together.

use crate::clocked::synapses::current::TOGETHER;
use crate::plan::Window;

/// Bytes of weights of a narrow layer that leave room for all else in a core's first-level cache.
const NEAR: usize = 24 << 10;

/// Pixels of a row of the result that are summed together, the window that they share, and where its weights lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    pub(crate) pixels: usize,
    /// As wide as all of the pixels need, and sliding from group to group of them.
    pub(crate) window: Window,
    /// Columns from one pixel to the next.
    pub(crate) stride: usize,
    /// Whether each pixel's weights are rows of their own.
    ///
    /// What is column 5 to the first pixel is column 4 to the second one (at a stride of 1): so the rows that an input meets
    /// lie at equal distances, and columns that a pixel does not see are zeros on both sides of its own.
    pub(crate) apart: bool,
    pub(crate) inputs: usize,
}

impl Reach {
    /// One pixel at a time.
    pub(crate) fn single(window: Window, inputs: usize) -> Self {
        Self { pixels: 1, window, stride: 0, apart: false, inputs }
    }

    /// As many pixels as make 64 neurons, where their windows meet; a weight has this many `bytes`.
    pub(crate) fn shared(window: Window, [inputs, outputs]: [usize; 2], bytes: usize) -> Self {
        let [stride, taps] = [window.stride[1], window.kernel[1]];
        let pixels = TOGETHER / block_width(outputs);
        if pixels == 1 || stride > taps || window.dilation[1] > 1 {
            return Self::single(window, inputs);
        }
        let kernel = [window.kernel[0], (pixels - 1) * stride + taps];
        let window = Window { kernel, stride: [window.stride[0], pixels * stride], ..window };
        let apart = kernel[0] * kernel[1] * inputs * TOGETHER * bytes > NEAR;
        Self { pixels, window, stride, apart, inputs }
    }

    /// Rows between those that an input meets for one pixel and for the one before it.
    pub(crate) fn distance(&self) -> usize {
        self.stride * self.inputs
    }

    /// Columns of weights.
    pub(crate) fn columns(&self) -> usize {
        self.window.kernel[1] + if self.apart { self.before() } else { 0 }
    }

    /// Columns of zeros before the first tap of a pixel, where pixels are apart.
    pub(crate) fn before(&self) -> usize {
        (self.pixels - 1) * self.stride
    }

    /// Rows of a block, the last one of which is zeros.
    pub(crate) fn rows(&self) -> usize {
        self.window.kernel[0] * self.columns() * self.inputs + 1
    }

    /// A row that adds zeros to all pixels.
    pub(crate) fn nothing(&self) -> usize {
        self.rows() - 1 - if self.apart { self.before() * self.inputs } else { 0 }
    }
}

/// Channels of a block for a layer with this many outputs.
pub(crate) fn block_width(outputs: usize) -> usize {
    match outputs {
        0..=16 => 16,
        17..=32 => 32,
        _ => TOGETHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kernel: [usize; 2], stride: usize, dilation: usize) -> Window {
        Window { kernel, stride: [stride; 2], pads: [1; 4], dilation: [dilation; 2] }
    }

    #[test]
    fn pixels_that_share_no_column_go_alone() {
        assert_eq!(Reach::shared(window([3, 3], 1, 1), [8, 16], 4).pixels, 4);
        assert_eq!(Reach::shared(window([3, 3], 1, 1), [8, 64], 4).pixels, 1);
        assert_eq!(Reach::shared(window([3, 3], 4, 1), [8, 16], 4).pixels, 1);
        assert_eq!(Reach::shared(window([3, 3], 1, 2), [8, 16], 4).pixels, 1);
    }
}
