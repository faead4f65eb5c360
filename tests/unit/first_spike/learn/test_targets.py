"""Targets of output spikes, beside tables worked out by hand."""

from typing import Any

import numpy as np
import pytest

from pysnn.first_spike.learn.targets import TARGETS, output_targets

STEPS = 16
SILENT = float(STEPS)

# Times, the label, and the targets for a gap of 4. Four neurons: the label moves by -(n-1)/n 4, the others by 4/n.
ONE_SIDED: dict[str, tuple[list[float], int, list[float]]] = {
    # n = 4, mean 5: 2 for the label, 6 for the others.
    "wrong": ([8, 2, 4, 6], 0, [2, 6, 6, 6]),
    "right already": ([2, 9, 8, 1], 0, [2, 9, 8, 6]),
    "all at once": ([5, 5, 5, 5], 2, [6, 6, 2, 6]),
    # n = 2, mean 4: 2 and 6; the silent label stands at 16, a silent wrong neuron keeps its place.
    "silent label": ([16, 3, 5, 16], 0, [2, 6, 6, 16]),
    "silent wrong ones": ([3, 5, 16, 16], 0, [2, 6, 16, 16]),
    # n = 1: the mean itself, and 4 more.
    "only the label": ([7, 16, 16, 16], 0, [7, 16, 16, 16]),
    "only a wrong one": ([16, 7, 16, 16], 0, [7, 11, 16, 16]),
    # None: all of them at 16, n = 4.
    "no output spike": ([16, 16, 16, 16], 1, [16, 13, 16, 16]),
    # Mean 1: the label's -2 is cut off at 0, so a spike at 0 has no error.
    "too early": ([0, 0, 2, 2], 0, [0, 2, 2, 2]),
    "too late": ([16, 15, 15, 15], 0, [37 / 3, 16, 16, 16]),
}


@pytest.mark.parametrize("case", ONE_SIDED)
def test_one_sided_targets(case: str) -> None:
    times, label, expected = ONE_SIDED[case]
    found = output_targets(np.array([times], dtype=float), np.array([label]), STEPS, "one_sided", 4.0)
    assert found[0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("times", "label", "expected"),
    [
        ([8, 2, 4, 6], 0, [2, 6, 6, 6]),
        ([2, 9, 8, 1], 0, [2, 6, 6, 6]),
        ([3, 5, 16, 16], 0, [2, 6, 6, 6]),
        ([16, 16, 16, 16], 1, [16, 13, 16, 16]),
    ],
)
def test_exact_targets_pull_from_both_sides(times: Any, label: int, expected: list[float]) -> None:
    found = output_targets(np.array([times], dtype=float), np.array([label]), STEPS, "exact", 4.0)
    assert found[0] == pytest.approx(expected)


def test_exact_targets_move_the_mean_nowhere() -> None:
    times = np.random.default_rng(0).integers(4, 12, (50, 10)).astype(float)
    found = output_targets(times, np.arange(50) % 10, STEPS, "exact", 3.0)
    assert np.allclose(found.mean(axis=1), times.mean(axis=1))


@pytest.mark.parametrize(
    ("times", "label", "expected"),
    [
        ([8, 2, 4, 16], 0, [2, 6, 6, 6]),
        ([2, 8, 4, 16], 0, [2, 6, 6, 6]),
        ([14, 14, 16, 16], 1, [16, 14, 16, 16]),
        ([16, 16, 16, 16], 1, [16, 16, 16, 16]),
    ],
)
def test_published_targets(times: Any, label: int, expected: list[float]) -> None:
    found = output_targets(np.array([times], dtype=float), np.array([label]), STEPS, "published", 4.0)
    assert found[0].tolist() == expected


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_are_within_the_window_for_any_times(kind: Any) -> None:
    times = np.random.default_rng(1).integers(0, STEPS + 1, (500, 3)).astype(float)
    found = output_targets(times, np.arange(500) % 3, STEPS, kind, 7.5)
    assert found.min() >= 0
    assert found.max() <= STEPS
