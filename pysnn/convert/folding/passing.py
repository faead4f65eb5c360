"""Layers that a factor and a shift per channel can pass: what is multiplied before them is multiplied behind them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import (
    AvgPool2d,
    Concat,
    Crop,
    Flatten,
    GlobalAvgPool,
    MaxPool2d,
    Node,
    Pad,
    Subsample,
    SumPool2d,
)

__all__ = ["CannotFoldError", "Float64", "channel_map", "passes", "shift_gain"]

Float64 = NDArray[np.float64]

_PASSING = (AvgPool2d, Concat, Crop, Flatten, GlobalAvgPool, MaxPool2d, Pad, Subsample, SumPool2d)


class CannotFoldError(Exception):
    """Folding in this way would change the result."""


def passes(node: Node, scale: Float64, shift: Float64) -> bool:
    """Say whether ``node(scale * x + shift) = scale' * node(x) + shift'``.

    A maximum keeps its place under positive factors only. Zeros around a map are not shifted.
    """
    if not isinstance(node, _PASSING):
        return False
    if isinstance(node, MaxPool2d):
        return bool((scale > 0).all())
    padded = (isinstance(node, AvgPool2d | SumPool2d) and any(node.padding)) or (
        isinstance(node, Pad) and any(node.space)
    )
    return not (padded and shift.any())


def shift_gain(node: Node) -> float:
    """Return what a shift is multiplied by on its way through: a sum over windows adds it as often as it has values.

    Examples
    --------
    >>> shift_gain(SumPool2d(2)), shift_gain(AvgPool2d(2))
    (4.0, 1.0)
    """
    return float(node.kernel[0] * node.kernel[1]) if isinstance(node, SumPool2d) else 1.0


def channel_map(graph: NetworkBuilder, name: str) -> NDArray[np.intp]:
    """Return, for each channel behind a passing node, the channel before it that it comes from; -1 where it is zero.

    Channels of a ``Concat`` are counted through its sources.
    """
    node = graph.nodes[name]
    shapes = [graph.shapes[source] for source in graph.sources(name)]
    if isinstance(node, Concat):
        return np.arange(sum(shape[0] for shape in shapes))
    channels, *space = shapes[0]
    before: NDArray[Any] = np.arange(channels)
    if isinstance(node, Flatten):
        return np.repeat(before, int(np.prod(space)))
    if isinstance(node, Crop):
        return before[node.channels[0] : channels - node.channels[1]]
    if isinstance(node, Subsample):
        return before[:: node.channels]
    if isinstance(node, Pad):
        return np.pad(before, node.channels, constant_values=-1)
    return before
