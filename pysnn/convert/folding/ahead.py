"""Fold an Affine into what comes behind it: the weights of every layer that reads it, also through pools and Flatten."""

from dataclasses import replace

import numpy as np

from pysnn.arrays import per_channel
from pysnn.convert.folding.passing import CannotFoldError, Float64, channel_map, passes, shift_gain
from pysnn.network_builder import Edge, NetworkBuilder
from pysnn.nodes import Affine, Concat, Conv2d, Linear, Node

__all__ = ["absorbed", "fold_ahead"]


def fold_ahead(graph: NetworkBuilder, name: str) -> None:
    """Take the Affine ``name`` out, its factor and shift into its readers.

    Raises
    ------
    CannotFoldError, NetworkError
        That is not possible; the graph is spoilt then.
    """
    node = graph.nodes[name]
    assert isinstance(node, Affine)
    channels = graph.shapes[name][0]
    scale = per_channel(node.scale, channels, "Affine").astype(np.float64)
    shift = per_channel(node.shift, channels, "Affine").astype(np.float64)
    for target in graph.targets(name):
        _absorb(graph, (name, target), scale, shift)
    graph.bypass(name)


def _absorb(graph: NetworkBuilder, edge: Edge, scale: Float64, shift: Float64) -> None:
    """Let the reader of an edge compute from ``x`` what it computed from ``scale * x + shift``."""
    target = edge[1]
    node = graph.nodes[target]
    sources = graph.sources(target)
    if len(sources) > 1 and not isinstance(node, Concat) and (scale != 1).any():
        raise CannotFoldError
    found = absorbed(node, scale, shift)
    if found is not None:
        graph.replace(target, found)
        return
    if not passes(node, scale, shift):
        raise CannotFoldError
    if isinstance(node, Concat):
        scale, shift = _widened(graph, edge, scale, 1.0), _widened(graph, edge, shift, 0.0)
    origin = channel_map(graph, target)
    behind = np.where(origin >= 0, scale[origin], 1.0)
    shift_behind = np.where(origin >= 0, shift[origin] * shift_gain(node), 0.0)
    for reader in graph.targets(target):
        _absorb(graph, (target, reader), behind, shift_behind)


def absorbed(node: Node, scale: Float64, shift: Float64) -> Node | None:
    """Return the node that works on ``x`` in the place of ``scale * x + shift``, or ``None`` if it has no weights.

    Raises
    ------
    CannotFoldError
        It pads its input with zeros, which are not shifted.
    """
    if isinstance(node, Affine):
        return Affine(node.scale * scale, node.scale * shift + node.shift)
    if isinstance(node, Linear):
        return replace(node, weight=node.weight * scale, bias=node.bias + node.weight @ shift)
    if not isinstance(node, Conv2d):
        return None
    if any(node.padding) and shift.any():
        raise CannotFoldError
    outputs, inputs = node.weight.shape[:2]
    weight = node.weight.reshape(node.groups, outputs // node.groups, inputs, -1)
    scaled = weight * scale.reshape(node.groups, 1, inputs, 1)
    added = (weight * shift.reshape(node.groups, 1, inputs, 1)).sum(axis=(2, 3), dtype=np.float64)
    return replace(node, weight=scaled.reshape(node.weight.shape), bias=node.bias + added.reshape(-1))


def _widened(graph: NetworkBuilder, edge: Edge, values: Float64, neutral: float) -> Float64:
    """Return values for all channels of a Concat: those of one source, and neutral ones."""
    source, target = edge
    parts = [values if name == source else np.full(graph.shapes[name][0], neutral) for name in graph.sources(target)]
    return np.concatenate(parts)
