"""The activation, with and without an upper bound."""

from typing import Any

import numpy as np
import pytest

from pysnn import Input, Network, NetworkError, Output, ReLU

X = np.array([[[[-1.0, 0.5]], [[2.0, 7.0]]]], dtype=np.float32)


def network(node: ReLU) -> Network:
    return Network.chain({"in": Input((2, 1, 2)), "relu": node, "out": Output()})


@pytest.mark.parametrize(
    ("bound", "expected"),
    [(None, [0, 0.5, 2, 7]), (6, [0, 0.5, 2, 6]), ([0.25, 5.0], [0, 0.25, 2, 5]), (np.float64(2.0), [0, 0.5, 2, 2])],
)
def test_values_are_clipped(bound: Any, expected: list[float]) -> None:
    found = ReLU(bound).apply(X)
    assert found.dtype == np.float32
    assert found.reshape(-1).tolist() == expected


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (0, "max must be positive, got 0"),
        (-1.0, "max must be positive"),
        ([1.0, 0.0], "max must be positive"),
        (np.inf, "expected finite"),
        (np.nan, "expected finite"),
        ("6", "expected a NumPy array"),
        ([[1.0]], "expected 1 dimensions"),
        ([], "expected at least one value"),
    ],
)
def test_a_bound_is_positive_and_finite(bound: Any, text: str) -> None:
    with pytest.raises(NetworkError, match=f"ReLU: .*{text}"):
        ReLU(bound)


def test_bounds_are_one_a_channel() -> None:
    network(ReLU([1.0, 2.0]))
    with pytest.raises(NetworkError, match=r"ReLU 'relu': max: expected one value or 2"):
        network(ReLU([1.0, 2.0, 3.0]))


def test_bounds_count_when_networks_are_compared() -> None:
    assert network(ReLU(6)) == network(ReLU(6.0)) == network(ReLU(np.float32(6)))
    assert network(ReLU(6)) != network(ReLU())
    assert network(ReLU(6)) != network(ReLU([6.0, 6.0]))
