"""Small rewrites of an assembled graph that change no result: layers that nothing reads, biases, averages over the map."""

from collections import Counter
from dataclasses import replace

import numpy as np

from pysnn.arrays import per_channel
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Affine, AvgPool2d, Conv2d, Flatten, GlobalAvgPool, Linear

__all__ = ["tidy"]


def tidy(builder: NetworkBuilder) -> None:
    """Rewrite in place: a shift behind a weight layer is its bias; an average over the map and a Flatten are one node."""
    builder.keep_read(next(reversed(builder.nodes)))
    readers = Counter(source for source, _ in builder.edges)
    taken: dict[str, str] = {}
    for name, node in builder.nodes.items():
        sources = builder.sources(name)
        if len(sources) != 1 or readers[sources[0]] != 1:
            continue
        before = taken.get(sources[0], sources[0])
        first = builder.nodes[before]
        if isinstance(node, Affine) and isinstance(first, Conv2d | Linear) and np.all(node.scale == 1.0):
            shift = per_channel(node.shift, first.weight.shape[0], f"Affine '{name}': shift")
            builder.replace(before, replace(first, bias=first.bias + shift))
        elif isinstance(node, Flatten) and isinstance(first, AvgPool2d) and _covers(builder, first, before):
            builder.replace(before, GlobalAvgPool())
        else:
            continue
        taken[name] = before
    builder.bypass(*taken)


def _covers(builder: NetworkBuilder, pool: AvgPool2d, name: str) -> bool:
    return pool.kernel == builder.shapes[builder.sources(name)[0]][1:] and not any(pool.padding)
