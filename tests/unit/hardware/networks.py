"""Networks that tests of estimates share."""

from itertools import pairwise
from typing import Any

import numpy as np

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output, Scale, Subsample
from pysnn.activity import Activity
from pysnn.simulation.simulator import run

__all__ = ["chain", "conv_net", "counted_run", "current_net", "dense_net", "ones"]


def chain(*nodes: object) -> Network:
    """A network of nodes named n0, n1, ... in order."""
    return Network.chain({f"n{k}": node for k, node in enumerate(nodes)})  # type: ignore[misc]


def ones(*shape: int) -> np.ndarray:
    """Weights of which only the shape counts."""
    return np.ones(shape, dtype=np.float32)


def dense_net(inputs: int = 6, hidden: int = 5, seed: int = 0) -> Network:
    """Linear layers with neurons behind each, and spikes counted."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0.3, 0.5, (hidden, inputs)), rng.normal(0.3, 0.5, (3, hidden))
    nodes = {
        "in": Input((inputs,)),
        "fc1": Linear(weights[0], rng.normal(size=hidden)),
        "if1": IF(),
        "fc2": Linear(weights[1]),
        "if2": IF(),
    }
    return Network.chain({**nodes, "out": Output("count")})


def conv_net(seed: int = 0) -> Network:
    """A residual block with a shortcut of spikes, an average pool, a linear read-out of currents."""
    rng = np.random.default_rng(seed)
    nodes = {
        "in": Input((2, 6, 6)),
        "conv1": Conv2d(rng.normal(0.1, 0.3, (4, 2, 3, 3)), padding=1),
        "if1": IF(),
        "conv2": Conv2d(rng.normal(0.1, 0.3, (4, 4, 3, 3)), padding=1),
        "if2": IF(),
        "pool": AvgPool2d(2),
        "flat": Flatten(),
        "fc": Linear(rng.normal(size=(3, 36))),
        "out": Output(),
    }
    names = list(nodes)
    return Network(nodes, [*pairwise(names), ("if1", "if2")])


def current_net(seed: int = 0, *, copied: bool = False) -> Network:
    """Two blocks whose shortcuts carry currents, the second one past a stride of 2, and a linear read-out.

    ``copied``: each shortcut starts from a copy of the weights, so that no current passes a neuron.
    """
    rng = np.random.default_rng(seed)
    kernels = [rng.normal(0.1, 0.3, (3, channels, 3, 3)) for channels in (2, 3, 3)]
    nodes: dict[str, Any] = {
        "in": Input((2, 8, 8)),
        "conv1": Conv2d(kernels[0], padding=1),
        "if1": IF(),
        "conv2": Conv2d(kernels[1], padding=1),
        "add1": Scale(1.0),
        "if2": IF(),
        "conv3": Conv2d(kernels[2], padding=1, stride=2),
        "add2": Scale(1.0),
        "if3": IF(),
        "flat": Flatten(),
        "fc": Linear(rng.normal(size=(3, 48))),
        "out": Output(),
        "skip": Subsample(2),
    }
    line = ["in", "conv1", "if1", "conv2", "add1", "if2", "conv3", "add2", "if3", "flat", "fc", "out"]
    edges = [*pairwise(line), ("skip", "add2")]
    if not copied:
        return Network(nodes, [*edges, ("conv1", "add1"), ("add1", "skip")])
    nodes |= {"conv1b": nodes["conv1"], "conv1c": nodes["conv1"], "conv2c": nodes["conv2"], "sum": Scale(1.0)}
    edges += [("in", "conv1b"), ("conv1b", "add1"), ("in", "conv1c"), ("if1", "conv2c"), ("conv1c", "sum")]
    return Network(nodes, [*edges, ("conv2c", "sum"), ("sum", "skip")])


def counted_run(net: Network, steps: int = 6, samples: int = 8, *, seed: int = 0, scale: float = 1.0) -> Activity:
    """The activity of a run on random spikes."""
    x = np.random.default_rng(seed).random((samples, *net.input.shape)).astype(np.float32) * np.float32(scale)
    return run(net, x, steps=steps, coding="poisson", backend="reference", check_range=False).activity
