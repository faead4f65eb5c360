//! The arithmetic of prices: intervals with a nominal value, of quantities that are never negative.

/// Lowest, nominal and highest value.
pub type Interval = [f64; 3];

/// An energy (pJ) or a power (mW), with the rank of its scope: an outer scope has a higher rank, and holds the inner ones.
pub type Ranked = (usize, Interval);

/// Energy (pJ), power (mW) and energy-delay product (pJ ms) of a scope; the last two where the time is known.
pub type Total = (Interval, Option<(Interval, Interval)>);

/// Picojoules in a milliwatt over a millisecond.
const PJ_PER_MW_MS: f64 = 1e6;

/// End by end: left times right, times `scale`.
#[must_use]
pub fn products(left: &[Interval], right: &[Interval], scale: f64) -> Vec<Interval> {
    left.iter().zip(right).map(|(a, b)| [0, 1, 2].map(|end| a[end] * b[end] * scale)).collect()
}

/// Totals of scopes, from energies and from powers that act over the time (ms) of a sample.
#[must_use]
pub fn totals(parts: &[Ranked], powers: &[Ranked], time: Option<Interval>, scopes: &[usize]) -> Vec<Total> {
    scopes
        .iter()
        .map(|&scope| {
            let energy = sum_within(parts, scope);
            let rates = time.filter(|time| time[0] > 0.0).map(|time| {
                let power = mean_power(energy, sum_within(powers, scope), time);
                (power, [0, 1, 2].map(|end| energy[end] * time[end]))
            });
            (energy, rates)
        })
        .collect()
}

fn sum_within(parts: &[Ranked], scope: usize) -> Interval {
    let held = parts.iter().filter(|(rank, _)| *rank <= scope);
    held.fold([0.0; 3], |sum, (_, part)| [0, 1, 2].map(|end| sum[end] + part[end]))
}

/// Energy over time: powers that act all the time keep their own interval, and only the rest is divided by the time's.
fn mean_power(energy: Interval, steady: Interval, time: Interval) -> Interval {
    let moved = [0, 1, 2].map(|end| (energy[end] - steady[end] * time[end] * PJ_PER_MW_MS).max(0.0));
    [
        steady[0] + moved[0] / time[2] / PJ_PER_MW_MS,
        energy[1] / time[1] / PJ_PER_MW_MS,
        steady[2] + moved[2] / time[0] / PJ_PER_MW_MS,
    ]
}

#[cfg(test)]
mod tests {
    use super::{products, totals};

    #[test]
    fn a_total_by_hand() {
        assert_eq!(products(&[[1.0, 2.0, 3.0]], &[[2.0, 2.0, 4.0]], 0.5), [[1.0, 2.0, 6.0]]);
        let (parts, powers) = ([(0, [1e6, 2e6, 3e6]), (1, [4e6, 4e6, 4e6])], [(1, [2.0, 2.0, 2.0])]);
        let found = totals(&parts, &powers, Some([2.0, 2.0, 2.0]), &[0, 1]);
        assert_eq!(found[0], ([1e6, 2e6, 3e6], Some(([0.5, 1.0, 1.5], [2e6, 4e6, 6e6]))));
        assert_eq!(found[1], ([5e6, 6e6, 7e6], Some(([2.5, 3.0, 3.5], [10e6, 12e6, 14e6]))));
        assert_eq!(totals(&parts, &powers, None, &[0])[0].1, None);
    }
}
