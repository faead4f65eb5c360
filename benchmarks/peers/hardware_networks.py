"""Small networks that go through pysnn and through other tools, and their spikes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output

__all__ = ["STEPS", "networks", "spikes_of", "torch_layer"]

STEPS = 10
"""Time-steps of every run."""


def spikes_of(shape: tuple[int, ...], steps: int, samples: int, rate: float) -> NDArray[np.uint8]:
    """Return random spikes ``(steps, samples, ...)``."""
    return (np.random.default_rng(5).random((steps, samples, *shape)) < rate).astype(np.uint8)


def networks() -> Mapping[str, Network]:
    """Return networks without pools or biases, by title."""
    rng = np.random.default_rng(0)
    sparse = rng.normal(0.2, 0.6, (12, 30)) * (rng.random((12, 30)) < 0.5)
    dense = {
        "in": Input((30,)),
        "fc1": Linear(sparse),
        "if1": IF(),
        "fc2": Linear(rng.normal(0.3, 0.5, (5, 12))),
        "if2": IF(),
    }
    conv = {
        "in": Input((2, 9, 9)),
        "conv1": Conv2d(rng.normal(0.1, 0.4, (6, 2, 3, 3)), padding=1),
        "if1": IF(),
        "conv2": Conv2d(rng.normal(0.1, 0.3, (6, 2, 3, 3)), stride=2, groups=3),
        "if2": IF(),
        "flat": Flatten(),
        "fc": Linear(rng.normal(0.1, 0.4, (4, 96))),
        "if3": IF(),
    }
    return {
        "dense, half of the weights zero": Network.chain({**dense, "out": Output("count")}),
        "convolutions": Network.chain({**conv, "out": Output("count")}),
    }


def torch_layer(node: Conv2d | Linear) -> Any:
    """Return the same weights in PyTorch."""
    import torch

    weight = torch.from_numpy(np.array(node.weight))
    if isinstance(node, Linear):
        layer: Any = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    else:
        inputs, outputs = weight.shape[1] * node.groups, weight.shape[0]
        layer = torch.nn.Conv2d(
            inputs,
            outputs,
            tuple(weight.shape[2:]),
            node.stride,
            node.padding[:2],
            node.dilation,
            node.groups,
            bias=False,
        )
    layer.weight.data = weight
    return layer
