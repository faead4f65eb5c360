//! Convolutions of few events: each adds its weights to the outputs that see it, a row of the result at a time.

use crate::clocked::maps::buffers::grow;
use crate::clocked::synapses::conv::{Synapses, Synaptic};
use crate::clocked::synapses::events::{ActiveList, Tell};
use crate::clocked::synapses::geometry::Geometry;
use crate::clocked::synapses::source::{Group, Rows, Source};
use crate::error::Result;

/// A convolution whose weights are rows of `M` outputs, the first `N` of which are those of one pixel.
pub(crate) struct Scatter<'a, A: Synaptic, const N: usize, const M: usize> {
    synapses: &'a Synapses<A>,
    weights: &'a [[A::Weight; M]],
    list: &'a ActiveList,
    /// Of a row of the result, step by step in each pixel.
    sums: &'a mut [[A; N]],
}

/// A convolution and the events to follow.
pub(crate) struct Follow<'a, A: Synaptic> {
    pub(crate) synapses: &'a Synapses<A>,
    pub(crate) list: &'a ActiveList,
    pub(crate) steps: usize,
    pub(crate) room: &'a mut Vec<A>,
}

impl<'a, A: Synaptic> Follow<'a, A> {
    /// Follow them through rows of weights.
    pub(crate) fn scatter<const N: usize, const M: usize>(
        self,
        weights: &'a [[A::Weight; M]],
    ) -> Result<Scatter<'a, A, N, M>> {
        let Self { synapses, list, steps, room } = self;
        let size = synapses.geometry.across.len() * steps;
        grow(room, size * N)?;
        Ok(Scatter { synapses, weights, list, sums: &mut room.as_chunks_mut().0[..size] })
    }
}

impl<A: Synaptic, const N: usize, const M: usize> Scatter<'_, A, N, M> {
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
                    let (mut row, mut output) = (seen.row as usize + above, usize::from(seen.first) * steps + step);
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
            self.sums.fill(bias);
            if self.synapses.geometry.tell == Tell::Value {
                self.add::<true>(group.y, group.steps);
            } else {
                self.add::<false>(group.y, group.steps);
            }
        }
    }

    #[inline(always)]
    fn fill(&mut self, group: &Group, _: usize, current: &mut Rows<A, N, P>) {
        for pixel in 0..group.pixels {
            let sums = &self.sums[(group.x + pixel) * group.steps..][..group.steps];
            for (row, sum) in current[..group.steps].iter_mut().zip(sums) {
                row[pixel] = *sum;
            }
        }
    }
}
