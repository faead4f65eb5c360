"""Networks that tests of estimates share."""

from itertools import pairwise

import numpy as np

from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output
from pysnn.activity import Activity
from pysnn.simulation.simulator import run

__all__ = ["CHIPS", "chain", "conv_net", "counted_run", "dense_net"]

CHIPS = ["loihi1", "truenorth", "odin", "spinnaker1", "cmos45"]


def chain(*nodes: object) -> Network:
    """A network of nodes named n0, n1, ... in order."""
    return Network.chain({f"n{k}": node for k, node in enumerate(nodes)})  # type: ignore[misc]


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


def counted_run(net: Network, steps: int = 6, samples: int = 8, *, seed: int = 0, scale: float = 1.0) -> Activity:
    """The activity of a run on random spikes."""
    x = np.random.default_rng(seed).random((samples, *net.input.shape)).astype(np.float32) * np.float32(scale)
    return run(net, x, steps=steps, coding="poisson", backend="reference", check_range=False).activity
