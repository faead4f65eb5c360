"""Fold an Affine into what comes before it: weights, other factors, and through pools into what is before those."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from pysnn.arrays import per_channel
from pysnn.convert.folding.passing import CannotFoldError, Float64, channel_map, passes, shift_gain
from pysnn.network_builder import Edge, NetworkBuilder
from pysnn.nodes import Affine, Concat, Conv2d, Linear, Node, Scale

__all__ = ["fold_behind"]


def fold_behind(graph: NetworkBuilder, name: str, *, insert: bool) -> None:
    """Take the Affine ``name`` out, its factor and shift into its sources.

    Parameters
    ----------
    insert
        Whether a branch without weights may get a Scale, or an Affine where a factor is not positive.

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
    sources = graph.sources(name)
    for source in sources:
        try:
            _scale_edge(graph, (source, name), scale, insert=insert)
        except CannotFoldError:
            if not insert or len(sources) == 1:
                raise
            # A factor that is not positive is a layer with weights; on a branch it is one that spikes can come to.
            graph.insert((source, name), graph.derived_name(f"{source}.factor"), Affine(scale))
    _shift_one(graph, name, shift)
    graph.bypass(name)


def _attempt(graph: NetworkBuilder, change: Callable[[NetworkBuilder], None]) -> bool:
    """Make a change, or leave the graph as it is where the change cannot be made."""
    trial = graph.copy()
    try:
        change(trial)
    except CannotFoldError:
        return False
    graph.take_over(trial)
    return True


def _scale_edge(graph: NetworkBuilder, edge: Edge, scale: Float64, *, insert: bool) -> None:
    """Multiply what an edge carries."""
    source, _ = edge
    if (scale == 1).all():
        return
    if len(graph.targets(source)) == 1 and _attempt(
        graph, partial(_scale_node, name=source, scale=scale, insert=insert)
    ):
        return
    if not insert or not (scale > 0).all():
        raise CannotFoldError
    graph.insert(edge, graph.derived_name(f"{source}.factor"), Scale(scale))


def _scale_node(graph: NetworkBuilder, name: str, scale: Float64, *, insert: bool) -> None:
    """Multiply what a node computes, for its only reader."""
    node = graph.nodes[name]
    scaled = _scaled(node, scale)
    if scaled is not None:
        graph.replace(name, scaled)
        return
    if not passes(node, scale, np.zeros(1)) and not isinstance(node, Scale):
        raise CannotFoldError
    for source, part in _before(graph, name, scale, 1.0):
        _scale_edge(graph, (source, name), part, insert=insert)


def _scaled(node: Node, scale: Float64) -> Node | None:
    """Return the node with its values multiplied, or ``None`` if it has no numbers of its own to multiply."""
    if isinstance(node, Conv2d | Linear):
        weight = node.weight * scale.reshape((-1,) + (1,) * (node.weight.ndim - 1))
        return replace(node, weight=weight, bias=node.bias * scale)
    if isinstance(node, Affine):
        return Affine(node.scale * scale, node.shift * scale)
    if isinstance(node, Scale) and (scale > 0).all():
        return Scale(node.factor * scale)
    return None


def _shift_one(graph: NetworkBuilder, name: str, shift: Float64) -> None:
    """Add to what meets in a node: one of its sources takes it."""
    if not shift.any():
        return
    for source in graph.sources(name):
        if len(graph.targets(source)) == 1 and _attempt(graph, partial(_shift_node, name=source, shift=shift)):
            return
    raise CannotFoldError


def _shift_node(graph: NetworkBuilder, name: str, shift: Float64) -> None:
    """Add to what a node computes, for its only reader."""
    node = graph.nodes[name]
    shifted = _shifted(node, shift)
    if shifted is not None:
        graph.replace(name, shifted)
        return
    if isinstance(node, Scale):
        _shift_one(graph, name, shift / node.factor)
        return
    if not passes(node, np.ones(1), shift):
        raise CannotFoldError
    parts = _before(graph, name, shift, 0.0)
    if not isinstance(node, Concat):
        _shift_one(graph, name, parts[0][1] / shift_gain(node))
        return
    for source, part in parts:
        if part.any():
            if len(graph.targets(source)) > 1:
                raise CannotFoldError
            _shift_node(graph, source, part)


def _shifted(node: Node, shift: Float64) -> Node | None:
    if isinstance(node, Conv2d | Linear):
        return replace(node, bias=node.bias + shift)
    if isinstance(node, Affine):
        return Affine(node.scale, node.shift + shift)
    return None


def _before(graph: NetworkBuilder, name: str, values: Float64, neutral: float) -> list[tuple[str, Float64]]:
    """Return what each source of a passing node has to take, for ``values`` behind it.

    Raises
    ------
    CannotFoldError
        Values that come from one channel, or a channel of zeros, would have to differ.
    """
    origin = channel_map(graph, name)
    sources = graph.sources(name)
    sizes = [graph.shapes[source][0] for source in sources]
    joined = isinstance(graph.nodes[name], Concat)
    found = np.full(sum(sizes) if joined else sizes[0], neutral)
    real = origin >= 0
    found[origin[real]] = values[real]
    if not np.array_equal(found[origin[real]], values[real]) or (neutral == 0 and values[~real].any()):
        raise CannotFoldError
    if not joined:
        return [(source, found) for source in sources]
    return list(zip(sources, np.split(found, np.cumsum(sizes)[:-1]), strict=True))
