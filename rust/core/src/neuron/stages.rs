//! The stages of a neuron's step that are not integrate-and-fire as such: other orders of operations, other resets, what bounds a potential.

use super::integrate::Potential;

/// `v + rate ((goal - v) + x)`.
#[inline(always)]
pub(crate) fn relax<A: Potential>(v: A, x: A, rate: A, goal: A) -> A {
    v.plus(rate.times(goal.minus(v).plus(x)))
}

/// `v + ((goal - v) + x) / tau`.
#[inline(always)]
pub(crate) fn relax_divided<A: Potential>(v: A, x: A, tau: A, goal: A) -> A {
    v.plus(goal.minus(v).plus(x).over(tau))
}

/// `v + rate ((x + goal) - v)`.
#[inline(always)]
pub(crate) fn boxed<A: Potential>(v: A, x: A, rate: A, goal: A) -> A {
    v.plus(rate.times(x.plus(goal).minus(v)))
}

/// `(v + rate (goal - v)) + x`.
#[inline(always)]
pub(crate) fn plain<A: Potential>(v: A, x: A, rate: A, goal: A) -> A {
    v.plus(rate.times(goal.minus(v))).plus(x)
}

/// `(v + (goal - v) / tau) + x`.
#[inline(always)]
pub(crate) fn plain_divided<A: Potential>(v: A, x: A, tau: A, goal: A) -> A {
    v.plus(goal.minus(v).over(tau)).plus(x)
}

/// `((x r) inverse) dt + decay v`.
#[inline(always)]
pub(crate) fn lapicque<A: Potential>(v: A, x: A, decay: A, [r, inverse, dt]: [A; 3]) -> A {
    x.times(r).times(inverse).times(dt).plus(decay.times(v))
}

/// How often a threshold fits into a potential that has reached it: 1 to `most`.
#[inline(always)]
pub(crate) fn fits<A: Potential>(v: A, threshold: A, most: u8) -> u8 {
    v.quotient(threshold).clamp(1, most)
}

/// The potential behind a reset that came with the spikes of two steps: `s` are those of this one, `before` of the one before.
#[inline(always)]
pub(crate) fn corrected<A: Potential>(v: A, threshold: A, [s, before]: [bool; 2]) -> A {
    match [s, before] {
        [true, false] => v.minus(threshold),
        [false, true] => v.plus(threshold),
        _ => v,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaks_differ_in_their_rounding_alone() {
        let (v, x, goal) = (0.5_f32, 0.75, 0.25);
        let expected = 0.5 + 0.5 * ((0.25 - 0.5) + 0.75);
        assert_eq!(relax(v, x, 0.5, goal), expected);
        assert_eq!(relax_divided(v, x, 2.0, goal), expected);
        assert_eq!(boxed(v, x, 0.5, goal), expected);
        assert_eq!(plain(v, x, 0.5, goal), 1.125);
        assert_eq!(plain_divided(v, x, 2.0, goal), 1.125);
        assert_eq!(lapicque(v, x, 0.5, [4.0, 0.5, 0.5]), 1.0);
    }

    #[test]
    fn a_threshold_fits_several_times() {
        assert_eq!([fits(3.75_f32, 1.25, 255), fits(3.75, 1.0, 2), fits(1e30, 1.0, 255)], [3, 2, 255]);
        assert_eq!([fits(7_i32, 3, 255), fits(i32::MAX, 1, 9)], [2, 9]);
    }

    #[test]
    fn a_reset_is_corrected_where_the_steps_differ() {
        let after = |s, before| corrected(2.5_f32, 1.0, [s, before]);
        assert_eq!(
            [after(true, false), after(false, true), after(true, true), after(false, false)],
            [1.5, 3.5, 2.5, 2.5]
        );
    }
}
