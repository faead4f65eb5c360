"""NIR graphs as a file has them: nodes with fields by name, and edges; graphs inside graphs are dissolved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import FileFormatError, NetworkError
from pysnn.frozen import FrozenDict

__all__ = ["Edge", "NirGraph", "NirNode"]

Edge = tuple[str, str]
"""(source, target)."""

_DEEPEST = 16


@dataclass(frozen=True, eq=False)
class NirNode:
    """One node of a NIR graph.

    Parameters
    ----------
    kind
        NIR's name of it, such as "LIF".
    fields
        Arrays, numbers and text by NIR's names.
    graph
        Of kind "NIRGraph": the graph inside.

    Examples
    --------
    >>> NirNode("Linear", {"weight": np.eye(2)}).array("a", "weight").shape
    (2, 2)
    """

    kind: str
    fields: Mapping[str, Any]
    graph: "NirGraph | None" = None

    def array(self, name: str, field: str) -> NDArray[np.float64]:
        """Return a field as float64 numbers, all finite; ``name`` is the node's.

        Raises
        ------
        NetworkError
            The field is missing, or holds no finite numbers.
        """
        if field not in self.fields:
            raise NetworkError(
                f"{self.kind} '{name}': {field} is missing; it has {', '.join(self.fields) or 'no field'}"
            )
        value = np.asarray(self.fields[field])
        if value.dtype.kind not in "fiub" or value.size == 0:
            raise NetworkError(f"{self.kind} '{name}': {field} must hold numbers, got {value.dtype} {value.shape}")
        if not np.isfinite(value).all():
            raise NetworkError(
                f"{self.kind} '{name}': {field} must be finite, got {value[~np.isfinite(value)].flat[0]}"
            )
        return value.astype(np.float64)

    def integers(self, name: str, field: str) -> tuple[int, ...]:
        """Return a field as whole numbers.

        Raises
        ------
        NetworkError
            The field is missing, or does not hold whole numbers.
        """
        value = self.array(name, field)
        if (value != np.floor(value)).any() or value.ndim > 1:
            raise NetworkError(f"{self.kind} '{name}': {field} must be whole numbers, got {self.fields[field]}")
        return tuple(int(v) for v in value.ravel())


@dataclass(frozen=True, eq=False)
class NirGraph:
    """A NIR graph.

    Parameters
    ----------
    nodes
        By name.
    edges
        Pairs of names.

    Raises
    ------
    NetworkError
        An edge has an end that is no node.

    Examples
    --------
    >>> inner = NirGraph({"i": NirNode("Input", {}), "o": NirNode("Output", {})}, (("i", "o"),))
    >>> graph = NirGraph({"a": NirNode("Input", {}), "sub": NirNode("NIRGraph", {}, inner)}, (("a", "sub"),))
    >>> sorted(graph.flat().nodes), graph.flat().edges
    (['a', 'sub.i', 'sub.o'], (('sub.i', 'sub.o'), ('a', 'sub.i')))
    """

    nodes: Mapping[str, NirNode]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", FrozenDict(self.nodes))
        for source, target in self.edges:
            for end in (source, target):
                if end not in self.nodes:
                    raise NetworkError(f"NIR graph: edge '{source}' -> '{target}' names '{end}', which is no node")
        if len(set(self.edges)) < len(self.edges):
            twice = next(edge for at, edge in enumerate(self.edges) if edge in self.edges[:at])
            raise NetworkError(f"NIR graph: edge '{twice[0]}' -> '{twice[1]}' stands there twice")

    @cached_property
    def sources(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes that each node reads."""
        return self._neighbours([(target, source) for source, target in self.edges])

    @cached_property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """The nodes that read each node."""
        return self._neighbours(self.edges)

    def _neighbours(self, pairs: Iterable[Edge]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {name: [] for name in self.nodes}
        for name, other in pairs:
            found[name].append(other)
        return FrozenDict({name: tuple(others) for name, others in found.items()})

    def flat(self) -> "NirGraph":
        """Return the graph with the nodes of inner graphs in their places, called ``graph.node``.

        An inner graph's Input and Output stay, as nodes that hand values on.
        """
        nodes, edges = _dissolved(self, 0)
        return NirGraph(nodes, tuple(edges))

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """Return the names of all nodes of some kinds."""
        return tuple(name for name, node in self.nodes.items() if node.kind in kinds)


def _dissolved(graph: NirGraph, depth: int) -> tuple[dict[str, NirNode], list[Edge]]:
    if depth > _DEEPEST:
        raise FileFormatError(f"NIR graph: graphs are nested more than {_DEEPEST} deep")
    nodes: dict[str, NirNode] = {}
    edges: list[Edge] = []
    ports: dict[str, dict[str, str]] = {}
    for name, node in graph.nodes.items():
        if node.graph is None:
            nodes[name] = node
            continue
        inner, wires = _dissolved(node.graph, depth + 1)
        ports[name] = dict(_ports(name, node.graph))
        nodes |= {f"{name}.{own}": part for own, part in inner.items()}
        edges += [(f"{name}.{source}", f"{name}.{target}") for source, target in wires]
    edges += [
        (ports.get(source, {}).get("Output", source), ports.get(target, {}).get("Input", target))
        for source, target in graph.edges
    ]
    return nodes, edges


def _ports(name: str, graph: NirGraph) -> Iterator[tuple[str, str]]:
    """Yield the full names of an inner graph's only Input and Output, by their kinds."""
    for kind in ("Input", "Output"):
        found = graph.of_kind(kind)
        if len(found) != 1:
            raise NetworkError(f"NIRGraph '{name}': expected one {kind}, got {len(found)} ({', '.join(found)})")
        yield kind, f"{name}.{found[0]}"
