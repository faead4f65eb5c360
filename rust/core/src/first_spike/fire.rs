//! From spikes at a site to the spikes of its neurons.

use super::blocks::{Block, LANES, Weights, with_lanes};
use super::neuron::{Dynamics, Fired, Ramp, State, Step};
use super::plan::{Layer, Neuron};
use super::spikes::{Lists, Spike};
use crate::simd::{Kernel, Level};

impl<const N: usize> State<N> {
    #[inline(always)]
    pub(super) fn new<D: Dynamics>(dynamics: D) -> Self {
        let (a, b) = dynamics.start();
        Self { a: [[a; LANES]; N], b: [[b; LANES]; N], last: 0.0 }
    }

    /// Take spikes, and look at the neurons up to `until`; gives how many of `waiting` neurons still wait.
    #[inline(always)]
    pub(super) fn advance<D: Dynamics>(
        &mut self,
        dynamics: D,
        (block, spikes): (&Block<'_>, &[Spike]),
        (fired, waiting): (&mut Fired<N>, usize),
        until: f32,
    ) -> usize {
        let Self { mut a, mut b, mut last } = *self;
        let mut waiting = waiting;
        for spike in spikes {
            if spike.time > last {
                for n in 0..N {
                    if dynamics.may_fire(&a[n], &b[n], spike.time) {
                        let given = (&mut fired.times[n], &mut fired.marks[n]);
                        waiting -= dynamics.fire(&mut a[n], &mut b[n], (last, spike.time), given);
                    }
                }
                if waiting == 0 {
                    return 0;
                }
            }
            let weight = block.row::<N>(spike.row);
            for n in 0..N {
                for l in 0..LANES {
                    dynamics.add(&mut a[n][l], &mut b[n][l], weight[n][l], spike.time);
                }
            }
            last = spike.time;
        }
        if until > last {
            for n in 0..N {
                if dynamics.may_fire(&a[n], &b[n], until) {
                    let given = (&mut fired.times[n], &mut fired.marks[n]);
                    waiting -= dynamics.fire(&mut a[n], &mut b[n], (last, until), given);
                }
            }
        }
        *self = Self { a, b, last };
        waiting
    }
}

/// All spikes of a layer: one list of incoming spikes a site, `columns` neurons each.
#[derive(Debug)]
pub(super) struct Fire<'a> {
    pub(super) weights: &'a Weights<'a>,
    pub(super) lists: &'a Lists,
    pub(super) times: &'a mut [f32],
    pub(super) marks: &'a mut [f32],
}

impl Fire<'_> {
    /// Compute them.
    pub(super) fn run(self, level: Level, neuron: Neuron, layer: &Layer) {
        let threshold = layer.threshold.unwrap_or(1.0);
        match neuron {
            Neuron::Ramp => level.run(FireAll { fire: self, dynamics: Ramp { threshold } }),
            Neuron::Step { strict, .. } => level.run(FireAll { fire: self, dynamics: Step { threshold, strict } }),
        }
    }
}

struct FireAll<'a, D> {
    fire: Fire<'a>,
    dynamics: D,
}

impl<D: Dynamics> Kernel for FireAll<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Fire { weights, lists, times, marks } = self.fire;
        for number in 0..weights.blocks() {
            let block = weights.block(number);
            let range = block.first..block.first + block.width;
            let rows = times.chunks_exact_mut(weights.columns()).zip(marks.chunks_exact_mut(weights.columns()));
            for (spikes, (times, marks)) in lists.iter().zip(rows) {
                let given = (&mut times[range.clone()], &mut marks[range.clone()]);
                with_lanes!(block.lanes(), N => fire_site::<D, N>(self.dynamics, &block, spikes, given));
            }
        }
    }
}

#[inline(always)]
fn fire_site<D: Dynamics, const N: usize>(
    dynamics: D,
    block: &Block<'_>,
    spikes: &[Spike],
    (times, marks): (&mut [f32], &mut [f32]),
) {
    let mut fired = Fired::<N>::NONE;
    let mut state = State::<N>::new(dynamics);
    state.advance(dynamics, (block, spikes), (&mut fired, block.width), f32::INFINITY);
    times.copy_from_slice(&fired.times.as_flattened()[..block.width]);
    marks.copy_from_slice(&fired.marks.as_flattened()[..block.width]);
}
