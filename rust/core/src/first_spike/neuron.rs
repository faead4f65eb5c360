//! What a neuron does with its spikes: two numbers a neuron, 16 neurons at a time.

use super::blocks::{LANES, Lane};

/// The neurons of one block at one site, while spikes come in.
///
/// Ramp: `a` is the slope of the potential, `b` = threshold + sum of weight x time: potential = a t - b + threshold.
/// Step: `a` is the potential, `b` is not used.
#[derive(Debug, Clone, Copy)]
pub(super) struct State<const N: usize> {
    pub(super) a: [Lane; N],
    pub(super) b: [Lane; N],
    /// When the last spike came.
    pub(super) last: f32,
}

/// What neurons give: times and marks, 16 at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fired<const N: usize> {
    pub(super) times: [Lane; N],
    pub(super) marks: [Lane; N],
}

impl<const N: usize> Fired<N> {
    pub(super) const NONE: Self = Self { times: [[f32::INFINITY; LANES]; N], marks: [[0.0; LANES]; N] };

    /// Write those of the first neurons, as many as there is room for.
    #[inline(always)]
    pub(super) fn give(&self, times: &mut [f32], marks: &mut [f32]) {
        times.copy_from_slice(&self.times.as_flattened()[..times.len()]);
        marks.copy_from_slice(&self.marks.as_flattened()[..marks.len()]);
    }
}

/// Whether a neuron fires, and when it would.
#[derive(Debug, Clone, Copy)]
pub(super) struct Firing {
    pub(super) fires: bool,
    pub(super) at: f32,
}

/// The `a` and `b` of one neuron.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) a: f32,
    pub(super) b: f32,
}

/// A kernel of the membrane: what happens to one neuron's `a` and `b`.
pub(super) trait Dynamics: Copy + Send + Sync {
    /// Before any spike.
    fn start(self) -> Pair;
    /// Of a neuron that has fired: no spike brings it back.
    fn done(self) -> Pair;
    /// Whether it can still fire.
    fn waits(self, a: f32, b: f32) -> bool;
    /// Take a spike.
    fn add(self, a: &mut f32, b: &mut f32, weight: f32, time: f32);
    /// Whether it may fire before a spike comes at `next`; a false alarm costs time only.
    fn may_fire(self, a: f32, b: f32, next: f32) -> bool;
    /// Whether it fires after the spike at `last` and up to `next`, and when it would.
    fn fires(self, a: f32, b: f32, last: f32, next: f32) -> Firing;
}

/// Rectified linear postsynaptic potentials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    pub(super) threshold: f32,
}

/// Integrate-and-fire in time-steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) threshold: f32,
    pub(super) strict: bool,
}

/// More than all rounding between `b / a <= next` and `a * next >= b`.
pub(super) const MARGIN: f32 = 1.0 + 1.0 / (1 << 20) as f32;

impl Dynamics for Ramp {
    #[inline(always)]
    fn start(self) -> Pair {
        Pair { a: 0.0, b: self.threshold }
    }

    #[inline(always)]
    fn done(self) -> Pair {
        Pair { a: 0.0, b: f32::INFINITY }
    }

    #[inline(always)]
    fn waits(self, _: f32, b: f32) -> bool {
        b < f32::INFINITY
    }

    #[inline(always)]
    fn add(self, a: &mut f32, b: &mut f32, weight: f32, time: f32) {
        *a += weight;
        *b += weight * time;
    }

    #[inline(always)]
    fn may_fire(self, a: f32, b: f32, next: f32) -> bool {
        a * (next * MARGIN) >= b
    }

    #[inline(always)]
    fn fires(self, a: f32, b: f32, last: f32, next: f32) -> Firing {
        let at = b / a;
        let after = f32::from_bits(last.to_bits() + 1);
        Firing { fires: a > 0.0 && at <= next && at < f32::INFINITY, at: if at > after { at } else { after } }
    }
}

impl Dynamics for Step {
    #[inline(always)]
    fn start(self) -> Pair {
        Pair { a: 0.0, b: 0.0 }
    }

    #[inline(always)]
    fn done(self) -> Pair {
        Pair { a: f32::NEG_INFINITY, b: 0.0 }
    }

    #[inline(always)]
    fn waits(self, a: f32, _: f32) -> bool {
        a > f32::NEG_INFINITY
    }

    #[inline(always)]
    fn add(self, a: &mut f32, _: &mut f32, weight: f32, _: f32) {
        *a += weight;
    }

    #[inline(always)]
    fn may_fire(self, a: f32, _: f32, _: f32) -> bool {
        a >= self.threshold
    }

    #[inline(always)]
    fn fires(self, a: f32, _: f32, last: f32, _: f32) -> Firing {
        Firing { fires: a > self.threshold || (!self.strict && a == self.threshold), at: last }
    }
}
