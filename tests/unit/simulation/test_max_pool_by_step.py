"""A maximum of currents that change is taken at each step by itself, on every backend."""

from typing import Any

import numpy as np
import pytest

import pysnn
from pysnn import IF, Conv2d, Flatten, Input, MaxPool2d, Network, NetworkError, Output, PlanError
from pysnn.backends import available_backends


def network(**pool: Any) -> Network:
    weight = np.random.default_rng(0).integers(-8, 9, (3, 2, 3, 3)) / 8
    parts = {
        "in": Input((2, 7, 6)),
        "conv": Conv2d(weight, padding=1),
        "pool": MaxPool2d((2, 3), 2, (0, 1, 1, 0), **pool),
    }
    return Network.chain({**parts, "if": IF(), "flat": Flatten(), "out": Output("count")})


@pytest.mark.parametrize("backend", available_backends())
@pytest.mark.parametrize("steps", [5, 40])
def test_spikes_are_those_of_the_maxima_by_hand(backend: str, steps: int) -> None:
    x = np.random.default_rng(1).integers(0, 2, (steps, 3, 2, 7, 6)).astype(np.uint8)
    net = network(by_step=True)
    conv, pool = net.nodes["conv"], net.nodes["pool"]
    potential = np.zeros((3, *net.shapes["pool"]), np.float32)
    expected = np.zeros((steps, *potential.shape), int)
    for step in range(steps):
        potential += pool.apply(conv.apply(x[step].astype(np.float32)))
        expected[step] = potential >= 1
        potential -= expected[step].astype(np.float32)
    got = pysnn.run(net, x, steps=steps, coding="spikes", record=["if"], backend=backend).spikes["if"]
    assert np.array_equal(got, expected)


def test_it_has_to_be_asked_for() -> None:
    x = np.zeros((2, 1, 2, 7, 6), np.uint8)
    with pytest.raises(PlanError, match="MaxPool2d 'pool': max-pooling needs spikes"):
        pysnn.run(network(), x, steps=2, coding="spikes")
    with pytest.raises(PlanError, match=r"MaxPool2d 'pool': a maximum by step needs float32 currents"):
        pysnn.run(network(by_step=True), x, steps=2, coding="spikes", precision="int8")
    with pytest.raises(NetworkError, match="MaxPool2d: by_step must be True or False, got 1"):
        MaxPool2d(2, by_step=1)  # type: ignore[arg-type]
