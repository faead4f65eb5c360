"""Each method's formula by hand, and calibration around it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Conv2d, DataError, Input, Network, Output, ReLU
from pysnn.convert.calibration import SILENT_THRESHOLD, choose_thresholds, sorted_samples
from pysnn.convert.methods.error_min import ErrorMin
from pysnn.convert.methods.max_norm import MaxNorm
from pysnn.convert.methods.percentile import Percentile


def identity(features: int) -> Network:
    return Network.chain({"in": Input((features,)), "relu": ReLU(), "out": Output()})


def test_max_norm_is_the_largest_activation() -> None:
    assert MaxNorm().thresholds(np.array([[0, 3, 1], [0, 0, 0]], dtype=np.float32)).tolist() == [3.0, 0.0]


def spiking_error(values: Any, threshold: float, steps: int) -> float:
    """Mean squared difference between values and what IF neurons that start at half a threshold make of them."""
    potential = np.full(len(values), threshold / 2)
    spikes = np.zeros(len(values))
    for _ in range(steps):
        potential += values
        fired = potential >= threshold
        potential[fired] -= threshold
        spikes += fired
    return float(np.mean((threshold * spikes / steps - values) ** 2))


@pytest.mark.parametrize("steps", [1, 2, 5, 16])
def test_error_min_has_the_least_error_of_simulated_neurons(steps: int) -> None:
    values = np.abs(np.random.default_rng(steps).normal(0, 1, 3000))
    errors = [spiking_error(values, values.max() * k / 100, steps) for k in range(1, 101)]
    (found,) = ErrorMin(steps=steps).thresholds(values.astype(np.float32)[None])
    assert spiking_error(values, found, steps) == pytest.approx(min(errors), rel=2e-3)


def test_error_min_by_hand() -> None:
    # One step: th, 2 th or nothing. From 0.5 on, a value of 1 is exact at th = 1 and the 0.4s are silent.
    values = np.array([[0.4, 0.4, 1.0], [0.0, 0.0, 0.0]], dtype=np.float32)
    assert ErrorMin(steps=1).thresholds(values).tolist() == [pytest.approx(0.6, abs=0.021), 0.0]


def test_error_min_rises_with_the_steps() -> None:
    values = np.abs(np.random.default_rng(0).normal(0, 1, (1, 5000))).astype(np.float32)
    found = [float(ErrorMin(steps=steps).thresholds(values)[0]) for steps in (1, 2, 4, 8, 16, 64)]
    assert found == sorted(found)
    assert found[0] < 0.6 * found[-1]


@pytest.mark.parametrize("steps", [None, 0, -1, 2.5, True])
def test_error_min_needs_steps(steps: Any) -> None:
    with pytest.raises(DataError, match=r"error-min: .*steps"):
        ErrorMin(steps=steps).thresholds(np.ones((1, 3), dtype=np.float32))


@pytest.mark.parametrize(("p", "expected"), [(100.0, 5.0), (50.0, 3.0), (75.0, 4.0), (87.5, 4.5)])
def test_percentile_is_interpolated_over_the_active_values(p: float, expected: float) -> None:
    values = np.array([[0, 0, 0, 5, 1, 4, 2, 3, 0]], dtype=np.float32)
    assert Percentile(percentile=p).thresholds(values).tolist() == [expected]


def test_percentile_of_nothing_is_zero() -> None:
    assert Percentile().thresholds(np.zeros((2, 4), dtype=np.float32)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("p", [0, -1.0, 100.5, float("nan"), "99", True, None])
def test_a_percentile_outside_its_range_is_refused(p: Any) -> None:
    with pytest.raises(DataError, match="percentile: expected a number above 0 and at most 100"):
        Percentile(percentile=p)


def test_thresholds_and_facts_of_a_layer() -> None:
    found = choose_thresholds(identity(2), [[1.0, -1.0], [3.0, -2.0], [2.0, 0.0]], Percentile(percentile=50.0))
    (layer,) = found.layers
    assert (layer.layer, layer.depth, layer.neurons) == ("relu", 1, 2)
    assert layer.threshold.tolist() == [2.0]
    assert layer.largest == 3.0
    assert layer.clipped == pytest.approx(1 / 3)
    assert layer.silent_channels == 1
    assert found.samples == 3


def test_a_silent_channel_gets_the_threshold_of_its_layer() -> None:
    (layer,) = choose_thresholds(identity(3), [[1.0, -1.0, 4.0], [3.0, -2.0, 2.0]], MaxNorm(per_channel=True)).layers
    assert layer.threshold.tolist() == [3.0, 4.0, 4.0]
    assert layer.silent_channels == 1


def test_a_channel_of_a_map_is_all_its_positions() -> None:
    net = Network.chain({"in": Input((2, 1, 2)), "relu": ReLU(), "out": Output()})
    (layer,) = choose_thresholds(net, [[[[1.0, 5.0]], [[2.0, 0.5]]]], MaxNorm(per_channel=True)).layers
    assert layer.threshold.tolist() == [5.0, 2.0]
    assert layer.neurons == 4


@pytest.mark.parametrize("per_channel", [False, True])
def test_a_silent_layer_warns_by_name(per_channel: bool) -> None:
    with pytest.warns(UserWarning, match="ReLU 'relu': never active on the calibration data"):
        (layer,) = choose_thresholds(identity(2), [[-1.0, 0.0]], MaxNorm(per_channel=per_channel)).layers
    assert set(layer.threshold.tolist()) == {SILENT_THRESHOLD}
    assert layer.clipped == 0.0


@given(st.permutations(range(40)), st.booleans())
def test_the_order_of_the_data_changes_nothing(order: list[int], per_channel: bool) -> None:
    rng = np.random.default_rng(1)
    net = Network.chain(
        {
            "in": Input((2, 5, 5)),
            "conv": Conv2d(rng.normal(size=(4, 2, 3, 3))),
            "relu": ReLU(),
            "out": Output(),
        }
    )
    data = rng.normal(size=(40, 2, 5, 5)).astype(np.float32)
    data[7] = data[8]
    first = choose_thresholds(net, data, Percentile(per_channel=per_channel))
    second = choose_thresholds(net, data[order], Percentile(per_channel=per_channel))
    assert first.digest == second.digest
    assert np.array_equal(first.layers[0].threshold, second.layers[0].threshold)
    assert first.layers[0].clipped == second.layers[0].clipped


def test_the_digest_is_that_of_the_data() -> None:
    data = np.arange(6.0).reshape(3, 2)
    assert sorted_samples(data)[1] == sorted_samples(data[::-1])[1]
    assert sorted_samples(data)[1] != sorted_samples(data[:2])[1]
    assert sorted(sorted_samples(data)[0][:, 0].tolist()) == [0.0, 2.0, 4.0]
    data = np.random.default_rng(0).normal(size=(30, 2))
    for order in (np.arange(30)[::-1], np.random.default_rng(1).permutation(30)):
        assert np.array_equal(sorted_samples(data[order])[0], sorted_samples(data)[0])
