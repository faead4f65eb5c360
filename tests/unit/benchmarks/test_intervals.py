"""Intervals of accuracies hold what they say."""

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks.intervals import half_width


@pytest.mark.parametrize(("right", "samples"), [(0, 50), (25, 50), (9_000, 10_000), (9_999, 10_000)])
def test_half_the_width_is_that_of_scipy(right: int, samples: int) -> None:
    interval = binomtest(right, samples).proportion_ci(method="wilson")
    assert half_width(right / samples, samples) == pytest.approx((interval.high - interval.low) / 2, rel=1e-12)


def test_nineteen_of_twenty_intervals_hold_the_share() -> None:
    drawn = np.random.default_rng(0).binomial(10_000, 0.9, 2_000) / 10_000
    held = [abs(share - 0.9) <= half_width(share, 10_000) for share in drawn.tolist()]
    assert 0.94 < np.mean(held) < 0.96
