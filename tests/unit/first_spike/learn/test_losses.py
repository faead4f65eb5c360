"""The loss's gradient is that of the loss, with silent neurons among the cases."""

from typing import Any

import numpy as np
import pytest

from pysnn.first_spike.learn import time_cross_entropy
from pysnn.first_spike.learn.losses import log_time_shares

INF = np.inf


def time_shares(times: Any, tau: float) -> Any:
    return np.exp(log_time_shares(times, tau))


def test_the_gradient_is_a_central_difference() -> None:
    rng = np.random.default_rng(0)
    times, labels = rng.uniform(0, 2, (20, 5)), rng.integers(0, 5, 20)
    times[rng.random(times.shape) < 0.2] = INF
    times[:, 0] = 2.5
    _, gradient = time_cross_entropy(times, labels, 0.3)  # type: ignore[arg-type]
    for place in np.ndindex(times.shape):
        if place[1] == 0 or not np.isfinite(times[place]):
            continue
        sides = []
        for width in (1e-5, -1e-5):
            moved = times.copy()
            moved[place] += width
            sides.append(time_cross_entropy(moved, labels, 0.3)[0].sum())  # type: ignore[arg-type]
        assert gradient[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-5)
    assert not gradient[~np.isfinite(times)].any()


def test_no_spike_at_all_is_a_guess_without_gradient() -> None:
    loss, gradient = time_cross_entropy(np.full((1, 4), INF, dtype=np.float32), np.array([2]), 0.1)
    assert loss[0] == pytest.approx(np.log(4))
    assert not gradient.any()


def test_a_silent_neuron_stands_behind_all_others_and_the_window() -> None:
    early, late = np.array([[0.5, INF]], dtype=np.float32), np.array([[1.5, 3, INF]], dtype=np.float32)
    assert time_shares(early, 0.5)[0, 0] == pytest.approx(1 / (1 + np.exp(-1)))
    assert time_shares(late, 0.5)[0, 1] == time_shares(late, 0.5)[0, 2]


def test_shares_sum_to_one_at_any_temperature() -> None:
    times = np.random.default_rng(1).uniform(0, 50, (10, 7)).astype(np.float32)
    for tau in (1e-3, 1.0, 100.0):
        assert np.allclose(time_shares(times, tau).sum(axis=1), 1)
