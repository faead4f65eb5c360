"""Shortcuts of currents as spikes: the same spikes and scores, and no current that two neurons read."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from pysnn import IF, Affine, Conv2d, GlobalAvgPool, Input, Linear, Network, Output, Scale, run
from pysnn.convert import spike_shortcuts
from pysnn.errors import NetworkError
from pysnn.hardware.network_layers import hardware_layers
from pysnn.nodes import Concat, Delay, Flatten, Node, Pad, Subsample
from tests.parity.graphs import Graph, graphs

RNG = np.random.default_rng(0)


def whole(*shape: int) -> Any:
    """Small whole numbers: sums of them are exact in any order."""
    return RNG.integers(-3, 4, shape).astype(np.float32)


def residual() -> Network:
    """Three blocks whose shortcut carries currents: to half the rows and columns and twice the channels, and to half of these again."""
    nodes: dict[str, Node] = {
        "in": Input((2, 7, 6)),
        "stem": Conv2d(whole(4, 2, 3, 3), whole(4), padding=1),
        "a": IF(4.0, v_init=2.0),
        "a.scale": Scale(2.0),
        "conv1": Conv2d(whole(4, 4, 3, 3), whole(4), padding=1),
        "sum1": Scale(1.0),
        "b": IF(16.0, v_init=8.0),
        "conv2": Conv2d(whole(8, 4, 3, 3), whole(8), stride=2, padding=1),
        "half": Subsample(2),
        "pad": Pad(channels=(1, 3)),
        "sum2": Scale(1.0),
        "affine": Affine(2.0, whole(8)),
        "c": IF(32.0),
        "conv3": Conv2d(whole(8, 8, 3, 3), whole(8), stride=2, padding=1),
        "half2": Subsample(2),
        "sum3": Scale(1.0),
        "d": IF(8.0, v_init=1.0),
        "pool": GlobalAvgPool(),
        "flat": Flatten(),
        "fc": Linear(whole(3, 8), whole(3)),
        "out": Output("mean_current"),
    }
    path = [
        "in",
        "stem",
        "a",
        "a.scale",
        "conv1",
        "sum1",
        "b",
        "conv2",
        "sum2",
        "affine",
        "c",
        "conv3",
        "sum3",
        "d",
        "pool",
        "flat",
        "fc",
        "out",
    ]
    shortcuts = [
        ("stem", "sum1"),
        ("sum1", "half"),
        ("half", "pad"),
        ("pad", "sum2"),
        ("sum2", "half2"),
        ("half2", "sum3"),
    ]
    return Network(nodes, [*pairwise(path), *shortcuts])


def test_spikes_and_scores_are_the_same() -> None:
    net, x = residual(), RNG.integers(0, 3, (5, 2, 7, 6)).astype(np.float32)
    before, after = (run(each, x, steps=8, record=["a", "b", "c", "d"]) for each in (net, spike_shortcuts(net)))
    assert np.array_equal(before.scores, after.scores)
    for name in ("a", "b", "c", "d"):
        assert np.array_equal(before.spikes[name], after.spikes[name])
        assert before.spikes[name].any()


def test_what_strides_leave_out_is_not_computed() -> None:
    made = spike_shortcuts(residual())
    shapes = {"stem": (4, 7, 6), "stem.b": (4, 7, 6), "stem.c": (4, 4, 3), "stem.d": (4, 2, 2)}
    shapes |= {"conv1": (4, 7, 6), "conv1.c": (4, 4, 3), "conv1.d": (4, 2, 2), "conv2": (8, 4, 3), "conv2.d": (8, 2, 2)}
    assert {
        name: made.shapes[name] for name in made.nodes if name.partition(".")[0] in ("stem", "conv1", "conv2")
    } == shapes
    assert not any(isinstance(node, Subsample) for node in made.nodes.values())


def test_hardware_sees_no_shortcut_of_currents() -> None:
    net = residual()
    assert any(layer.shortcuts for layer in hardware_layers(net))
    assert not any(layer.shortcuts for layer in hardware_layers(spike_shortcuts(net)))


def test_a_network_without_such_shortcuts_stays_as_it_is() -> None:
    net = Network.chain({"in": Input((2,)), "fc": Linear(whole(3, 2)), "n": IF(), "out": Output("count")})
    made = spike_shortcuts(net)
    assert (list(made.nodes), made.edges) == (list(net.nodes), net.edges)
    made = spike_shortcuts(residual())
    assert set(spike_shortcuts(made).edges) == set(made.edges)


@given(graphs("float32"))
def test_no_current_is_read_twice(graph: Graph) -> None:
    net = graph.network
    if not net.neurons:
        with pytest.raises(NetworkError, match="got an ANN"):
            spike_shortcuts(net)
        return
    if any(isinstance(node, Delay) for node in net.nodes.values()):
        return
    made = spike_shortcuts(net)
    assert set(net.neurons) == set(made.neurons)
    assert made.shapes[made.output_name] == net.shapes[net.output_name]
    assert not any(layer.shortcuts for layer in hardware_layers(made))


def test_a_sum_that_is_concatenated_stays_one() -> None:
    nodes: dict[str, Node] = {"in": Input((2,)), "a": Linear(whole(3, 2)), "b": Linear(whole(3, 2)), "sum": Scale(1.0)}
    nodes |= {"cat": Concat(), "n": IF(4.0), "out": Output("count")}
    edges = [("in", "a"), ("in", "b"), ("a", "sum"), ("b", "sum"), ("sum", "cat"), ("a", "cat"), ("cat", "n")]
    net = Network(nodes, [*edges, ("n", "out")])
    made, x = spike_shortcuts(net), whole(4, 2)
    assert made.shapes["n"] == (6,)
    assert np.array_equal(run(net, x, steps=4).scores, run(made, x, steps=4).scores)


def test_a_delay_of_currents_is_refused() -> None:
    nodes: dict[str, Node] = {"in": Input((2,)), "fc": Linear(whole(3, 2)), "late": Delay(2), "n": IF()}
    net = Network.chain({**nodes, "out": Output("count")})
    with pytest.raises(NetworkError, match=r"Delay 'late': expected spikes, got currents"):
        spike_shortcuts(net)
