"""The order of a graph of nodes, its cycles, and the shapes that follow from its input."""

from collections.abc import Collection, Mapping
from math import prod
from typing import Protocol

from pysnn.errors import CapacityError, NetworkError
from pysnn.nodes.base import MAX_VALUES, Node, Shape
from pysnn.nodes.delay import Delay

__all__ = ["Graph", "find_cycle", "find_shapes", "topological"]


class Graph(Protocol):
    """Nodes by name, with their neighbours; a :class:`pysnn.Network` is one."""

    nodes: Mapping[str, Node]
    sources: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, tuple[str, ...]]

    @property
    def order(self) -> tuple[str, ...]: ...


def topological(graph: Graph) -> list[str]:
    """Return Kahn's order, by the order of the nodes, the output last; where only cycles are left, a delay on one of them goes first."""
    waiting = {name: len(sources) for name, sources in graph.sources.items()}
    order = [name for name, count in waiting.items() if count == 0]
    done = 0
    while done < len(order) or len(order) < len(waiting):
        if done == len(order):
            left = set(waiting) - set(order)
            order.append(
                next(
                    name
                    for name in waiting
                    if name in left and isinstance(graph.nodes[name], Delay) and _returns(graph, name, left)
                )
            )
        name = order[done]
        done += 1
        for target in graph.targets[name]:
            waiting[target] -= 1
            if waiting[target] == 0 and target not in order:
                order.append(target)
    # A connection back from the last neuron may come behind the output so far.
    return sorted(order, key=lambda name: not graph.targets[name])


def _returns(graph: Graph, start: str, among: Collection[str]) -> bool:
    """Say whether a path leads from a node back to it, through some nodes alone."""
    seen: set[str] = set()
    frontier = [start]
    while frontier:
        for name in graph.targets[frontier.pop()]:
            if name == start:
                return True
            if name in among and name not in seen:
                seen.add(name)
                frontier.append(name)
    return False


def find_cycle(graph: Graph) -> tuple[str, ...]:
    """Return names along one cycle without a delay, the first one repeated at the end; empty if there is none."""
    waiting = {
        name: 0 if isinstance(graph.nodes[name], Delay) else len(sources) for name, sources in graph.sources.items()
    }
    ready = [name for name, count in waiting.items() if count == 0]
    for name in ready:
        for target in graph.targets[name]:
            waiting[target] -= 1
            if waiting[target] == 0:
                ready.append(target)
    left = set(graph.nodes) - set(ready)
    if not left:
        return ()
    name = next(n for n in graph.nodes if n in left)
    seen: dict[str, int] = {}
    path: list[str] = []
    while name not in seen:
        seen[name] = len(path)
        path.append(name)
        name = next(source for source in graph.sources[name] if source in left)
    return (name, *reversed(path[seen[name] :]))


def find_shapes(graph: Graph) -> dict[str, Shape]:
    """Return the shape of each node's value.

    Where recurrent connections enter, the shape is that of the other edges there; these nodes are checked in the end.
    """
    shapes: dict[str, Shape] = {}
    open_ended = []
    known = -1
    while known < len(shapes):
        known = len(shapes)
        for name in graph.order:
            there = tuple(shapes[source] for source in graph.sources[name] if source in shapes)
            if name not in shapes and (there or not graph.sources[name]):
                shapes[name] = _shape(graph, name, there)
                if len(there) < len(graph.sources[name]):
                    open_ended.append(name)
    for name in open_ended:
        if _shape(graph, name, tuple(shapes[source] for source in graph.sources[name])) != shapes[name]:
            raise NetworkError(f"{graph.nodes[name].title} '{name}': its shape depends on what comes back to it")
    return shapes


def _shape(graph: Graph, name: str, there: tuple[Shape, ...]) -> Shape:
    node = graph.nodes[name]
    shape = node.output_shape(name, there)
    if prod(shape) > MAX_VALUES:
        raise CapacityError(f"{node.title} '{name}': at most {MAX_VALUES} values a sample, got {shape}")
    return shape
