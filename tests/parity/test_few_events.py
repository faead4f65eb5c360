"""Where events are few, convolutions follow them and not their windows: the same bits, whatever the width, the stride and the rate."""

from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn import IF, Conv2d, Events, Flatten, Input, Linear, Network, Output, Simulator
from tests.parity.compare import BACKENDS, simd_level

_STEPS = 40


def _network(inputs: int, outputs: int, stride: int, padding: int) -> Network:
    rng = np.random.default_rng(inputs + outputs)
    conv = Conv2d(
        rng.normal(0, 0.3, (outputs, inputs, 3, 5)), rng.normal(0, 0.1, outputs), stride=stride, padding=padding
    )
    chain = {
        "in": Input((inputs, 9, 11)),
        "conv": conv,
        "if": IF(1.0),
        "second": Conv2d(rng.normal(0, 0.3, (4, outputs, 3, 3))),
        "if2": IF(1.0),
    }
    shape = Network.chain({**chain, "out": Output("mean_current")}).shapes["if2"]
    last = Linear(rng.normal(0, 0.1, (3, int(np.prod(shape)))))
    return Network.chain({**chain, "flat": Flatten(), "fc": last, "out": Output("mean_current")})


def _run(
    network: Network, events: Events, precision: Literal["float32", "int8"], backend: str, threads: int = 1
) -> dict[str, NDArray[Any]]:
    simulator = Simulator(network, coding="events", precision=precision, backend=backend, threads=threads)
    result = simulator.run(events, steps=_STEPS, record=["if", "if2"])
    return {"scores": result.scores, **result.spikes}


@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (1, 2), (2, 1), (3, 2)])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 10), (2, 12), (3, 24), (9, 40), (40, 12), (40, 20)])
def test_few_events_give_the_bits_of_the_reference(
    inputs: int, outputs: int, stride: int, padding: int, precision: Literal["float32", "int8"]
) -> None:
    network = _network(inputs, outputs, stride, padding)
    for rate in (0.002, 0.05 / inputs, 0.3 / inputs, 0.5):
        spikes = np.random.default_rng(7).random((_STEPS, 2, inputs, 9, 11)) < rate
        events = Events.from_dense(spikes.astype(np.uint8))

        expected = _run(network, events, precision, "reference")
        for backend, level in BACKENDS:
            with simd_level(level):
                for threads in (1, 2):
                    found = _run(network, events, precision, backend, threads)
                    assert all(np.array_equal(expected[name], found[name]) for name in expected)
