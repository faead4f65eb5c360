"""What the peers are given is the converted network: thresholds 1, the same spikes."""

from itertools import pairwise

import numpy as np

from benchmarks.peers.networks import operations
from benchmarks.peers.normalise import normalise
from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output, ReLU, run
from pysnn.convert import convert

RNG = np.random.default_rng(0)


def residual_network() -> Network:
    def conv(inputs: int, outputs: int) -> Conv2d:
        return Conv2d(RNG.normal(0, 0.4, (outputs, inputs, 3, 3)).astype(np.float32), padding=1)

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
