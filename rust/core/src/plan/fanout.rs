//! How many weights an event of each source neuron meets: worked out where it is counted, and in no plan.

use super::map::Shape;
use super::ops::{Conv, Weights};
use crate::error::{Error, Result};

/// Weights that an event meets, `[pixel][channel]` of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fanout {
    pub(crate) all: Vec<u32>,
    /// Those of them that are not zero.
    pub(crate) nonzero: Vec<u32>,
}

impl Fanout {
    /// Of a checked convolution from one shape to another.
    pub(crate) fn new(conv: &Conv, source: Shape, result: Shape) -> Result<Self> {
        let own = (result.channels / conv.groups) as u32;
        let taps = nonzero_taps(conv, source.channels, result.channels);
        let mut found = Self { all: zeros(source.size())?, nonzero: zeros(source.size())? };
        let [columns, channels] = [conv.window.kernel[1], source.channels];
        for y in 0..result.height {
            let down = conv.window.taps(0, y, source.height);
            for x in 0..result.width {
                let across = conv.window.taps(1, x, source.width);
                for (ky, kx) in (0..down.count).flat_map(|ky| (0..across.count).map(move |kx| (ky, kx))) {
                    let row = down.position + ky * conv.window.dilation[0];
                    let pixel = row * source.width + across.position + kx * conv.window.dilation[1];
                    let tap = (down.first + ky) * columns + across.first + kx;
                    let range = pixel * channels..(pixel + 1) * channels;
                    let nonzero = &taps[tap * channels..(tap + 1) * channels];
                    found.all[range.clone()].iter_mut().for_each(|met| *met += own);
                    found.nonzero[range].iter_mut().zip(nonzero).for_each(|(met, more)| *met += more);
                }
            }
        }
        Ok(found)
    }
}

pub(super) fn zeros(size: usize) -> Result<Vec<u32>> {
    let mut values = Vec::new();
    let short = |_| Error::capacity(format!("a table of {size} values, which the system has no memory for"));
    values.try_reserve_exact(size).map_err(short)?;
    values.resize(size, 0);
    Ok(values)
}

/// Weights that are not zero, for each tap and input channel.
fn nonzero_taps(conv: &Conv, inputs: usize, outputs: usize) -> Vec<u32> {
    let sizes = [inputs / conv.groups, outputs / conv.groups];
    match &conv.weights {
        Weights::Real(weight, _) => count_rows(weight, outputs, sizes, |&weight| weight != 0.0),
        Weights::Integer(weight, _) => count_rows(weight, outputs, sizes, |&weight| weight != 0),
    }
}

/// Count for each group of each row; a tap has a row for each input channel `own` of a group, `width` outputs a group.
fn count_rows<W>(weight: &[W], outputs: usize, [own, width]: [usize; 2], counts: impl Fn(&W) -> bool) -> Vec<u32> {
    let mut found = Vec::with_capacity(weight.len() / width);
    for tap in weight.chunks_exact(own * outputs) {
        for group in 0..outputs / width {
            let rows = tap.chunks_exact(outputs).map(|row| &row[group * width..(group + 1) * width]);
            found.extend(rows.map(|row| row.iter().map(|weight| u32::from(counts(weight))).sum::<u32>()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Window;

    /// Every output, tap, input and weight in turn.
    fn by_definition(conv: &Conv, weight: &[f32], source: Shape, result: Shape) -> Fanout {
        let (window, [own, width]) = (&conv.window, [source.channels, result.channels].map(|n| n / conv.groups));
        let mut found = Fanout { all: vec![0; source.size()], nonzero: vec![0; source.size()] };
        for output in 0..result.size() {
            let (o, y, x) = (output / result.pixels(), output / result.width % result.height, output % result.width);
            for (ky, kx) in (0..window.kernel[0]).flat_map(|ky| (0..window.kernel[1]).map(move |kx| (ky, kx))) {
                let row = (y * window.stride[0] + ky * window.dilation[0]).wrapping_sub(window.pads[0]);
                let column = (x * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pads[1]);
                if row < source.height && column < source.width {
                    for i in 0..own {
                        let at = (row * source.width + column) * source.channels + o / width * own + i;
                        let tap = (ky * window.kernel[1] + kx) * own + i;
                        found.all[at] += 1;
                        found.nonzero[at] += u32::from(weight[tap * result.channels + o] != 0.0);
                    }
                }
            }
        }
        found
    }

    #[test]
    fn tables_are_counts_of_weights() {
        for (kernel, stride, pad, dilation, groups) in
            [(1, 1, 0, 1, 1), (3, 1, 1, 1, 1), (3, 2, 1, 1, 2), (2, 2, 0, 2, 4), (5, 3, 4, 1, 2), (3, 1, 2, 2, 1)]
        {
            let source = Shape::new(4, 7, 6);
            let window = Window { kernel: [kernel; 2], stride: [stride; 2], pads: [pad; 4], dilation: [dilation; 2] };
            let [height, width] = window.output(7, 6).unwrap();
            let result = Shape::new(8, height, width);
            let size = kernel * kernel * 4 / groups * 8;
            let weight: Vec<f32> = (0..size).map(|i| if i * 7 % 5 == 0 { -0.0 } else { i as f32 }).collect();
            let weights = Weights::Real(weight.clone(), vec![0.0; 8]);
            let conv = Conv { source: 0, window, groups, weights };
            let expected = by_definition(&conv, &weight, source, result);
            assert_eq!(Fanout::new(&conv, source, result).unwrap(), expected, "{window:?} {groups}");
        }
    }
}
