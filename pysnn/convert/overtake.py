"""Two neighbours of a network in the other order, one of them a function of each value by itself."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.folding.passing import channel_map
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Affine, Concat, MaxPool2d, Node, Pad, ReLU, Scale

__all__ = ["POINTWISE", "StuckError", "move_ahead", "move_behind"]

POINTWISE = (Affine, ReLU, Scale)
"""Nodes that compute each value by itself, with numbers per channel."""

_FIELDS = {Affine: ("scale", "shift"), ReLU: ("max",), Scale: ("factor",)}
_NEUTRAL = {"scale": 1.0, "shift": 0.0, "max": 1.0, "factor": 1.0}


class StuckError(Exception):
    """In the other order the two would compute something else; the text says why, or nothing."""


def move_ahead(graph: NetworkBuilder, name: str, passed: str) -> None:
    """Put the pointwise node ``name`` ahead of ``passed``, its only source, of which it is the only reader.

    Raises
    ------
    StuckError
        That would change the result.
    """
    node, before = graph.nodes[name], graph.nodes[passed]
    _check_order(name, node, before)
    if isinstance(before, Concat):
        _distribute(graph, name, passed)
        return
    graph.swap(passed, name, {name: _drawn_back(graph, name, passed)})


def move_behind(graph: NetworkBuilder, name: str, passed: str) -> None:
    """Put the pointwise node ``name`` behind ``passed``, which reads nothing else; other readers keep one of their own.

    Raises
    ------
    StuckError
        That would change the result.
    """
    node, behind = graph.nodes[name], graph.nodes[passed]
    _check_order(name, node, behind)
    origin = channel_map(graph, passed)
    changes = {}
    for field in _FIELDS[type(node)]:
        value = getattr(node, field)
        if isinstance(value, np.ndarray):
            changes[field] = np.where(origin >= 0, value[origin], _NEUTRAL[field])
    moved = graph.give_own(name, passed)
    graph.swap(moved, passed, {moved: replace(node, **changes)})


def _check_order(name: str, node: Node, other: Node) -> None:
    """Refuse a pair whose order matters: a falling function and a maximum, or a shift and zeros around."""
    if not isinstance(node, Affine):
        return
    if isinstance(other, MaxPool2d) and np.min(node.scale) < 0:
        channel = "every channel" if isinstance(node.scale, float) else f"channel {int(np.argmin(node.scale))}"
        least = float(np.min(node.scale))
        raise StuckError(f"Affine '{name}' has a negative scale ({least:.4g} in {channel}), which makes it a minimum")
    padded = isinstance(other, Pad) and (any(other.space) or any(other.channels))
    if padded and np.any(node.shift):
        raise StuckError(f"Affine '{name}' has a shift, and zeros are put around the map beside it")


def _drawn_back(graph: NetworkBuilder, name: str, passed: str) -> Node:
    """Return a node that does before ``passed`` what ``name`` does behind it."""
    node = graph.nodes[name]
    origin = channel_map(graph, passed)
    channels = graph.shapes[graph.sources(passed)[0]][0]
    changes: dict[str, NDArray[Any]] = {}
    for field in _FIELDS[type(node)]:
        value = getattr(node, field)
        if not isinstance(value, np.ndarray):
            continue
        known = origin >= 0
        before = np.full(channels, _NEUTRAL[field], dtype=np.float32)
        before[origin[known]] = value[known]
        if not np.array_equal(before[origin[known]], value[known]):
            raise StuckError(f"{node.title} '{name}' has several values of {field} for one channel before '{passed}'")
        changes[field] = before
    return replace(node, **changes) if changes else node


def _distribute(graph: NetworkBuilder, name: str, concat: str) -> None:
    """Put a pointwise node ahead of a Concat: one in each of its edges, the first under the old name."""
    node = graph.nodes[name]
    graph.bypass(name)
    first = 0
    for source in graph.sources(concat):
        last = first + graph.shapes[source][0]
        parts = {
            field: value[first:last]
            for field in _FIELDS[type(node)]
            if isinstance(value := getattr(node, field), np.ndarray)
        }
        own = name if first == 0 else f"{name}.{source}"
        graph.insert((source, concat), graph.derived_name(own), replace(node, **parts) if parts else node)
        first = last
