"""Local threshold balancing: its recursion, and what a layer sees behind clipped ones."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pysnn import DataError, Input, Linear, Network, Output, ReLU
from pysnn.convert import convert
from pysnn.convert.methods.ltb import LocalThresholdBalancing


@pytest.mark.parametrize(("rounds", "expected"), [(1, 2.0), (2, 2.5), (3, 2.75), (4, 2.875)])
def test_by_hand(rounds: int, expected: float) -> None:
    # 0, 0, 1, 3: twice the mean is 2; above 2 there is 1 in four values; above 2.5 half of one; and so on.
    values = np.array([[0, 1, 0, 3]], dtype=np.float32)
    assert LocalThresholdBalancing(rounds=rounds).thresholds(values).tolist() == [expected]


@given(hnp.arrays(np.float32, (2, 20), elements=st.floats(0, 8, width=32)), st.integers(1, 40))
def test_it_is_the_plain_recursion(values: Any, rounds: int) -> None:
    expected = np.zeros(2)
    for _ in range(rounds):
        expected += 2 * np.maximum(values.astype(np.float64) - expected[:, None], 0).mean(axis=1)
    np.testing.assert_allclose(
        LocalThresholdBalancing(rounds=rounds).thresholds(values), expected, rtol=1e-9, atol=1e-12
    )


def test_a_layer_sees_what_the_clipped_layers_before_it_let_through() -> None:
    net = Network.chain({"in": Input((1,)), "first": ReLU(), "fc": Linear([[2.0]]), "second": ReLU(), "out": Output()})
    first, second = convert(net, [[0.0], [0.0], [1.0], [3.0]], "ltb", rounds=1).calibration.layers
    assert first.threshold.tolist() == [2.0]
    # 0, 0, 2 and 4 (not 6): twice the mean is 3.
    assert second.threshold.tolist() == [3.0]
    assert second.largest == 4.0


@pytest.mark.parametrize("rounds", [0, -1, 2.5, True, None])
def test_rounds_are_at_least_one(rounds: Any) -> None:
    with pytest.raises(DataError, match="ltb: rounds must be an integer, at least 1"):
        LocalThresholdBalancing(rounds=rounds)
