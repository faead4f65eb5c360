//! A convolution, ready to run by events or by dot products.

use super::current::{Current, TOGETHER};
use super::dense::DenseRun;
use super::events::Tell;
use super::packed::{Packed, Reach};
use crate::plan::{Conv, Kind, Op, Shape, Taps, Weights, Window};

/// Bytes of weights that should stay in a core's second-level cache while pixels go by.
const CACHED_WEIGHTS: usize = 512 << 10;

/// A convolution, ready to run.
#[derive(Debug)]
pub(super) struct Synapses<A: Current> {
    pub(super) op: usize,
    pub(super) source: usize,
    pub(super) input: Shape,
    pub(super) window: Window,
    /// The window's taps in each row and in each column of the result.
    pub(super) down: Vec<Taps>,
    pub(super) across: Vec<Taps>,
    /// What events reach together, and its taps in each group of columns.
    pub(super) reach: Reach,
    pub(super) spans: Vec<Taps>,
    /// The largest count of an input; 0 for real values.
    pub(super) most: u32,
    /// How its inputs' values are told.
    pub(super) tell: Tell,
    pub(super) packed: Packed<A::Weight>,
    pub(super) dense: Option<A::Dense>,
    /// Padded with zeros to whole blocks of 64.
    pub(super) bias: Vec<A>,
}

/// Weights of either precision as flat slices.
pub(super) trait WeightsOf: Current {
    /// The weights and the bias, where they have this precision.
    fn weights_of(weights: &Weights) -> Option<(&[Self::Weight], &[Self])>;
}

impl WeightsOf for f32 {
    fn weights_of(weights: &Weights) -> Option<(&[f32], &[f32])> {
        if let Weights::Real(weight, bias) = weights { Some((weight, bias)) } else { None }
    }
}

impl WeightsOf for i32 {
    fn weights_of(weights: &Weights) -> Option<(&[i8], &[i32])> {
        if let Weights::Integer(weight, bias) = weights { Some((weight, bias)) } else { None }
    }
}

impl<A: WeightsOf> Synapses<A> {
    /// Make operation `op` ready, where its weights have this precision.
    pub(super) fn new(ops: &[Op], op: usize, conv: &Conv) -> Option<Self> {
        let (weights, bias) = A::weights_of(&conv.weights)?;
        let (source, result) = (&ops[conv.source].spec, ops[op].spec.shape);
        let sizes = [source.shape.channels, result.channels];
        // An input that is not finite would reach neighbours through weights of zero; a single column has none.
        let shares = conv.groups == 1 && source.kind == Kind::Count && result.width > 1;
        let reach = if shares {
            Reach::shared(conv.window, sizes, size_of::<A::Weight>())
        } else {
            Reach::single(conv.window, sizes[0])
        };
        let taps = |window: &Window, count: usize| -> Vec<Taps> {
            (0..count).map(|x| window.taps(1, x, source.shape.width)).collect()
        };
        let mut padded = bias.to_vec();
        padded.resize(sizes[1].next_multiple_of(TOGETHER), A::default());
        Some(Self {
            op,
            source: conv.source,
            input: source.shape,
            window: conv.window,
            down: (0..result.height).map(|y| conv.window.taps(0, y, source.shape.height)).collect(),
            across: taps(&conv.window, result.width),
            spans: taps(&reach.window, result.width.div_ceil(reach.pixels)),
            most: source.max_count,
            tell: match (source.kind, source.max_count) {
                (Kind::Count, 0 | 1) => Tell::Nothing,
                (Kind::Count, most) if most <= u32::from(A::AGAIN) => Tell::Again(most as u8),
                _ => Tell::Value,
            },
            packed: if conv.groups > 1 {
                Packed::groups(weights, sizes, conv.groups)
            } else {
                Packed::blocks(weights, sizes[1], &reach)
            },
            dense: if conv.groups == 1 { A::Dense::new(weights, sizes[0], sizes[1]) } else { None },
            bias: padded,
            reach,
        })
    }

    /// A word for the event kernel.
    pub(super) fn name(&self) -> &'static str {
        match (&self.packed, self.reach.pixels) {
            (Packed::Groups { .. }, _) => "event-groups",
            (_, 1) => "event64",
            (_, 2) => "event32",
            _ => "event16",
        }
    }
}

/// Blocks of output channels to run together over all pixels, so that their weights stay cached.
pub(super) fn blocks_together(rows: usize, block_bytes: usize, blocks: usize) -> usize {
    let bytes = (rows * block_bytes).max(1);
    if bytes * blocks <= CACHED_WEIGHTS { blocks } else { (CACHED_WEIGHTS / bytes).clamp(1, blocks) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_weights_go_block_by_block() {
        assert_eq!(blocks_together(576, 64 * 4, 1), 1);
        assert_eq!(blocks_together(1152, 64 * 4, 2), 1);
        assert_eq!(blocks_together(576, 64, 8), 8);
    }
}
