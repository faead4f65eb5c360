"""Published core tables of SLAYER on Loihi, and the networks that they are of."""

from itertools import pairwise
from typing import Any

import numpy as np

from pysnn import IF, Conv2d, Flatten, Input, Linear, Network, Output, SumPool2d
from pysnn.hardware import map_network

__all__ = ["core_tables", "ones"]


def ones(*shape: int) -> Any:
    """Return float32 ones, weights of which only the shape counts."""
    return np.ones(shape, dtype=np.float32)


def _gesture() -> Network:
    nodes = [
        ("in", Input((2, 128, 128))),
        ("pool1", SumPool2d(4)),
        ("if1", IF()),
        ("conv1", Conv2d(ones(16, 2, 5, 5), padding=2)),
        ("if2", IF()),
        ("pool2", SumPool2d(2)),
        ("if3", IF()),
        ("conv2", Conv2d(ones(32, 16, 3, 3), padding=1)),
        ("if4", IF()),
        ("pool3", SumPool2d(2)),
        ("if5", IF()),
        ("flat", Flatten()),
        ("fc1", Linear(ones(512, 2048))),
        ("if6", IF()),
        ("fc2", Linear(ones(11, 512))),
        ("if7", IF()),
        ("out", Output("count")),
    ]
    return Network.chain(nodes)


def _layers(*sizes: int) -> Network:
    nodes: list[tuple[str, Any]] = [("in", Input((sizes[0],)))]
    for k, (ins, outs) in enumerate(pairwise(sizes), start=1):
        nodes += [(f"fc{k}", Linear(ones(outs, ins))), (f"if{k}", IF())]
    return Network.chain([*nodes, ("out", Output("count"))])


def core_tables() -> dict[str, tuple[list[int], list[int], list[int], list[int]]]:
    """Return, for each published table of SLAYER on Loihi, published neurons a core and cores, and ours."""
    bits = {"conv1": 5, "conv2": 5, "fc1": 5, "fc2": 4}
    published = {
        "N-MNIST 2312-512-10, 7 bits": (
            [341, 62, 277],
            [7, 9, 1],
            map_network(_layers(2312, 512, 10), "loihi1", weight_bits=7),
        ),
        "NTIDIGITS 64-256-256-242, 9 bits, delays of 6": (
            [1024, 128, 128, 336],
            [1, 2, 2, 1],
            map_network(_layers(64, 256, 256, 242), "loihi1", weight_bits=9, delay_bits=6),
        ),
        "DVS gesture, 5 bits (4 in the last layer), delays of 5": (
            [1024, 256, 256, 341, 256, 340, 46, 500],
            [32, 8, 64, 13, 32, 7, 12, 1],
            map_network(_gesture(), "loihi1", weight_bits=bits, delay_bits=5),
        ),
    }
    return {
        name: (per_core, cores, table["neurons_per_core"].to_list(), table["cores"].to_list())
        for name, (per_core, cores, table) in published.items()
    }
