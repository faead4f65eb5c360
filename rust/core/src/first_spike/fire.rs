//! From spikes at a site to the spikes of its neurons.

#[cfg(target_arch = "x86_64")]
use super::avx512;
#[cfg(not(target_arch = "x86_64"))]
use super::blocks::BLOCK;
use super::blocks::{Block, LANES, Weights, check_rows, with_room};
#[cfg(target_arch = "x86_64")]
use super::blocks::{with_fewest_lanes, with_lanes};
use super::neuron::{Dynamics, Fired, Firing, Ramp, State, Step};
use super::plan::{Layer, Neuron};
use super::sorter::Spike;
use super::spikes::Lists;
use crate::error::Result;
#[cfg(target_arch = "x86_64")]
use crate::simd::Set;
use crate::simd::{Kernel, Level};

impl<const N: usize> State<N> {
    /// Before any spike; lanes from `width` on are no neurons.
    #[inline(always)]
    pub(super) fn new<D: Dynamics>(dynamics: D, width: usize) -> Self {
        let (start, done) = (dynamics.start(), dynamics.done());
        let mut state = Self { a: [[start.a; LANES]; N], b: [[start.b; LANES]; N], last: 0.0 };
        state.a.as_flattened_mut()[width..].fill(done.a);
        state.b.as_flattened_mut()[width..].fill(done.b);
        state
    }

    /// Take spikes, and look at the neurons of the first lanes up to `until`; gives whether some of them still wait.
    #[inline(always)]
    pub(super) fn advance<D: Dynamics>(
        &mut self,
        dynamics: D,
        (block, lanes): (&Block<'_>, usize),
        spikes: &[Spike],
        fired: &mut Fired<N>,
        until: f32,
    ) -> bool {
        for spike in spikes {
            if spike.time > self.last && !self.fire(dynamics, lanes, spike.time, fired) {
                return false;
            }
            // One loop over all columns: the compiler keeps it, and makes it one of whole vectors.
            let (a, b) = self.lanes(lanes);
            for ((a, b), &weight) in a.iter_mut().zip(b).zip(block.columns(spike.row, lanes)) {
                dynamics.add(a, b, weight, spike.time);
            }
            self.last = spike.time;
        }
        until <= self.last || self.fire(dynamics, lanes, until, fired)
    }

    /// The first lanes, of `N` at most.
    #[inline(always)]
    fn lanes(&mut self, lanes: usize) -> (&mut [f32], &mut [f32]) {
        let size = LANES * lanes.min(N);
        (&mut self.a.as_flattened_mut()[..size], &mut self.b.as_flattened_mut()[..size])
    }

    /// Let those fire that do so after the last spike and up to `next`; gives whether some still wait.
    #[inline(always)]
    fn fire<D: Dynamics>(&mut self, dynamics: D, lanes: usize, next: f32, fired: &mut Fired<N>) -> bool {
        let (last, done) = (self.last, dynamics.done());
        let (a, b) = self.lanes(lanes);
        let mut any = false;
        for (&mut a, &mut b) in a.iter_mut().zip(b.iter_mut()) {
            any |= dynamics.may_fire(a, b, next);
        }
        if !any {
            return true;
        }
        let states = a.iter_mut().zip(b);
        let given = fired.times.as_flattened_mut().iter_mut().zip(fired.marks.as_flattened_mut());
        let mut waiting = false;
        for ((a, b), (time, mark)) in states.zip(given) {
            let Firing { fires, at } = dynamics.fires(*a, *b, last, next);
            *time = if fires { at } else { *time };
            *mark = if fires { *a } else { *mark };
            *a = if fires { done.a } else { *a };
            *b = if fires { done.b } else { *b };
            waiting |= dynamics.waits(*a, *b);
        }
        waiting
    }
}

/// All spikes of a layer, in some samples.
#[derive(Debug)]
pub(super) struct Fire<'a> {
    pub(super) weights: &'a Weights<'a>,
    pub(super) parts: Vec<Part<'a>>,
}

/// One list of incoming spikes a site, `columns` neurons each.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) lists: &'a Lists,
    pub(super) times: &'a mut [f32],
    pub(super) marks: &'a mut [f32],
}

impl Fire<'_> {
    /// Compute them.
    pub(super) fn run(self, level: Level, neuron: Neuron, layer: &Layer) -> Result<()> {
        let rows = self.parts.iter().map(|part| part.lists.rows()).max();
        check_rows(self.weights.rows(), rows.unwrap_or(0))?;
        let threshold = layer.threshold.unwrap_or(1.0);
        match neuron {
            #[cfg(target_arch = "x86_64")]
            Neuron::Ramp if level.set() == Set::Avx512 && self.comparable(level) => self.ramps(threshold),
            Neuron::Ramp => level.run(FireAll { fire: self, dynamics: Ramp { threshold } }),
            Neuron::Step { strict, .. } => level.run(FireAll { fire: self, dynamics: Step { threshold, strict } }),
        }
        Ok(())
    }
}

#[cfg(target_arch = "x86_64")]
impl Fire<'_> {
    /// Whether [`avx512::ramps`] may be used.
    fn comparable(&self, level: Level) -> bool {
        let mut lists = self.parts.iter().flat_map(|part| part.lists.iter());
        self.weights.comparable(level) && lists.all(avx512::comparable_times)
    }

    /// Compute those of ramps with AVX-512, which the caller has seen to be there.
    fn ramps(self, threshold: f32) {
        each_site(self, |block, spikes, times, marks| {
            with_fewest_lanes!(block, N => {
                // SAFETY: a `Level` of this set is only made where the machine was seen to have all its features.
                unsafe { avx512::ramps::<N>(block, spikes, threshold) }.give(times, marks);
            });
        });
    }
}

/// Visit all sites, block by block: the block, the spikes, and the block's part of the site's times and marks.
#[inline(always)]
fn each_site(fire: Fire<'_>, mut visit: impl FnMut(&Block<'_>, &[Spike], &mut [f32], &mut [f32])) {
    let Fire { weights, mut parts } = fire;
    for number in 0..weights.blocks() {
        let block = weights.block(number);
        let range = block.first..block.first + block.width;
        for Part { lists, times, marks } in &mut parts {
            let rows = times.chunks_exact_mut(weights.columns()).zip(marks.chunks_exact_mut(weights.columns()));
            for (spikes, (times, marks)) in lists.iter().zip(rows) {
                visit(&block, spikes, &mut times[range.clone()], &mut marks[range.clone()]);
            }
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
        let dynamics = self.dynamics;
        each_site(self.fire, |block, spikes, times, marks| {
            with_room!(block.lanes(), N, lanes => {
                let mut fired = Fired::<N>::NONE;
                let mut state = State::<N>::new(dynamics, block.width);
                state.advance(dynamics, (block, lanes), spikes, &mut fired, f32::INFINITY);
                fired.give(times, marks);
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::sorter::Sorter;
    use super::*;
    use crate::plan::Window;

    #[test]
    fn rows_that_the_weights_do_not_have_are_an_internal_error() {
        let window = Window { kernel: [1; 2], stride: [1; 2], pads: [0; 4], dilation: [1; 2] };
        let (input, output) = ([1, 1, 3], [1, 1, 5]);
        let layer = Layer { name: "fc".into(), input, output, window, threshold: Some(1.0) };
        for rows in [2, 3] {
            let (values, mut times, mut marks) = (vec![1.0; rows * 5], [0.0; 5], [0.0; 5]);
            let (weights, mut lists) = (Weights::new(Level::available()[0], &values, 5, false), Lists::new());
            lists.push_map(&[0.0, 0.5, 0.25], &mut Sorter::default());
            let parts = vec![Part { lists: &lists, times: &mut times, marks: &mut marks }];
            let fire = Fire { weights: &weights, parts };
            let done = fire.run(Level::available()[0], Neuron::Ramp, &layer);
            assert_eq!(done.is_ok(), rows == 3, "{done:?}");
            assert!(done.is_ok() || done.unwrap_err().to_string().contains("spikes meet 3 rows of weights"));
        }
    }

    /// Times and slopes of `columns` neurons at one site.
    fn fired(level: Level, columns: usize, values: &[f32], lists: &Lists, threshold: f32) -> Vec<u32> {
        let window = Window { kernel: [1; 2], stride: [1; 2], pads: [0; 4], dilation: [1; 2] };
        let (input, output) = ([1, 1, values.len() / columns], [1, 1, columns]);
        let layer = Layer { name: "fc".into(), input, output, window, threshold: Some(threshold) };
        let (mut times, mut marks) = (vec![f32::INFINITY; columns], vec![0.0; columns]);
        let weights = Weights::new(level, values, columns, true);
        let parts = vec![Part { lists, times: &mut times, marks: &mut marks }];
        Fire { weights: &weights, parts }.run(level, Neuron::Ramp, &layer).unwrap();
        times.iter().chain(&marks).map(|value| value.to_bits()).collect()
    }

    /// On grids, neurons cross as spikes come; on finer ones, next to that; with tiny values, comparisons could be rounded.
    #[test]
    fn ramps_of_every_level_fire_alike() {
        let mut state = 7_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % below) as f32
        };
        for (columns, rows) in [(1, 40), (10, 300), (16, 9), (40, 60), (64, 90), (150, 40)] {
            for (weight, time) in
                [(0.25, 0.125), (0.1, 1.0 / 255.0), (1e-7, 3.0), (1e-13, 1e-14), (3e38, 2.0), (1e-40, 1e-3)]
            {
                let values: Vec<f32> = (0..rows * columns).map(|_| weight * (draw(9) - 3.5).round()).collect();
                let times: Vec<f32> = (0..rows).map(|_| time * draw(40)).collect();
                let mut lists = Lists::new();
                lists.push_map(&times, &mut Sorter::default());
                let threshold = weight * time * 20.0;
                let expected = fired(Level::available()[0], columns, &values, &lists, threshold);
                for level in Level::available() {
                    assert_eq!(
                        fired(level, columns, &values, &lists, threshold),
                        expected,
                        "{level:?} {columns} {weight}"
                    );
                }
            }
        }
    }

    /// Thresholds that are crossed almost in the middle between two floats, by slopes whose products are no floats.
    #[test]
    fn tiny_slopes_are_compared_without_rounding() {
        for number in 1..2000_u32 {
            let next = 1.0 + (number * 7919 % 8192) as f32 / 8192.0;
            let slope = f64::from(number * 99_991 % (1 << 23) + (1 << 23)) * 2.0_f64.powi(-143);
            let middle = f64::from(next) + f64::from(f32::EPSILON) / 2.0;
            let (values, threshold) = ([slope as f32, 0.0], (slope * middle) as f32);
            let mut lists = Lists::new();
            lists.push_map(&[0.0, next], &mut Sorter::default());
            let expected = fired(Level::available()[0], 1, &values, &lists, threshold);
            for level in Level::available() {
                assert_eq!(fired(level, 1, &values, &lists, threshold), expected, "{level:?} {slope} {next}");
            }
        }
    }
}
