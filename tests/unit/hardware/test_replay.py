"""The busiest core of each step: against a plain loop over spikes, and inside the bounds that an estimate has without it."""

from typing import Any

import numpy as np
import pytest

from pysnn import Network
from pysnn.errors import DataError
from pysnn.hardware import estimate, load_chip, replay_busiest
from pysnn.hardware.counts import count
from pysnn.hardware.mapping.place import place
from pysnn.hardware.mapping.placement import MappingTask
from pysnn.hardware.network_layers import hardware_layers
from pysnn.hardware.replay import core_loads
from pysnn.simulation.simulator import run
from tests.unit.hardware.networks import conv_net, dense_net


def slow_busiest(net: Network, spikes: np.ndarray, hidden: dict[str, np.ndarray]) -> float:
    """Dense networks by a loop: each spike adds one operation to each neuron that it has a weight to."""
    layers = hardware_layers(net)
    placement = place(MappingTask(layers, load_chip("loihi1")))
    per_core = {p.layer: p.neurons_per_core for p in placement.placed}
    total = 0.0
    for t in range(spikes.shape[0]):
        for b in range(spikes.shape[1]):
            worst = 0.0
            for layer, before in zip(layers[1:], (spikes, hidden["if1"]), strict=True):
                size = per_core[layer.name]
                assert size is not None
                cores = [0.0] * -(-layer.neurons // size)
                weight = layer.links[0].weight
                assert weight is not None
                for j in range(layer.neurons):
                    fired = hidden[layer.node][t, b].ravel()[j]
                    cores[j // size] += 8.4 if fired else 5.3
                    for i in np.flatnonzero(before[t, b]):
                        cores[j // size] += 3.5 * (weight[j, i] != 0)
                worst = max(worst, *cores)
            total += worst
    return total / len(spikes[0])


def test_a_plain_loop_gives_the_same() -> None:
    net = dense_net()
    rng = np.random.default_rng(0)
    given = (rng.random((5, 20, 6)) < 0.5).astype(np.uint8)
    result = run(net, given, steps=5, coding="spikes", record=["if1", "if2"], backend="reference")
    found = replay_busiest(net, given, chips=["loihi1"], steps=5, coding="spikes", backend="reference")
    assert found["loihi1"] == pytest.approx(slow_busiest(net, given, dict(result.spikes)), rel=1e-9)


@pytest.mark.parametrize("net", [dense_net(), conv_net()], ids=["dense", "conv"])
def test_the_replay_lies_inside_the_bounds(net: Network) -> None:
    x = np.random.default_rng(1).random((6, *net.input.shape)).astype(np.float32)
    options: dict[str, Any] = {"coding": "poisson", "backend": "reference"}
    activity = run(net, x, steps=6, **options).activity
    busiest = replay_busiest(net, x, chips=["loihi1", "loihi1_sanafe"], steps=6, **options)
    for chip, time in busiest.items():
        rows = [estimate(net, activity, chips=[chip], steps=6, busiest=b).table for b in ({}, {chip: time})]
        loose, exact = (
            t.filter((t["term"] == "latency") & (t["scope"] == "chip") & (t["chip"] == chip)).row(0, named=True)
            for t in rows
        )
        assert loose["low"] <= exact["low"] * (1 + 1e-12)
        assert exact["high"] <= loose["high"] * (1 + 1e-12)


def test_all_operations_arrive_somewhere() -> None:
    net = conv_net()
    x = np.random.default_rng(1).random((3, 2, 6, 6)).astype(np.float32)
    result = run(net, x, steps=4, coding="poisson", count_by_step=True, backend="reference")
    assert {name: array.shape for name, array in result.activity.by_step.items()} == {"if1": (4, 144), "if2": (4, 144)}
    assert sum(int(a.sum()) for a in result.activity.by_step.values()) == result.activity.total("spikes")[0]
    assert count(net, result.activity, 4).total("spikes").value == result.activity.total("spikes")[0] / 3


def test_core_loads_are_sums() -> None:
    values = np.random.default_rng(0).random((2, 3, 4, 5, 6))
    assert core_loads(values, (4, 5, 6), 7).sum() == pytest.approx(values.sum())
    assert core_loads(values, (4, 5, 6), 7).shape == (2, 3, 18)


def test_what_cannot_be_replayed() -> None:
    net = dense_net()
    x = np.zeros((1, 6), dtype=np.float32)
    with pytest.raises(DataError, match="end at a barrier"):
        replay_busiest(net, x, chips=["odin"], steps=2)
    with pytest.raises(DataError, match="does not hold"):
        replay_busiest(dense_net(5000, 3), np.zeros((1, 5000), dtype=np.float32), chips=["loihi1"], steps=2)
