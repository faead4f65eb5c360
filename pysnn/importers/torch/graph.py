"""The network while it is built: values that are known by the nodes that make them up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import Concat, Flatten, Input, Node, Output, Scale
from pysnn.nodes.base import Shape

__all__ = ["Call", "Graph", "Value"]

INPUT, OUTPUT = "input", "output"


@dataclass(frozen=True, eq=False)
class Value:
    """What one traced operation gives, for one sample.

    Parameters
    ----------
    sources
        The nodes whose results add up to it; none behind an operation that is not supported.
    node_shape
        How these nodes shape it.
    shape
        How PyTorch shapes it: the same numbers in the same order.
    """

    sources: tuple[str, ...]
    node_shape: Shape
    shape: Shape


@dataclass(eq=False)
class Graph:
    """Nodes and edges so far."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def start(self, shape: Shape) -> Value:
        """Add the input."""
        self.nodes[INPUT] = Input(shape)
        return Value((INPUT,), shape, shape)

    def unique(self, name: str) -> str:
        """Give the name, with a number behind it where it is taken."""
        taken = {*self.nodes, OUTPUT}
        number, found = 0, name
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        return found

    def add(self, name: str, node: Node, values: tuple[Value, ...]) -> Value:
        """Add a node that reads ``values``; they add up, unless it is a ``Concat``."""
        name = self.unique(name)
        parts = [self._one(name, value) for value in values] if isinstance(node, Concat) else list(values)
        shape = node.output_shape(name, tuple(value.node_shape for value in parts))
        self._place(name, node, [source for value in parts for source in value.sources])
        return Value((name,), shape, shape)

    def junction(self, name: str, value: Value) -> Value:
        """Give a sum a node of its own, so that several can read it."""
        return replace(self.add(name, Scale(1.0), (replace(value, shape=value.node_shape),)), shape=value.shape)

    def network(self, value: Value) -> Network:
        """Give the network that ends with ``value``; what the result does not depend on is left out."""
        self._place(OUTPUT, Output(), value.sources)
        before: dict[str, list[str]] = {name: [] for name in self.nodes}
        for source, target in self.edges:
            before[target].append(source)
        read = {OUTPUT}
        frontier = [OUTPUT]
        while frontier:
            new = set(before[frontier.pop()]) - read
            read |= new
            frontier += new
        kept = {name: node for name, node in self.nodes.items() if name in read}
        return Network(kept, [(source, target) for source, target in self.edges if target in read])

    def _one(self, name: str, value: Value) -> Value:
        return value if len(value.sources) < 2 else self.junction(f"{name}.sum", value)

    def _place(self, name: str, node: Node, sources: Sequence[str]) -> None:
        seen: list[str] = []
        for source in sources:
            seen.append(self._copy(name, source) if source in seen else source)
        self.nodes[name] = node
        self.edges += [(source, name) for source in seen]

    def _copy(self, name: str, source: str) -> str:
        """Give a second node with the same result: two edges between the same nodes cannot be told apart."""
        copy = self.unique(f"{name}.copy")
        self.nodes[copy] = Scale(1.0)
        self.edges.append((source, copy))
        return copy


@dataclass(frozen=True, eq=False)
class Call:
    """One traced operation: where its translation puts nodes, and what PyTorch gave for it.

    Parameters
    ----------
    graph
        The network so far.
    name
        Name of the node to add.
    result
        What PyTorch computed from the example.
    batch
        Samples in the example.
    """

    graph: Graph
    name: str
    result: Any
    batch: int

    def add(self, node: Node, *values: Value, name: str | None = None) -> Value:
        """Add a node that reads values shaped as PyTorch shapes them."""
        return self.graph.add(name or self.name, node, tuple(settled(value) for value in values))

    def view(self, value: Value) -> Value:
        """Give the same numbers in the same order, in the shape of PyTorch's result.

        Raises
        ------
        NetworkError
            If values move from one sample to another.
        """
        shape = self.sample_shape()
        if not value.sources:
            return Value((), shape, shape)
        if prod(shape) != prod(value.shape):
            raise NetworkError(
                f"it turns samples of shape {value.shape} into {shape}, and so mixes samples; "
                "keep the first axis as it is, for example with torch.flatten(x, 1)"
            )
        if len(shape) == 1 and len(value.node_shape) == 3:
            return self.graph.add(self.name, Flatten(), (value,))
        return replace(value, shape=shape)

    def sample_shape(self) -> Shape:
        """Give the shape of one sample of PyTorch's result."""
        shape = tuple(self.result.shape)
        if not shape or shape[0] != self.batch:
            raise NetworkError(
                f"its result of shape {shape} does not have the {self.batch} samples of the example as its first axis; "
                "keep that axis as it is, for example with torch.flatten(x, 1)"
            )
        return shape[1:]


def settled(value: Value) -> Value:
    """Give a value that is shaped as its nodes shape it, or raise :class:`NetworkError`."""
    if value.shape != value.node_shape:
        raise NetworkError(
            f"it gets values of shape {value.shape} (without the batch); "
            "pysnn knows vectors and (channels, height, width), and does not turn vectors into maps"
        )
    return value


def values_in(structure: Any) -> list[Value]:
    """Give all values in nested arguments."""
    if isinstance(structure, Value):
        return [structure]
    if isinstance(structure, dict):
        structure = structure.values()
    elif isinstance(structure, slice):
        structure = (structure.start, structure.stop, structure.step)
    elif not isinstance(structure, tuple | list):
        return []
    return [value for part in structure for value in values_in(part)]
