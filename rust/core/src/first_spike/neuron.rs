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
}

/// A kernel of the membrane.
pub(super) trait Dynamics: Copy + Send + Sync {
    /// `a` and `b` before any spike.
    fn start(self) -> (f32, f32);
    /// Take a spike.
    fn add(self, a: &mut f32, b: &mut f32, weight: f32, time: f32);
    /// Whether a neuron may fire before a spike comes at `next`; a false alarm costs time only.
    fn may_fire(self, a: f32, b: f32, next: f32) -> bool;
    /// Let those neurons fire that do so after the spike at `last` and up to `next`; give how many.
    fn fire(self, a: &mut Lane, b: &mut Lane, interval: (f32, f32), fired: (&mut Lane, &mut Lane)) -> usize;
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
const MARGIN: f32 = 1.0 + 1.0 / (1 << 20) as f32;

impl Dynamics for Ramp {
    #[inline(always)]
    fn start(self) -> (f32, f32) {
        (0.0, self.threshold)
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
    fn fire(
        self,
        a: &mut Lane,
        b: &mut Lane,
        (last, next): (f32, f32),
        (times, marks): (&mut Lane, &mut Lane),
    ) -> usize {
        let after = f32::from_bits(last.to_bits() + 1);
        let mut count = 0;
        for l in 0..LANES {
            let at = b[l] / a[l];
            let fires = a[l] > 0.0 && at <= next && at < f32::INFINITY;
            times[l] = if fires { if at > after { at } else { after } } else { times[l] };
            marks[l] = if fires { a[l] } else { marks[l] };
            // A neuron that has fired is out of reach.
            b[l] = if fires { f32::INFINITY } else { b[l] };
            count += u32::from(fires);
        }
        count as usize
    }
}

impl Dynamics for Step {
    #[inline(always)]
    fn start(self) -> (f32, f32) {
        (0.0, 0.0)
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
    fn fire(self, a: &mut Lane, _: &mut Lane, (last, _): (f32, f32), (times, marks): (&mut Lane, &mut Lane)) -> usize {
        let mut count = 0;
        for l in 0..LANES {
            let fires = a[l] > self.threshold || (!self.strict && a[l] == self.threshold);
            times[l] = if fires { last } else { times[l] };
            marks[l] = if fires { a[l] } else { marks[l] };
            a[l] = if fires { f32::NEG_INFINITY } else { a[l] };
            count += u32::from(fires);
        }
        count as usize
    }
}
