"""Counts of a run joined with the network's structure: against brute force, with the spread over samples, from the run's fixed counts."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from pysnn import IF, Input, Linear, Network, Output
from pysnn.hardware.counts import count
from pysnn.hardware.interval import ZERO
from pysnn.simulation.simulator import run
from tests.unit.hardware.networks import conv_net, counted_run, dense_net


def test_synops_are_a_brute_force_replay() -> None:
    net = conv_net()
    x = np.random.default_rng(3).random((4, 2, 6, 6)).astype(np.float32)
    result = run(net, x, steps=5, coding="poisson", record=["if1", "if2"], backend="reference")
    counted = count(net, result.activity, 5)
    weight = np.asarray(net.nodes["conv2"].weight)  # type: ignore[attr-defined]
    total: int = 0
    for t, b, c, y, z in zip(*np.nonzero(result.spikes["if1"]), strict=True):
        del t, b
        for ky in range(3):
            for kx in range(3):
                if 0 <= y + 1 - ky < 6 and 0 <= z + 1 - kx < 6:
                    total += int(np.count_nonzero(weight[:, c, ky, kx]))
    assert counted.counts[2]["synops"].value == total / 4
    spikes = int(result.spikes["if1"].sum()) / 4
    assert counted.counts[2]["direct_additions"].value == spikes
    assert counted.counts[3]["pool_additions"].value == int(result.spikes["if2"].sum()) / 4


def test_the_spread_over_samples_widens_counts() -> None:
    net = dense_net()
    activity = counted_run(net, samples=16)
    spikes = activity.by_sample["if1"][0]
    half = 1.96 * spikes.std(ddof=1) / math.sqrt(16)
    found = count(net, activity, 6).counts[1]["spikes"]
    assert (found.value, found.high) == pytest.approx((spikes.mean(), spikes.mean() + half))
    found = count(net, replace(activity, by_sample={}), 6).counts[1]["spikes"]
    assert found.low == found.value == found.high


def test_the_spread_of_operations_is_their_own() -> None:
    net = dense_net()
    activity = counted_run(net, samples=16)
    synops = activity.by_sample["fc2"][0]
    half = 1.96 * synops.std(ddof=1) / math.sqrt(16)
    found = count(net, activity, 6).counts[2]["synops"]
    assert found == pytest.approx((synops.mean() - half, synops.mean(), synops.mean() + half))


def test_what_a_run_needs_whatever_the_data_are_comes_from_its_counts() -> None:
    """Two currents and a spike meet in every neuron of "if2"; a run of int8 weights brings one current into the other's unit."""
    rng = np.random.default_rng(1)
    nodes = {
        "in": Input((4,)),
        "fc1": Linear(rng.normal(0.5, 0.3, (4, 4)), [1, 0, 1, 1]),
        "if1": IF(),
        "fc2": Linear(rng.normal(0.5, 0.3, (4, 4)), [0.5, 0, 0, 0]),
        "if2": IF(),
        "out": Output("count"),
    }
    names = list(nodes)
    net = Network(nodes, [*pairwise(names), ("fc1", "if2"), ("if1", "if2")])
    x = rng.random((3, 4)).astype(np.float32)
    needed: dict[Any, int] = {"float32": 0, "int8": 4 * 5}
    for precision, multiplications in needed.items():
        activity = run(net, x, steps=5, coding="poisson", precision=precision).activity
        second = count(net, activity, 5).counts[2]
        assert second["edge_additions"].value == 4 * 5
        assert second.get("edge_multiplications", ZERO).value == multiplications
        assert second["bias_additions"].value == 5
        assert second["direct_additions"].value == count(net, activity, 5).counts[1]["spikes"].value
        # A constant input: what is computed once, and the current that it makes added at each step.
        first = count(net, run(net, x, steps=5, precision=precision).activity, 5).counts[1]
        assert first["bias_additions"].value == 3 + 4 * 5
