//! Event-driven convolutions: the weight rows of an output pixel's active inputs, gathered and summed.

use super::current::Current;
use super::events::{ActiveList, SLACK};
use crate::plan::{MAX_BLOCK, Shape, Taps, Weights, Window};

/// Bytes of weights that should stay in a core's second-level cache while pixels go by.
const CACHED_WEIGHTS: usize = 512 << 10;

/// Weights packed for the kernels: row `(ky * kw + kx) * C_in + c_in`, in blocks of output channels.
#[derive(Debug)]
pub(super) enum Packed<W> {
    /// Blocks of 16 output channels, one block after the other.
    Narrow(Vec<[W; 16]>),
    /// Blocks of 32.
    Middle(Vec<[W; 32]>),
    /// Blocks of 64.
    Wide(Vec<[W; 64]>),
    /// Rows of one group's output channels, and where the group of each row begins.
    Groups { weights: Vec<W>, targets: Vec<u32>, width: usize },
}

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
    /// Whether the inputs' values matter: counts above one, or real values.
    pub(super) valued: bool,
    pub(super) packed: Packed<A::Weight>,
    pub(super) dense: Option<A::Dense>,
    /// Padded with zeros to whole blocks.
    pub(super) bias: Vec<A>,
    /// Rows of weights in a block.
    pub(super) rows: usize,
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

/// Channels of a block for a layer with this many outputs.
pub(super) fn block_width(outputs: usize) -> usize {
    match outputs {
        0..=16 => 16,
        17..=32 => 32,
        _ => 64,
    }
}

impl<W: Copy + Default> Packed<W> {
    /// Pack `(kh, kw, C_in / groups, C_out)` weights.
    pub(super) fn new(weights: &[W], inputs: usize, outputs: usize, groups: usize) -> Self {
        if groups > 1 {
            return Self::groups(weights, inputs, outputs, groups);
        }
        match block_width(outputs) {
            16 => Self::Narrow(blocks(weights, outputs)),
            32 => Self::Middle(blocks(weights, outputs)),
            _ => Self::Wide(blocks(weights, outputs)),
        }
    }

    fn groups(weights: &[W], inputs: usize, outputs: usize, groups: usize) -> Self {
        let (own, width) = (inputs / groups, outputs / groups);
        let taps = weights.len() / (own * outputs);
        let mut packed = Vec::with_capacity(weights.len());
        let mut targets = Vec::with_capacity(taps * inputs);
        for tap in 0..taps {
            for input in 0..inputs {
                let target = input / own * width;
                let begin = (tap * own + input % own) * outputs + target;
                packed.extend_from_slice(&weights[begin..begin + width]);
                targets.push(target as u32);
            }
        }
        Self::Groups { weights: packed, targets, width }
    }

    /// A word for what runs it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Narrow(_) => "event16",
            Self::Middle(_) => "event32",
            Self::Wide(_) => "event64",
            Self::Groups { .. } => "event-groups",
        }
    }
}

fn blocks<W: Copy + Default, const N: usize>(weights: &[W], outputs: usize) -> Vec<[W; N]> {
    let mut packed = Vec::with_capacity(weights.len() / outputs * outputs.div_ceil(N));
    for begin in (0..outputs).step_by(N) {
        let width = N.min(outputs - begin);
        for row in weights.chunks_exact(outputs) {
            let mut block = [W::default(); N];
            block[..width].copy_from_slice(&row[begin..begin + width]);
            packed.push(block);
        }
    }
    packed
}

/// Blocks of output channels to run together over all pixels, so that their weights stay cached.
pub(super) fn blocks_together(rows: usize, block_bytes: usize, blocks: usize) -> usize {
    let bytes = (rows * block_bytes).max(1);
    if bytes * blocks <= CACHED_WEIGHTS { blocks } else { (CACHED_WEIGHTS / bytes).clamp(1, blocks) }
}

/// The weight rows of one output pixel's active inputs, step after step.
#[derive(Debug, Default)]
pub(super) struct RowList {
    index: Vec<u32>,
    values: Vec<f32>,
    ends: [usize; MAX_BLOCK],
}

impl RowList {
    /// The rows of a step, ascending.
    #[inline(always)]
    pub(super) fn rows(&self, step: usize) -> &[u32] {
        &self.index[self.begin(step)..self.ends[step]]
    }

    /// Their values.
    #[inline(always)]
    pub(super) fn values(&self, step: usize) -> &[f32] {
        &self.values[self.begin(step)..self.ends[step]]
    }

    #[inline(always)]
    fn begin(&self, step: usize) -> usize {
        if step == 0 { 0 } else { self.ends[step - 1] }
    }

    /// Gather the rows of window `(y, x)`.
    #[inline(always)]
    pub(super) fn gather<A: Current>(
        &mut self,
        synapses: &Synapses<A>,
        list: &ActiveList,
        [y, x]: [usize; 2],
        steps: usize,
    ) {
        let (window, input) = (&synapses.window, synapses.input);
        let [down, across] = [synapses.down[y], synapses.across[x]];
        // Taps that lie side by side are one slice; taps apart are one each.
        let joined = window.dilation[1] == 1;
        let (slices, width) = if joined { (usize::from(across.count > 0), across.count) } else { (across.count, 1) };
        let mut used = 0;
        for step in 0..steps {
            for tap in 0..down.count {
                let line = (down.position + tap * window.dilation[0]) * steps + step;
                let starts = &list.starts[line * (input.width + 1)..(line + 1) * (input.width + 1)];
                let first_row = (down.first + tap) * window.kernel[1] + across.first;
                for slice in 0..slices {
                    let left = across.position + slice * window.dilation[1];
                    let [begin, end] = [starts[left] as usize, starts[left + width] as usize];
                    let offset = ((first_row + slice) * input.channels).wrapping_sub(left * input.channels) as u32;
                    self.copy(list, [begin, end], offset, used);
                    if synapses.valued {
                        self.copy_values(list, [begin, end], used);
                    }
                    used += end - begin;
                }
            }
            self.ends[step] = used;
        }
    }

    /// Copy a slice in whole chunks: what lies behind its end is overwritten by the next one. One chunk is copied in
    /// any case, because whether a short slice is empty is what a processor cannot predict.
    #[inline(always)]
    fn copy(&mut self, list: &ActiveList, [begin, end]: [usize; 2], offset: u32, used: usize) {
        let needed = used + (end - begin) + SLACK;
        if self.index.len() < needed {
            self.index.resize(2 * needed, 0);
        }
        let mut done = 0;
        loop {
            let from = &list.entries[begin + done..begin + done + SLACK];
            let moved: [u32; SLACK] = std::array::from_fn(|i| from[i].wrapping_add(offset));
            self.index[used + done..used + done + SLACK].copy_from_slice(&moved);
            done += SLACK;
            if done >= end - begin {
                break;
            }
        }
    }

    #[inline(always)]
    fn copy_values(&mut self, list: &ActiveList, [begin, end]: [usize; 2], used: usize) {
        if self.values.len() < self.index.len() {
            self.values.resize(self.index.len(), 0.0);
        }
        self.values[used..used + end - begin].copy_from_slice(&list.values[begin..end]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_pads_with_zeros_and_keeps_rows() {
        let weights: Vec<f32> = (0..2 * 70).map(|i| i as f32).collect();
        let Packed::Wide(packed) = Packed::new(&weights, 2, 70, 1) else { panic!("70 outputs are wide") };
        assert_eq!(packed.len(), 4);
        assert_eq!(packed[1][3], 73.0);
        assert_eq!(packed[3][5], 139.0);
        assert_eq!(packed[3][6..], [0.0; 58]);
    }

    #[test]
    fn groups_keep_their_own_outputs() {
        let weights: Vec<i8> = (0..2 * 2 * 6).map(|i| i as i8).collect();
        let packed = Packed::new(&weights, 4, 6, 2);
        let Packed::Groups { weights, targets, width } = packed else { panic!("two groups") };
        assert_eq!((width, targets), (3, vec![0, 0, 3, 3, 0, 0, 3, 3]));
        assert_eq!(weights[..12], [0, 1, 2, 6, 7, 8, 3, 4, 5, 9, 10, 11]);
    }

    #[test]
    fn large_weights_go_block_by_block() {
        assert_eq!(blocks_together(576, 64 * 4, 1), 1);
        assert_eq!(blocks_together(1152, 64 * 4, 2), 1);
        assert_eq!(blocks_together(576, 64, 8), 8);
    }
}
