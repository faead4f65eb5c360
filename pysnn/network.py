"""The network: a frozen, checked graph of nodes. It knows no time step, no batch, no backend and no state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from pysnn.data_range import DataRange
from pysnn.errors import NetworkError
from pysnn.frozen import FrozenDict
from pysnn.neurons import NEURONS
from pysnn.nodes import LAYERS, Input, Node, Output
from pysnn.nodes.base import MAX_VALUES, Shape
from pysnn.nodes.graph import find_cycle, find_shapes, topological
from pysnn.notebook import object_page

__all__ = ["MAX_VALUES", "NODES", "Network"]

NODES: dict[str, type[Node]] = {**LAYERS, **{name: entry.neuron for name, entry in NEURONS.items()}}
"""Every node type by name, for files and contract tests."""

_LONGEST_NAME = 200


class Network:
    """A graph of named nodes, checked when it is made.

    Parameters
    ----------
    nodes
        Node by name. Exactly one is an :class:`~pysnn.nodes.Input` and one an :class:`~pysnn.nodes.Output`.
    edges
        (source, target) pairs. Where several meet in a node their values add up, in the order of this list (a ``Concat``
        lays them one behind the other).

    Raises
    ------
    NetworkError
        Unknown or repeated edges, nodes that the input does not reach or the output does not read, shapes that do not
        fit. The message names the node.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Network, Output
    >>> net = Network.chain(
    ...     {"in": Input((2,)), "fc": Linear(np.eye(2)), "if": IF(), "out": Output("count")}
    ... )
    >>> net.shapes["fc"]
    (2,)
    """

    def __init__(self, nodes: Mapping[str, Node], edges: Iterable[tuple[str, str]]) -> None:
        _check_nodes(nodes)
        self.nodes: Mapping[str, Node] = FrozenDict(nodes)
        self.edges: tuple[tuple[str, str], ...] = _checked_edges(self.nodes, edges)
        self.sources: Mapping[str, tuple[str, ...]] = _neighbours(self.nodes, [(b, a) for a, b in self.edges])
        self.targets: Mapping[str, tuple[str, ...]] = _neighbours(self.nodes, self.edges)
        self.input_name = _the_only(self.nodes, Input)
        self.output_name = _the_only(self.nodes, Output)
        if self.sources[self.input_name]:
            raise NetworkError(
                f"Input '{self.input_name}': expected no edge into the input, got one from '{self.sources[self.input_name][0]}'"
            )
        if self.targets[self.output_name]:
            raise NetworkError(f"Output '{self.output_name}': expected no edge out of the output")
        _check_reached(self)
        self.cycle = find_cycle(self)
        if not self.cycle:
            _ = self.shapes

    @classmethod
    def chain(cls, nodes: Mapping[str, Node] | Sequence[tuple[str, Node]]) -> "Network":
        """Make a network whose nodes follow one another in the order given.

        Examples
        --------
        >>> from pysnn import Input, Network, Output
        >>> Network.chain({"in": Input((2,)), "out": Output()}).edges
        (('in', 'out'),)
        """
        pairs = list(nodes.items()) if isinstance(nodes, Mapping) else _listed("Network.chain: nodes", nodes)
        found: dict[str, Node] = {}
        for entry in pairs:
            if not isinstance(entry, tuple | list) or len(entry) != 2 or not isinstance(entry[0], str):
                raise NetworkError(f"Network.chain: expected pairs (name, node), got {entry!r}")
            if entry[0] in found:
                raise NetworkError(f"Network.chain: the name '{entry[0]}' stands twice in the list of nodes")
            found[entry[0]] = entry[1]
        return cls(found, list(pairwise(found)))

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Names so that every node comes after its sources; a :class:`~pysnn.nodes.Delay` in a cycle may come before.

        Raises
        ------
        NetworkError
            If the network has a cycle without a delay.
        """
        if self.cycle:
            raise NetworkError(f"Network: expected no cycle, got {' -> '.join(self.cycle)}")
        return tuple(topological(self))

    @cached_property
    def shapes(self) -> Mapping[str, Shape]:
        """Shape of each node's value for one sample: ``(n,)`` or ``(channels, height, width)``."""
        return FrozenDict(find_shapes(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, (dict(self.nodes), self.edges)

    @property
    def input(self) -> Input:
        """The input node."""
        node = self.nodes[self.input_name]
        assert isinstance(node, Input)
        return node

    @property
    def output(self) -> Output:
        """The output node."""
        node = self.nodes[self.output_name]
        assert isinstance(node, Output)
        return node

    @property
    def neurons(self) -> tuple[str, ...]:
        """Names of the spiking neurons, in order."""
        kinds = tuple(entry.neuron for entry in NEURONS.values() if entry.neuron.fires)
        return tuple(n for n in self.order if type(self.nodes[n]) in kinds)

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        return sum(map(_parameters, self.nodes.values()))

    def replace(self, changes: Mapping[str, Node]) -> "Network":
        """Return a new network with some nodes exchanged and the same edges."""
        unknown = [name for name in changes if name not in self.nodes]
        if unknown:
            raise NetworkError(f"Network.replace: there is no node '{unknown[0]}'")
        return Network({**self.nodes, **changes}, self.edges)

    def with_data_range(self, known: DataRange | None) -> "Network":
        """Return the same network with another range of the data that it is made for."""
        return self.replace({self.input_name: replace(self.input, data_range=known)})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        if self.edges != other.edges or list(self.nodes) != list(other.nodes):
            return False
        return all(_same(self.nodes[name], other.nodes[name]) for name in self.nodes)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Network({len(self.nodes)} nodes, {len(self.edges)} edges, {self.parameters} parameters)"

    def _repr_html_(self) -> str:
        shapes: Mapping[str, Shape] = {} if self.cycle else self.shapes
        rows = [
            {
                "node": name,
                "type": self.nodes[name].title,
                "shape": "x".join(map(str, shapes.get(name, ()))),
                "reads": ", ".join(self.sources[name]),
                "parameters": _parameters(self.nodes[name]) or None,
            }
            for name in (self.nodes if self.cycle else self.order)
        ]
        neurons = None if self.cycle else sum(prod(shapes[name]) for name in self.neurons)
        facts = {"nodes": len(self.nodes), "neurons": neurons, "parameters": self.parameters}
        return object_page("Network", facts, rows)


def _parameters(node: Node) -> int:
    return sum(getattr(node, field).size for field in ("weight", "bias") if hasattr(node, field))


def _check_nodes(nodes: Mapping[str, Node]) -> None:
    if not isinstance(nodes, Mapping) or not nodes:
        raise NetworkError(f"Network: nodes must be a mapping from name to node, got {type(nodes).__name__}")
    for name, node in nodes.items():
        if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME or not name.isprintable():
            raise NetworkError(
                f"Network: a node's name must be 1 to {_LONGEST_NAME} printable characters, got {name!r}"
            )
        if not isinstance(node, Node):
            kind = f"{type(node).__module__}.{type(node).__qualname__}"
            raise NetworkError(f"Network: node '{name}' must be a pysnn node, got {kind}")


def _listed(what: str, things: Iterable[Any]) -> list[Any]:
    if not isinstance(things, Iterable):
        raise NetworkError(f"{what}: expected a list of pairs, got {type(things).__name__}")
    return list(things)


def _checked_edges(nodes: Mapping[str, Node], edges: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    seen: dict[tuple[str, str], None] = {}
    for edge in _listed("Network: edges", edges):
        if not isinstance(edge, tuple | list) or len(edge) != 2:
            raise NetworkError(f"Network: an edge must be a pair (source, target), got {edge!r}")
        source, target = edge
        for end in (source, target):
            if not isinstance(end, str) or end not in nodes:
                raise NetworkError(f"Network: edge {source!r} -> {target!r} names {end!r}, which is no node")
        if (source, target) in seen:
            raise NetworkError(f"Network: edge '{source}' -> '{target}' stands there twice")
        seen[source, target] = None
    return tuple(seen)


def _neighbours(nodes: Mapping[str, Node], edges: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        found[source].append(target)
    return FrozenDict({name: tuple(others) for name, others in found.items()})


def _the_only(nodes: Mapping[str, Node], kind: type[Node]) -> str:
    names = [name for name, node in nodes.items() if isinstance(node, kind)]
    if len(names) != 1:
        raise NetworkError(f"Network: expected exactly one {kind.__name__}, got {len(names)} ({', '.join(names)})")
    return names[0]


def _check_reached(network: Network) -> None:
    for start, step, problem in (
        (network.input_name, network.targets, "is not reached from the input"),
        (network.output_name, network.sources, "is not read: no path leads from it to the output"),
    ):
        reached = {start}
        frontier = [start]
        while frontier:
            for name in step[frontier.pop()]:
                if name not in reached:
                    reached.add(name)
                    frontier.append(name)
        for name, node in network.nodes.items():
            if name not in reached:
                raise NetworkError(f"{node.title} '{name}': {problem}")


def _same(a: Node, b: Node) -> bool:
    if type(a) is not type(b):
        return False
    compared = (field.name for field in fields(a) if field.compare)
    return all(_same_field(getattr(a, name), getattr(b, name)) for name in compared)


def _same_field(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.array_equal(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(_same_field(*pair) for pair in zip(a, b, strict=True))
    return bool(a == b)
