//! Convolutions of few events: each adds its weights to the outputs that see it, a row of the result at a time.

use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::events::{ActiveList, Tell};
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::source::{Group, Rows, Source};
use crate::plan::Taps;

/// Events a pixel and a step, below which it is faster to follow events than to look at all windows, as a fraction.
/// `benchmarks/claims/kernels.py` measures it.
const FEW: [usize; 2] = [1, 3];

/// Which outputs of a row see an input of a row: `count` neighbours from `first` on.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    first: u32,
    count: u32,
    /// The row of weights that it meets for the first one, at the uppermost tap.
    row: u32,
}

/// The outputs that see each input of a row; none where windows have gaps.
#[derive(Debug)]
pub(crate) struct Scattering {
    seen: Vec<Seen>,
    /// Rows of weights from one output to the one before it.
    step: usize,
    /// Rows of weights of a tap above.
    tap: usize,
}

impl Scattering {
    /// Of a convolution without groups.
    pub(crate) fn new(geometry: &Geometry) -> Option<Self> {
        let (reach, inputs) = (&geometry.reach, geometry.input.channels);
        if geometry.window.dilation[1] != 1 || geometry.across.len() < 2 {
            return None;
        }
        let before = if reach.apart { reach.before() } else { 0 };
        let mut seen = vec![Seen::default(); geometry.input.width * inputs];
        for (output, &Taps { first, count, position }) in geometry.across.iter().enumerate() {
            for tap in 0..count {
                let column = position + tap;
                for (input, seen) in seen[column * inputs..(column + 1) * inputs].iter_mut().enumerate() {
                    if seen.count == 0 {
                        seen.first = output as u32;
                        seen.row = ((before + first + tap) * inputs + input) as u32;
                    }
                    seen.count += 1;
                }
            }
        }
        Some(Self { seen, step: geometry.window.stride[1] * inputs, tap: reach.columns() * inputs })
    }

    /// Whether a list is short enough.
    pub(crate) fn suits(&self, geometry: &Geometry, list: &ActiveList, steps: usize) -> bool {
        list.used * FEW[1] < geometry.input.pixels() * steps * FEW[0]
    }
}

/// A convolution whose weights are rows of `M` outputs, the first `N` of which are those of one pixel.
pub(crate) struct Scatter<'a, A: Synaptic, const N: usize, const M: usize> {
    synapses: &'a Synapses<A>,
    weights: &'a [[A::Weight; M]],
    list: &'a ActiveList,
    /// Of a row of the result, step by step in each pixel.
    sums: Vec<[A; N]>,
}

impl<'a, A: Synaptic, const N: usize, const M: usize> Scatter<'a, A, N, M> {
    pub(crate) fn new(synapses: &'a Synapses<A>, weights: &'a [[A::Weight; M]], list: &'a ActiveList) -> Self {
        Self { synapses, weights, list, sums: Vec::new() }
    }

    /// Add what the events of a row of the result's windows give: `VALUED`, by their values.
    #[inline(always)]
    fn add<const VALUED: bool>(&mut self, y: usize, steps: usize) {
        let Some(scattering) = &self.synapses.scattering else { return };
        let Geometry { down, window, input, .. } = &self.synapses.geometry;
        let (taps, sums) = (down[y], &mut self.sums[..]);
        for tap in 0..taps.count {
            let line = (taps.position + tap * window.dilation[0]) * steps;
            let above = (taps.first + tap) * scattering.tap;
            for step in 0..steps {
                let starts = &self.list.starts[(line + step) * (input.width + 1)..][..=input.width];
                for at in starts[0] as usize..starts[input.width] as usize {
                    let seen = scattering.seen[self.list.entries[at] as usize];
                    let (mut row, mut output) = (seen.row as usize + above, seen.first as usize * steps + step);
                    let value = if VALUED { self.list.values[at] } else { 1.0 };
                    for _ in 0..seen.count {
                        let Some(weights) = self.weights[row].first_chunk::<N>() else { return };
                        let mut total = sums[output];
                        for (total, &weight) in total.iter_mut().zip(weights) {
                            *total = total.plus(if VALUED { A::weigh_by(weight, value) } else { A::weigh(weight) });
                        }
                        sums[output] = total;
                        row = row.wrapping_sub(scattering.step);
                        output += steps;
                    }
                }
            }
        }
    }
}

impl<A: Synaptic, const N: usize, const M: usize, const P: usize> Source<A, N, P> for Scatter<'_, A, N, M> {
    #[inline(always)]
    fn together(&self, blocks: usize) -> usize {
        blocks
    }

    #[inline(always)]
    fn begin(&mut self, group: &Group) {
        if group.x == 0 {
            let mut bias = [A::default(); N];
            bias.copy_from_slice(&self.synapses.bias[..N]);
            self.sums.clear();
            self.sums.resize(self.synapses.geometry.across.len() * group.steps, bias);
            if self.synapses.geometry.tell == Tell::Value {
                self.add::<true>(group.y, group.steps);
            } else {
                self.add::<false>(group.y, group.steps);
            }
        }
    }

    #[inline(always)]
    fn fill(&self, group: &Group, _: usize, current: &mut Rows<A, N, P>) {
        for pixel in 0..group.pixels {
            let sums = &self.sums[(group.x + pixel) * group.steps..][..group.steps];
            for (row, sum) in current[..group.steps].iter_mut().zip(sums) {
                row[pixel] = *sum;
            }
        }
    }
}
