//! Integrate and fire, with or without leak, in float32 or int32.

/// The constants of one leak step of one neuron.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LeakStep<A> {
    pub(crate) decay: A,
    pub(crate) gain: A,
    pub(crate) drive: A,
}

/// The constants of one neuron.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Constants<A> {
    /// It fires where its potential is at least this.
    pub(crate) fire: A,
    /// What a spike subtracts, or sets.
    pub(crate) after: A,
    /// Used where there is a leak.
    pub(crate) leak: LeakStep<A>,
}

/// What a step leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct After<A> {
    pub(crate) potential: A,
    pub(crate) fires: bool,
}

/// A potential, with the arithmetic that `docs/numerics.md` defines for its type.
pub(crate) trait Potential: Copy + PartialOrd {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// The potential after a step with leak.
    fn leak(self, current: Self, step: LeakStep<Self>) -> Self;
    /// The least value for which a comparison with `>=` says what `> self` says.
    fn above(self) -> Self;
    /// Whether it is an integer.
    const INTEGER: bool;
    fn times(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    /// The whole part of a quotient, as far as a byte holds it.
    fn quotient(self, other: Self) -> u8;
    /// The whole part of a quotient, `most` at most and 0 where it is less, of which `inverse` is known: `fl(1 / other)`.
    fn level(self, other: Self, inverse: f32, most: u8) -> i32;
    /// As a float32.
    fn single(self) -> f32;
    /// A number of spikes or of steps.
    fn whole(number: u8) -> Self;
    /// At least `floor`.
    fn lifted(self, floor: Self) -> Self;
}

/// One step: take the current in, fire, reset. Of the current-based neuron it is the potential's part.
#[inline(always)]
pub(crate) fn step<A: Potential, const LEAKY: bool, const SUBTRACT: bool>(
    potential: A,
    current: A,
    own: Constants<A>,
) -> After<A> {
    let raised = if LEAKY { potential.leak(current, own.leak) } else { potential.plus(current) };
    ended::<A, SUBTRACT>(raised, own)
}

/// The end of a step: fire, reset.
#[inline(always)]
pub(crate) fn ended<A: Potential, const SUBTRACT: bool>(raised: A, own: Constants<A>) -> After<A> {
    let fires = raised >= own.fire;
    let fallen = if SUBTRACT { raised.minus(own.after) } else { own.after };
    After { potential: if fires { fallen } else { raised }, fires }
}

/// The synaptic current of a current-based neuron after a step: what its potential integrates in that step. It leaks as a potential
/// does, towards 0.
#[inline(always)]
pub(crate) fn synapse<A: Potential>(synaptic: A, entering: A, own: LeakStep<A>) -> A {
    synaptic.leak(entering, own)
}

impl Potential for f32 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self + other
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self - other
    }

    #[inline(always)]
    fn leak(self, current: Self, step: LeakStep<Self>) -> Self {
        (step.decay * self + step.gain * current) + step.drive
    }

    #[inline(always)]
    fn above(self) -> Self {
        self.next_up()
    }

    const INTEGER: bool = false;

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self * other
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self / other
    }

    #[inline(always)]
    fn quotient(self, other: Self) -> u8 {
        // By way of 32 bits, which vectors convert to.
        (self / other).clamp(0.0, 255.0) as i32 as u8
    }

    #[inline(always)]
    fn level(self, other: Self, _inverse: f32, most: u8) -> i32 {
        i32::from(self.quotient(other).min(most))
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self
    }

    #[inline(always)]
    fn whole(number: u8) -> Self {
        f32::from(number)
    }

    #[inline(always)]
    fn lifted(self, floor: Self) -> Self {
        let over = self - floor;
        (if over > 0.0 { over } else { 0.0 }) + floor
    }
}

impl Potential for i32 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    #[inline(always)]
    fn leak(self, current: Self, step: LeakStep<Self>) -> Self {
        let kept = (i64::from(step.decay) * i64::from(self) + (1 << 29)) >> 30;
        (kept as i32).wrapping_add(current).wrapping_add(step.drive)
    }

    #[inline(always)]
    fn above(self) -> Self {
        self.saturating_add(1)
    }

    const INTEGER: bool = true;

    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }

    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self.checked_div(other).unwrap_or(0)
    }

    #[inline(always)]
    fn quotient(self, other: Self) -> u8 {
        // By way of 64-bit floats, which vectors divide by; their quotient has the same whole part, since two integers of 32 bits
        // divide to a whole number or stay further from one than it rounds.
        if other == 0 { 0 } else { (f64::from(self) / f64::from(other)).clamp(0.0, 255.0) as i32 as u8 }
    }

    /// The estimate of a quotient of at most 255, rounded, is the whole part or one more, which the remainder tells. It is rounded by adding 2^23, whose last
    /// bit is 1: a conversion that saturates is not made vectors of.
    #[inline(always)]
    fn level(self, other: Self, inverse: f32, most: u8) -> i32 {
        const WHOLE: f32 = 8_388_608.0;
        let (near, most) = (self as f32 * inverse, i32::from(most));
        let near = if near > 0.0 { near } else { 0.0 };
        let near = if near < most as f32 { near } else { most as f32 };
        let near = (near + WHOLE).to_bits().wrapping_sub(WHOLE.to_bits()) as i32;
        let rest = self.wrapping_sub(near.wrapping_mul(other));
        let level = near + i32::from(rest >= other) - i32::from(rest < 0);
        (if level < most { level } else { most }).max(0)
    }

    #[inline(always)]
    fn single(self) -> f32 {
        self as f32
    }

    #[inline(always)]
    fn whole(number: u8) -> Self {
        Self::from(number)
    }

    #[inline(always)]
    fn lifted(self, floor: Self) -> Self {
        self.max(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own<A: Copy + Default>(fire: A, after: A) -> Constants<A> {
        Constants { fire, after, leak: LeakStep::default() }
    }

    #[test]
    fn levels_are_whole_quotients() {
        for threshold in [1, 2, 3, 7, 127, 1000, 65_537, 1 << 20, (1 << 29) + 1] {
            let inverse = 1.0 / threshold as f32;
            for level in 0..=260_i64 {
                for off in -1..=1 {
                    let Ok(v) = i32::try_from(level * i64::from(threshold) + off) else { continue };
                    for most in [1_u8, 16, 255] {
                        let expected = i64::from(v).div_euclid(i64::from(threshold)).clamp(0, i64::from(most));
                        assert_eq!(i64::from(v.level(threshold, inverse, most)), expected, "{v} {threshold} {most}");
                    }
                }
            }
        }
        assert_eq!(i32::MAX.level(3, 1.0 / 3.0, 200), 200);
        assert_eq!(i32::MIN.level(3, 1.0 / 3.0, 200), 0);
        assert_eq!([7.5_f32.level(2.5, 0.0, 9), 7.5_f32.level(2.5, 0.0, 2)], [3, 2]);
    }

    #[test]
    fn a_spike_subtracts_or_sets() {
        let fired = step::<f32, false, true>(0.5, 0.75, own(1.0, 1.0));
        assert_eq!(fired, After { potential: 0.25, fires: true });
        assert_eq!(step::<f32, false, false>(0.5, 0.75, own(1.0, 0.125)).potential, 0.125);
        assert_eq!(step::<i32, false, true>(5, -7, own(10, 10)), After { potential: -2, fires: false });
    }

    #[test]
    fn a_leak_keeps_a_share() {
        let leak = LeakStep { decay: 0.5, gain: 0.25, drive: 0.125 };
        let after = step::<f32, true, true>(1.0, 2.0, Constants { fire: 9.0, after: 9.0, leak });
        assert_eq!(after, After { potential: 1.125, fires: false });
        // Half of -3 in units of 2^-30 is -1.5, which is rounded up.
        let leak = LeakStep { decay: 1 << 29, gain: 0, drive: 1 };
        let after = step::<i32, true, true>(-3, 4, Constants { fire: 9, after: 9, leak });
        assert_eq!(after.potential, 4);
    }

    #[test]
    fn a_synaptic_current_decays_and_takes_in() {
        let own = LeakStep { decay: 0.5, gain: 0.25, drive: 0.0 };
        assert_eq!(synapse(1.0_f32, 2.0, own), 1.0);
        assert_eq!(synapse(1.0_f32, 0.0, own), 0.5);
    }

    #[test]
    fn above_is_strict() {
        for threshold in [0.0_f32, 1.0, -2.5, 1e30] {
            assert!(threshold < threshold.above());
            assert!(threshold.above().next_down() <= threshold);
        }
        assert_eq!((7.above(), i32::MAX.above()), (8, i32::MAX));
    }
}
