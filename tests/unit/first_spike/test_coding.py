"""A network says how values become its input spikes: the bright ones first, the dark ones, or both."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysnn.errors import NetworkError
from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork, Layer, decide, encode_times

SHAPES: dict[tuple[int, ...], list[Layer]] = {
    (12,): [Dense(units=5), Dense(units=3)],
    (2, 3, 2): [Conv(channels=4, kernel=2), Dense(units=3)],
}


def network(shape: tuple[int, ...], **fields: Any) -> FirstSpikeNetwork:
    return FirstSpikeNetwork.draw(shape, SHAPES[shape], seed=1, **fields)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("neuron", [{}, {"neuron": "step", "steps": 8}])
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000))
def test_dark_is_bright_of_the_complement(shape: tuple[int, ...], neuron: dict[str, Any], seed: int) -> None:
    x = np.random.default_rng(seed).integers(0, 5, (3, *shape)).astype(np.float32) / 4
    bright, dark = network(shape, **neuron), network(shape, **neuron, coding="dark")
    assert np.array_equal(encode_times(dark, x), encode_times(bright, 1 - x))
    assert np.array_equal(decide(dark, x).winner, decide(bright, 1 - x).winner)


@pytest.mark.parametrize("shape", SHAPES)
def test_both_has_two_inputs_a_value(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).random((3, *shape)).astype(np.float32)
    both = network(shape, coding="both")
    assert both.input_shape == shape
    assert both.plan.in_size == 24
    times = encode_times(both, x).reshape(3, -1, 2, shape[0]) if len(shape) == 3 else encode_times(both, x)
    first, second = np.split(times, 2, axis=2) if len(shape) == 3 else np.split(times, 2, axis=1)
    plain = encode_times(network(shape), x)
    assert np.array_equal(first.reshape(3, -1), plain)
    assert np.array_equal(second.reshape(3, -1), encode_times(network(shape, coding="dark"), x))


def test_every_other_coding_is_refused() -> None:
    with pytest.raises(NetworkError, match="coding: expected one of bright, dark, both, got 'grey'"):
        network((12,), coding="grey")
