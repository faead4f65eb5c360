"""What the peers are given is the converted network: thresholds 1, the same spikes."""

from itertools import pairwise

import numpy as np

from benchmarks.peers.networks import clipped, operations
from benchmarks.peers.normalise import normalise
from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output, ReLU, Scale, run
from pysnn.convert import ann_pass, convert

RNG = np.random.default_rng(0)


def conv(inputs: int, outputs: int) -> Conv2d:
    return Conv2d(RNG.normal(0, 0.4, (outputs, inputs, 3, 3)).astype(np.float32), padding=1)


def residual_network() -> Network:
    nodes = {
        "in": Input((2, 6, 6)),
        "stem": conv(2, 4),
        "stem.relu": ReLU(),
        "inner": conv(4, 4),
        "inner.relu": ReLU(),
        "last": conv(4, 4),
        "block.relu": ReLU(),
        "flat": Flatten(),
        "fc": Linear(RNG.normal(0, 0.2, (3, 144)).astype(np.float32)),
        "out": Output("mean_current"),
    }
    names = list(nodes)
    edges = list(pairwise(names))
    return Network(nodes, [*edges, ("stem.relu", "block.relu")])


def test_a_normalised_network_spikes_as_before() -> None:
    x = RNG.uniform(0, 1, (20, 2, 6, 6)).astype(np.float32)
    spiking = convert(residual_network(), x, "percentile", per_channel=True).network
    normal = normalise(spiking)
    thresholds = [node.v_threshold for node in normal.nodes.values() if isinstance(node, IF)]
    assert thresholds == [1.0] * 3
    before, after = (run(network, x, steps=16, backend="reference") for network in (spiking, normal))
    np.testing.assert_allclose(after.scores, before.scores, rtol=1e-4, atol=1e-5)


def test_operations_name_every_edge() -> None:
    x = RNG.uniform(0, 1, (20, 2, 6, 6)).astype(np.float32)
    normal = normalise(convert(residual_network(), x, "max-norm").network)
    ops = operations(normal)
    assert [op.name for op in ops] == list(normal.order)
    assert all(op.sources == tuple(normal.sources[op.name]) for op in ops)
    assert {op.kind for op in ops} == {"input", "conv", "neuron", "scale", "flatten", "linear", "output"}


def network_with_currents_that_go_on() -> Network:
    """One whose shortcut carries the current in front of the first neurons past them, into a sum that two read."""
    th = {"first": 0.75, "inner": 0.5, "last": 1.25, "end": 0.875}
    nodes = {
        "in": Input((2, 6, 6)),
        "stem": conv(2, 4),
        "sum": Scale(1.0),
        "flat": Flatten(),
        "out": Output("mean_current"),
    }
    nodes |= {"inner": conv(4, 4), "second": conv(4, 4), "third": conv(4, 4)}
    nodes |= {"fc": Linear(RNG.normal(0, 0.2, (3, 144)).astype(np.float32))}
    for name, threshold in th.items():
        nodes |= {f"{name}.if": IF(threshold, v_init=threshold / 2), f"{name}.th": Scale(threshold)}
    paths = (
        ("in", "stem", "first.if", "first.th", "inner", "inner.if", "inner.th", "second", "sum"),
        ("stem", "sum", "last.if", "last.th", "third", "end.if", "end.th", "flat", "fc", "out"),
        ("sum", "end.if"),
    )
    return Network(nodes, [edge for path in paths for edge in pairwise(path)])


def test_neurons_on_currents_that_go_on_keep_their_threshold() -> None:
    x = RNG.uniform(0, 1, (20, 2, 6, 6)).astype(np.float32)
    spiking = network_with_currents_that_go_on()
    normal = normalise(spiking)
    thresholds = {name: node.v_threshold for name, node in normal.nodes.items() if isinstance(node, IF)}
    assert thresholds == {"first.if": 0.75, "inner.if": 1.0, "last.if": 1.25, "end.if": 0.875}
    before, after = (run(network, x, steps=16, backend="reference") for network in (spiking, normal))
    np.testing.assert_allclose(after.scores, before.scores, rtol=1e-4, atol=1e-5)
    assert {op.kind for op in operations(normal)} == {"input", "conv", "neuron", "sum", "flatten", "linear", "output"}


def test_the_ordinary_network_of_a_spiking_one_has_clips() -> None:
    x = RNG.uniform(0, 1, (20, 2, 6, 6)).astype(np.float32)
    spiking = network_with_currents_that_go_on()
    clips = clipped(spiking)
    assert sorted(op.numbers["most"] for op in operations(clips) if op.kind == "relu") == [0.5, 0.75, 0.875, 1.25]
    scores, _ = ann_pass(clips, x)
    many = run(spiking, x, steps=512, backend="rust").scores
    assert np.abs(many - scores).max() < 0.02 * np.ptp(scores)
