//! Weights in blocks of columns, each a whole number of lanes wide.

use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::simd::{Kernel, Level};

/// Values that are worked on together.
pub(super) const LANES: usize = 16;
/// Columns of a full block.
pub(super) const BLOCK: usize = 64;

/// Lanes of the narrowest block. Loops over fewer columns are unrolled before the compiler makes vectors of them.
const FEWEST: usize = 2;

/// One value a lane.
pub(super) type Lane = [f32; LANES];

/// Up to 64 neighbouring columns of a weight matrix.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block<'a> {
    /// Rows of `stride` values.
    weight: &'a [f32],
    stride: usize,
    /// Where the block starts in a row.
    offset: usize,
    /// Its first column in the layer.
    pub(super) first: usize,
    /// Its columns in the layer; lanes beyond them have weights of 0.
    pub(super) width: usize,
}

/// A layer's weights.
#[derive(Debug)]
pub(super) struct Weights<'a> {
    whole: &'a [f32],
    columns: usize,
    /// The first block that is copied, and it and all behind it, one after the other: rows of whole lanes.
    copied: usize,
    copy: Vec<f32>,
    /// Where they begin in it.
    start: usize,
    /// Whether all weights are [`Comparable`], if they were looked at: x86-64 asks.
    comparable: OnceLock<bool>,
}

impl<'a> Weights<'a> {
    /// `whole` has rows of `columns`. Columns that fill no lane are copied; all are if it is for many lists of spikes, since rows that
    /// lie close together are read faster.
    pub(super) fn new(level: Level, whole: &'a [f32], columns: usize, many: bool) -> Self {
        let (full, rest) = (columns / BLOCK, columns % BLOCK);
        let copied = if many && columns > BLOCK { 0 } else { full + usize::from(fills_lanes(rest)) };
        let mut weights = Self { whole, columns, copied, copy: Vec::new(), start: 0, comparable: OnceLock::new() };
        let mut copy: Vec<f32> = Vec::with_capacity(weights.rows() * (weights.blocks() - copied) * BLOCK + LANES);
        // From the beginning of a line of the cache: a vector that lies in two of them is read twice.
        copy.resize(copy.as_ptr().align_offset(size_of::<Lane>()).min(LANES), 0.0);
        weights.start = copy.len();
        let mut comparable = cfg!(target_arch = "x86_64");
        for number in copied..weights.blocks() {
            let (first, width, start) = (number * BLOCK, weights.width(number), copy.len());
            let stride = lanes_for(width) * LANES;
            for row in whole.chunks_exact(columns) {
                copy.extend_from_slice(&row[first..first + width]);
                copy.resize(copy.len() + stride - width, 0.0);
            }
            comparable = comparable && level.run(Comparable(&copy[start..]));
        }
        if comparable && copied == 0 {
            weights.comparable = OnceLock::from(true);
        }
        weights.copy = copy;
        weights
    }

    /// Whether no weight is too small for [`super::avx512::ramps`]; those that were all copied were looked at then.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn comparable(&self, level: Level) -> bool {
        *self.comparable.get_or_init(|| level.run(Comparable(self.whole)))
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.whole.len() / self.columns
    }

    /// How many blocks there are.
    pub(super) fn blocks(&self) -> usize {
        self.columns.div_ceil(BLOCK)
    }

    /// One of them.
    pub(super) fn block(&self, number: usize) -> Block<'_> {
        let (first, width) = (number * BLOCK, self.width(number));
        if number < self.copied {
            return Block { weight: self.whole, stride: self.columns, offset: first, first, width };
        }
        let offset = self.start + (number - self.copied) * self.rows() * BLOCK;
        Block { weight: &self.copy, stride: lanes_for(width) * LANES, offset, first, width }
    }

    /// Columns of a block.
    fn width(&self, number: usize) -> usize {
        BLOCK.min(self.columns - number * BLOCK)
    }
}

/// Weights but 0 are at least this: they and all their sums are multiples of 2^-60.
const LEAST_WEIGHT: f32 = 1.0 / (1_u64 << 37) as f32;

/// Whether no weight is so small that [`super::avx512::ramps`] could round where it compares.
pub(super) struct Comparable<'a>(&'a [f32]);

impl Kernel for Comparable<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // As bits, without the sign: 0 becomes the largest.
        let size = |weight: &f32| (weight.abs().to_bits()).wrapping_sub(1);
        self.0.iter().map(size).fold(u32::MAX, u32::min) >= LEAST_WEIGHT.to_bits() - 1
    }
}

fn lanes_for(width: usize) -> usize {
    width.div_ceil(LANES).max(FEWEST)
}

/// Whether a block needs no padding.
fn fills_lanes(width: usize) -> bool {
    lanes_for(width) * LANES == width
}

impl Block<'_> {
    /// Lanes that it takes.
    pub(super) fn lanes(&self) -> usize {
        lanes_for(self.width)
    }

    /// The first lanes of a row of weights, one behind the other; there are as many.
    #[inline(always)]
    pub(super) fn columns(&self, row: u32, lanes: usize) -> &[f32] {
        let start = row as usize * self.stride + self.offset;
        self.weight.get(start..start + lanes * LANES).unwrap_or(&[])
    }

    /// A row of weights. It exists: callers have compared what their spikes meet with the weights, by [`check_rows`].
    #[inline(always)]
    pub(super) fn row<const N: usize>(&self, row: u32) -> &[Lane; N] {
        const { assert!(N <= BLOCK / LANES) };
        let start = row as usize * self.stride + self.offset;
        let values = self.weight.get(start..start + N * LANES).unwrap_or(&[0.0; BLOCK]);
        lanes(values)
    }
}

/// Check that weights have the rows that spikes meet, once for all of them: loops over spikes then need no way out.
pub(super) fn check_rows(there: usize, met: usize) -> Result<()> {
    if met <= there {
        return Ok(());
    }
    Err(Error::internal(format!("spikes meet {met} rows of weights, and there are {there}")))
}

/// The first `N` lanes of at least so many values.
#[inline(always)]
pub(super) fn lanes<const N: usize>(values: &[f32]) -> &[Lane; N] {
    values.as_chunks().0.first_chunk().unwrap_or(&[[0.0; LANES]; N])
}

/// Call a function that is generic over lanes with the number of lanes of a block.
macro_rules! with_lanes {
    ($lanes:expr, $N:ident => $call:expr) => {
        match $lanes {
            2 => {
                const $N: usize = 2;
                $call
            }
            3 => {
                const $N: usize = 3;
                $call
            }
            _ => {
                const $N: usize = 4;
                $call
            }
        }
    };
}
pub(super) use with_lanes;

/// The same with the lanes that the columns of a block fill, which may be one: for code that is not left to the compiler.
#[cfg(target_arch = "x86_64")]
macro_rules! with_fewest_lanes {
    ($block:expr, $N:ident => $call:expr) => {
        if $block.width <= LANES {
            const $N: usize = 1;
            $call
        } else {
            with_lanes!($block.lanes(), $N => $call)
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use with_fewest_lanes;

/// Call a function with room for `N` lanes, and with the number of lanes of a block. Where there are wide vectors it is compiled for each
/// number, which is `N` then; elsewhere once for all of them.
#[cfg(target_arch = "x86_64")]
macro_rules! with_room {
    ($lanes:expr, $N:ident, $some:ident => $call:expr) => {
        with_lanes!($lanes, $N => {
            let $some = $N;
            $call
        })
    };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! with_room {
    ($lanes:expr, $N:ident, $some:ident => $call:expr) => {{
        const $N: usize = BLOCK / LANES;
        let $some = $lanes;
        $call
    }};
}
pub(super) use with_room;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_in_one_block() {
        let sizes = [1, 10, 16, 33, 48, 64, 65, 128, 200];
        for (columns, many) in sizes.into_iter().flat_map(|columns| [(columns, false), (columns, true)]) {
            let whole: Vec<f32> = (0..3 * columns).map(|i| i as f32 + 1.0).collect();
            let weights = Weights::new(Level::available()[0], &whole, columns, many);
            let mut seen: Vec<f32> = Vec::new();
            for number in 0..weights.blocks() {
                let block = weights.block(number);
                assert_eq!(block.first, seen.len());
                let row: Vec<f32> = with_lanes!(block.lanes(), N => block.row::<N>(2).as_flattened().to_vec());
                seen.extend(&row[..block.width]);
                assert!(row[block.width..].iter().all(|&weight| weight == 0.0));
            }
            assert_eq!(seen, &whole[2 * columns..]);
        }
    }
}
