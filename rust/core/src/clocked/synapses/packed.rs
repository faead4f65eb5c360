//! Weights packed for the event kernels: what an input adds to 64 neurons.

use crate::clocked::synapses::aligned::Aligned;
use crate::clocked::synapses::current::TOGETHER;
use crate::clocked::synapses::reach::Reach;

/// Packed weights, by rows: that of an input is `(ky * columns + column) * C_in + c_in`. See [`Reach`].
#[derive(Debug)]
pub(crate) enum Packed<W> {
    /// Rows of 64 outputs, block after block: 64 channels of a pixel, or fewer of several pixels side by side.
    Joint(Aligned<W>),
    /// Rows of 16 channels; an input meets four of them, one for each pixel.
    Apart16(Aligned<W>),
    /// Rows of 32 channels, for two pixels.
    Apart32(Aligned<W>),
    /// Rows of one group's output channels, and where the group of each row begins.
    Groups { weights: Vec<W>, targets: Vec<u32>, width: usize },
    /// Of a convolution that never follows events.
    Nothing,
}

/// `(kh, kw, C_in, C_out)` weights to pack.
struct Unpacked<'a, W> {
    weights: &'a [W],
    outputs: usize,
    taps: usize,
    reach: &'a Reach,
}

impl<W: Copy + Default> Packed<W> {
    /// Pack `(kh, kw, C_in, C_out)` weights.
    pub(crate) fn blocks(weights: &[W], outputs: usize, reach: &Reach) -> Self {
        let taps = weights.len() / (reach.window.kernel[0] * reach.inputs * outputs);
        let unpacked = Unpacked { weights, outputs, taps, reach };
        match (reach.apart, reach.pixels) {
            (true, 4) => Self::Apart16(unpacked.apart::<16>()),
            (true, _) => Self::Apart32(unpacked.apart::<32>()),
            _ => Self::Joint(unpacked.joint()),
        }
    }

    /// Pack `(kh, kw, C_in / groups, C_out)` weights.
    pub(crate) fn groups(weights: &[W], [inputs, outputs]: [usize; 2], groups: usize) -> Self {
        let (own, width) = (inputs / groups, outputs / groups);
        let taps = weights.len() / (own * outputs);
        let mut packed = Vec::with_capacity((taps * inputs + 1) * width);
        let mut targets = Vec::with_capacity(taps * inputs + 1);
        for tap in 0..taps {
            for input in 0..inputs {
                let target = input / own * width;
                let begin = (tap * own + input % own) * outputs + target;
                packed.extend_from_slice(&weights[begin..begin + width]);
                targets.push(target as u32);
            }
        }
        packed.extend(std::iter::repeat_n(W::default(), width));
        targets.push(0);
        Self::Groups { weights: packed, targets, width }
    }
}

impl<W: Copy + Default> Unpacked<'_, W> {
    /// Write the weights of an input and a tap, for outputs from `begin` on; a tap beyond the kernel has none.
    fn copy(&self, [ky, tap, input]: [usize; 3], begin: usize, row: &mut [W]) {
        if tap < self.taps {
            let from = ((ky * self.taps + tap) * self.reach.inputs + input) * self.outputs;
            let from = &self.weights[from + begin..from + self.outputs.min(begin + row.len())];
            row[..from.len()].copy_from_slice(from);
        }
    }

    /// Rows with the weights of all pixels.
    fn joint(&self) -> Aligned<W> {
        let (channels, rows) = (TOGETHER / self.reach.pixels, self.reach.rows());
        let mut packed = Aligned::zeros(self.outputs.div_ceil(channels) * rows * TOGETHER);
        for (number, block) in packed.rows_mut::<TOGETHER>().chunks_exact_mut(rows).enumerate() {
            for (row, weights) in block[..rows - 1].iter_mut().enumerate() {
                let [ky, column, input] = self.place(row);
                for (pixel, weights) in weights.chunks_exact_mut(channels).enumerate() {
                    let tap = column.wrapping_sub(pixel * self.reach.stride);
                    self.copy([ky, tap, input], number * channels, weights);
                }
            }
        }
        packed
    }

    /// Rows with the weights of one pixel.
    fn apart<const N: usize>(&self) -> Aligned<W> {
        let rows = self.reach.rows();
        let mut packed = Aligned::zeros(rows * N);
        for (row, weights) in packed.rows_mut::<N>()[..rows - 1].iter_mut().enumerate() {
            let [ky, column, input] = self.place(row);
            self.copy([ky, column.wrapping_sub(self.reach.before()), input], 0, weights);
        }
        packed
    }

    /// Which `(ky, column, input)` a row is of.
    fn place(&self, row: usize) -> [usize; 3] {
        let (inputs, columns) = (self.reach.inputs, self.reach.columns());
        [row / inputs / columns, row / inputs % columns, row % inputs]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clocked::synapses::reach::block_width;
    use crate::plan::Window;

    fn window(kernel: [usize; 2], stride: usize, dilation: usize) -> Window {
        Window { kernel, stride: [stride; 2], pads: [1; 4], dilation: [dilation; 2] }
    }

    #[test]
    fn packing_pads_with_zeros_and_keeps_rows() {
        let weights: Vec<f32> = (0..2 * 70).map(|i| i as f32).collect();
        let reach = Reach::shared(window([1, 1], 1, 1), [2, 70], 4);
        let Packed::Joint(packed) = Packed::blocks(&weights, 70, &reach) else { panic!("one pixel") };
        assert_eq!((reach.rows(), reach.nothing()), (3, 2));
        let packed = packed.rows::<64>();
        assert_eq!((packed[1][3], packed[4][5]), (73.0, 139.0));
        assert_eq!(packed[4][6..], [0.0; 58]);
        assert_eq!([packed[2], packed[5]], [[0.0; 64]; 2]);
    }

    /// What each lane of the row of `(ky, column, input)` must be, for kernels of 2 x 3 at a stride of 2.
    fn expected(weights: &[i32], [ky, column, input]: [usize; 3], [inputs, outputs]: [usize; 2], lane: usize) -> i32 {
        let width = block_width(outputs);
        let (kx, output) = (column as isize - 2 * (lane / width) as isize, lane % width);
        let at = ((ky * 3 + kx.max(0) as usize) * inputs + input) * outputs + output;
        if (0..3).contains(&kx) && output < outputs { weights[at] } else { 0 }
    }

    /// What an input meets, where pixels are apart.
    fn together<const N: usize>(rows: &[[i32; N]], reach: &Reach) -> Vec<Vec<i32>> {
        let meets =
            |row: usize| (0..reach.pixels).rev().flat_map(|pixel| rows[row + pixel * reach.distance()]).collect();
        (0..reach.rows() - (reach.pixels - 1) * reach.distance()).map(meets).collect()
    }

    #[test]
    fn neighbouring_pixels_share_an_input() {
        for (inputs, outputs, apart) in [(2, 20, false), (2, 10, false), (40, 20, true), (20, 10, true)] {
            let weights: Vec<i32> = (1..=(6 * inputs * outputs) as i32).collect();
            let reach = Reach::shared(window([2, 3], 2, 1), [inputs, outputs], 4);
            let (pixels, columns) = (reach.pixels, reach.columns());
            assert_eq!((reach.apart, pixels), (apart, 64 / block_width(outputs)));
            assert_eq!(reach.window.kernel, [2, 1 + 2 * pixels]);
            let rows: Vec<Vec<i32>> = match Packed::blocks(&weights, outputs, &reach) {
                Packed::Joint(rows) => rows.rows::<64>().iter().map(|row| row.to_vec()).collect(),
                Packed::Apart16(rows) => together(rows.rows::<16>(), &reach),
                Packed::Apart32(rows) => together(rows.rows::<32>(), &reach),
                Packed::Groups { .. } | Packed::Nothing => panic!("no groups"),
            };
            for place in 0..2 * (1 + 2 * pixels) * inputs {
                let wide = 1 + 2 * pixels;
                let [ky, column, input] = [place / inputs / wide, place / inputs % wide, place % inputs];
                for (lane, &weight) in rows[(ky * columns + column) * inputs + input].iter().enumerate() {
                    assert_eq!(weight, expected(&weights, [ky, column, input], [inputs, outputs], lane), "{lane}");
                }
            }
            assert!(rows[reach.nothing()].iter().all(|&weight| weight == 0));
        }
    }

    #[test]
    fn groups_keep_their_own_outputs() {
        let weights: Vec<i8> = (0..2 * 2 * 6).map(|i| i as i8).collect();
        let Packed::Groups { weights, targets, width } = Packed::groups(&weights, [4, 6], 2) else { panic!("groups") };
        assert_eq!((width, targets), (3, vec![0, 0, 3, 3, 0, 0, 3, 3, 0]));
        assert_eq!(weights[..12], [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]);
        assert_eq!(weights[24..], [0; 3]);
    }
}
