//! Where a convolution's inputs lie: what does not hang on the precision of its weights.

use crate::clocked::synapses::events::Tell;
use crate::clocked::synapses::reach::Reach;
use crate::plan::{Conv, Kind, Op, Shape, Taps, Window};

/// Bytes of weights that should stay in a core's second-level cache while pixels go by.
const CACHED_WEIGHTS: usize = 512 << 10;

/// The windows of a convolution, and how its inputs are told.
#[derive(Debug)]
pub(crate) struct Geometry {
    pub(crate) op: usize,
    pub(crate) source: usize,
    pub(crate) input: Shape,
    pub(crate) window: Window,
    /// The window's taps in each row and in each column of the result.
    pub(crate) down: Vec<Taps>,
    pub(crate) across: Vec<Taps>,
    /// What events reach together, and its taps in each group of columns.
    pub(crate) reach: Reach,
    pub(crate) spans: Vec<Taps>,
    /// The largest count of an input; 0 for real values.
    pub(crate) most: u32,
    /// How its inputs' values are told.
    pub(crate) tell: Tell,
}

/// What the precision of weights says about how they are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Precision {
    /// Bytes of a weight.
    pub(crate) bytes: usize,
    /// Counts up to this one are listed again and again.
    pub(crate) again: u8,
}

impl Geometry {
    /// Of operation `op`.
    pub(crate) fn new(ops: &[Op], op: usize, conv: &Conv, precision: Precision) -> Self {
        let (source, result) = (&ops[conv.source].spec, ops[op].spec.shape);
        let sizes = [source.shape.channels, result.channels];
        // An input that is not finite would reach neighbours through weights of zero; a single column has none.
        let shares = conv.groups == 1 && source.kind.holds_spikes() && result.width > 1;
        let reach = if shares {
            Reach::shared(conv.window, sizes, precision.bytes)
        } else {
            Reach::single(conv.window, sizes[0])
        };
        let taps = |window: &Window, count: usize| -> Vec<Taps> {
            (0..count).map(|x| window.taps(1, x, source.shape.width)).collect()
        };
        Self {
            op,
            source: conv.source,
            input: source.shape,
            window: conv.window,
            down: (0..result.height).map(|y| conv.window.taps(0, y, source.shape.height)).collect(),
            across: taps(&conv.window, result.width),
            spans: taps(&reach.window, result.width.div_ceil(reach.pixels)),
            most: source.max_count,
            tell: match (source.kind, source.max_count) {
                (Kind::Count | Kind::Level, 0 | 1) => Tell::Nothing,
                (Kind::Count, most) if most <= u32::from(precision.again) => Tell::Again(most as u8),
                _ => Tell::Value,
            },
            reach,
        }
    }
}

/// Blocks of output channels to run together over all pixels, so that their weights stay cached.
pub(crate) fn blocks_together(rows: usize, block_bytes: usize, blocks: usize) -> usize {
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
