"""The busiest core of each step: against a plain loop over spikes, and inside the bounds that an estimate has without it."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, MaxPool2d, Network, Output, SumPool2d
from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.hardware import estimate, load_chip, replay_busiest
from pysnn.hardware.counts import count
from pysnn.hardware.mapping.place import place
from pysnn.hardware.mapping.placement import MappingTask
from pysnn.hardware.network_layers import hardware_layers
from pysnn.hardware.replay import core_loads
from pysnn.simulation.simulator import run
from tests.unit.hardware.networks import conv_net, dense_net
from tests.unit.hardware.random_nets import random_nets

BARRIER = ["loihi1", "loihi1_sanafe"]
"""Chips whose steps end at a barrier."""


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
    spikes = (rng.random((5, 20, 6)) < 0.5).astype(np.uint8)
    result = run(net, spikes, steps=5, coding="spikes", record=["if1", "if2"], backend="reference")
    found = replay_busiest(net, spikes, chips=["loihi1"], steps=5, coding="spikes", backend="reference")
    assert found["loihi1"] == pytest.approx(slow_busiest(net, spikes, dict(result.spikes)), rel=1e-9)


def assert_inside(net: Network, activity: Activity, chip: str, time: float) -> None:
    """The latency with a replay's time lies inside the interval without it."""
    tables = (estimate(net, activity, chips=[chip], busiest=busiest).table for busiest in ({}, {chip: time}))
    loose, exact = (
        t.filter((t["term"] == "latency") & (t["scope"] == "chip") & (t["chip"] == chip)).row(0, named=True)
        for t in tables
    )
    assert loose["low"] <= exact["low"] * (1 + 1e-12)
    assert exact["high"] <= loose["high"] * (1 + 1e-12)


@pytest.mark.parametrize("net", [dense_net(), conv_net()], ids=["dense", "conv"])
def test_the_replay_lies_inside_the_bounds(net: Network) -> None:
    x = np.random.default_rng(1).random((6, *net.input.shape)).astype(np.float32)
    options: dict[str, Any] = {"coding": "poisson", "backend": "reference"}
    activity = run(net, x, steps=6, **options).activity
    busiest = replay_busiest(net, x, chips=["loihi1", "loihi1_sanafe"], steps=6, **options)
    for chip, time in busiest.items():
        assert_inside(net, activity, chip, time)


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


class Loops:
    """Operations on each neuron of a network at each step of one sample, by loops over windows; memories are cumulative counts of pools."""

    def __init__(self, net: Network, given: np.ndarray, fired: dict[str, np.ndarray]) -> None:
        self.net, self.given, self.fired = net, given, fired
        self.largest: dict[str, np.ndarray] = {}
        self.sums: dict[str, np.ndarray] = {}

    def arriving(self, name: str, t: int) -> np.ndarray:
        """What enters a node at a step, over all edges."""
        return np.asarray(sum(self.value(source, t) for source in self.net.sources[name]))

    def value(self, name: str, t: int) -> np.ndarray:
        node = self.net.nodes[name]
        if name == self.net.input_name:
            return np.asarray(self.given[t]).astype(np.int64)
        if name in self.fired:
            return np.asarray(self.fired[name][t]).astype(np.int64)
        x = self.arriving(name, t)
        if isinstance(node, Flatten):
            return x.reshape(-1)
        if isinstance(node, Linear):
            return np.array([sum(int(x[i]) for i in range(len(x)) if row[i] != 0) for row in node.weight])
        found = np.zeros(self.net.shapes[name], dtype=np.int64)
        if isinstance(node, Conv2d):
            for at in np.ndindex(*found.shape):
                found[at] = sum(x[place] for place in _taps(node, at, x.shape))
            return found
        assert isinstance(node, AvgPool2d | SumPool2d | MaxPool2d)
        if isinstance(node, MaxPool2d):
            self.sums[name] = x = self.sums.get(name, 0) + x
        for at in np.ndindex(*found.shape):
            inside = [int(x[place]) for place in _window(node, at, x.shape)]
            found[at] = max(inside, default=0) if isinstance(node, MaxPool2d) else sum(inside)
        if isinstance(node, MaxPool2d):
            before, self.largest[name] = self.largest.get(name, 0), found
            return found - before
        return found


def _taps(node: Conv2d, at: tuple[int, ...], shape: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    outputs, per_group, height, width = node.weight.shape
    group = at[0] // (outputs // node.groups)
    for c, ky, kx in product(range(per_group), range(height), range(width)):
        y = at[1] * node.stride[0] - node.padding[0] + ky * node.dilation[0]
        x = at[2] * node.stride[1] - node.padding[1] + kx * node.dilation[1]
        if node.weight[at[0], c, ky, kx] != 0 and 0 <= y < shape[1] and 0 <= x < shape[2]:
            yield group * per_group + c, y, x


def _window(node: Any, at: tuple[int, ...], shape: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    for ky, kx in product(range(node.kernel[0]), range(node.kernel[1])):
        y, x = (at[axis + 1] * node.stride[axis] - node.padding[axis] + k for axis, k in enumerate((ky, kx)))
        if 0 <= y < shape[1] and 0 <= x < shape[2]:
            yield at[0], y, x


def looped_busiest(net: Network, given: np.ndarray, fired: dict[str, np.ndarray], chip: str) -> float:
    """Nanoseconds a sample of the busiest core, summed over steps: positions of a layer one after the other, all channels of each."""
    profile, layers = load_chip(chip), hardware_layers(net)
    nanoseconds = {q.per: q.value for q in profile.section("delays").values()}
    per_core = {p.layer: p.neurons_per_core for p in place(MappingTask(layers, profile)).placed}
    total = 0.0
    for b in range(given.shape[1]):
        loops = Loops(net, given[:, b], {name: spikes[:, b] for name, spikes in fired.items()})
        for t in range(len(given)):
            worst = 0.0
            for layer in layers[1:]:
                operations = loops.arriving(layer.node, t).reshape(layer.shape)
                active = (
                    loops.fired[layer.node][t].reshape(layer.shape) if layer.node in fired else np.zeros(layer.shape)
                )
                cores: dict[int, float] = {}
                for number, (y, x, c) in enumerate(product(*map(range, (*layer.shape[1:], layer.shape[0])))):
                    core = number // (per_core[layer.name] or layer.neurons)
                    update = "updates_active" if active[c, y, x] else "updates_inactive"
                    work = nanoseconds["synops"] * operations[c, y, x] + nanoseconds[update]
                    cores[core] = cores.get(core, 0.0) + work
                worst = max(worst, *cores.values())
            total += worst
    return float(total / given.shape[1])


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(
    net=random_nets(), seed=st.integers(0, 1000), rate=st.sampled_from([0.1, 0.5, 1.0]), chip=st.sampled_from(BARRIER)
)
def test_random_networks_lie_inside_the_bounds_and_equal_loops(net: Network, seed: int, rate: float, chip: str) -> None:
    steps, samples = 4, 2
    x = np.random.default_rng(seed).random((steps, samples, *net.input.shape))
    spikes = (x < rate).astype(np.uint8)
    result = run(net, spikes, steps=steps, coding="spikes", record=list(net.neurons), backend="reference")
    busiest = replay_busiest(net, spikes, chips=[chip], steps=steps, coding="spikes", backend="reference")
    assert busiest[chip] == pytest.approx(looped_busiest(net, spikes, dict(result.spikes), chip), rel=1e-9)
    assert_inside(net, result.activity, chip, busiest[chip])


def test_samples_of_frames_are_those_of_the_second_axis() -> None:
    net = dense_net()
    frames = np.random.default_rng(2).random((3, 20, 6)).astype(np.float32)
    how: dict[str, Any] = {"chips": ["loihi1"], "steps": 3, "coding": "frames", "backend": "reference"}
    alone = [replay_busiest(net, frames[:, k : k + 1], **how)["loihi1"] for k in range(20)]
    assert replay_busiest(net, frames, **how)["loihi1"] == pytest.approx(np.mean(alone))


def test_spikes_of_the_input_that_no_weights_see_are_refused() -> None:
    nodes = {"in": Input((6,)), "if": IF(), "fc": Linear(np.eye(6)), "if2": IF(), "out": Output("count")}
    with pytest.raises(DataError, match="replay: layer 'if': expected weights between the input alone and its neurons"):
        replay_busiest(
            Network.chain(nodes), np.ones((1, 6), dtype=np.float32), chips=["loihi1"], steps=2, coding="poisson"
        )
