"""The network while it is built: values that are known by the nodes that make them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Concat, Delay, Flatten, Input, Node, Output, Scale
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


class Graph:
    """The network so far, by the values of PyTorch that its nodes make up."""

    def __init__(self) -> None:
        self._builder = NetworkBuilder(reserved=[OUTPUT])

    def start(self, shape: Shape) -> Value:
        """Add the input."""
        return self._placed(INPUT, Input(shape), ())

    def add(self, name: str, node: Node, values: tuple[Value, ...]) -> Value:
        """Add a node that reads ``values``; they add up, unless it is a ``Concat``."""
        name = self._builder.free_name(name)
        parts = [self._one(name, value) for value in values] if isinstance(node, Concat) else list(values)
        if not all(value.sources for value in parts):
            # Behind an operation that is not supported only shapes are checked.
            shape = node.output_shape(name, tuple(value.node_shape for value in parts))
            return Value((), shape, shape)
        return self._placed(name, node, [source for value in parts for source in value.sources])

    def feed_back(self, value: Value, nodes: Mapping[str, Node]) -> None:
        """Let what a node gives come back to it by way of other nodes, one behind the other; a :class:`~pysnn.Delay` is among them."""
        if not value.sources:
            return
        last = value.sources[0]
        for name, node in nodes.items():
            last = self._builder.add(name, node, [last])
        self._builder.connect(last, value.sources[0])

    def open_delay(self, name: str, shape: Shape) -> Value:
        """Add a :class:`~pysnn.Delay` of one step whose source comes later, by :meth:`close_delay`."""
        added = self._builder.add_open(name, Delay(), shape)
        return Value((added,), shape, shape)

    def close_delay(self, delay: Value, value: Value) -> None:
        """Let a delay hold back a value."""
        if value.sources:
            self._builder.connect(self._one(delay.sources[0], settled(value)).sources[0], delay.sources[0])

    def junction(self, name: str, value: Value) -> Value:
        """Return a sum as a node of its own, so that several can read it."""
        return replace(self.add(name, Scale(1.0), (replace(value, shape=value.node_shape),)), shape=value.shape)

    def network(self, value: Value) -> Network:
        """Return the network that ends with ``value``; what the result does not depend on is left out."""
        self._builder.reserved.discard(OUTPUT)
        self._builder.add(OUTPUT, Output(), value.sources)
        self._builder.keep_read(OUTPUT)
        return self._builder.network()

    def _one(self, name: str, value: Value) -> Value:
        return value if len(value.sources) < 2 else self.junction(f"{name}.sum", value)

    def _placed(self, name: str, node: Node, sources: Sequence[str]) -> Value:
        added = self._builder.add(name, node, sources)
        shape = self._builder.shapes[added]
        return Value((added,), shape, shape)


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
        """Return the same numbers in the same order, in the shape of PyTorch's result.

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
        """Return the shape of one sample of PyTorch's result."""
        shape = tuple(self.result.shape)
        if not shape or shape[0] != self.batch:
            raise NetworkError(
                f"its result of shape {shape} does not have the {self.batch} samples of the example as its first axis; "
                "keep that axis as it is, for example with torch.flatten(x, 1)"
            )
        return shape[1:]


def settled(value: Value) -> Value:
    """Return a value that is shaped as its nodes shape it, or raise :class:`NetworkError`."""
    if value.shape != value.node_shape:
        raise NetworkError(
            f"it gets values of shape {value.shape} (without the batch); "
            "pysnn knows vectors and (channels, height, width), and does not turn vectors into maps"
        )
    return value


def values_in(structure: Any) -> list[Value]:
    """Return all values in nested arguments."""
    if isinstance(structure, Value):
        return [structure]
    if isinstance(structure, dict):
        structure = structure.values()
    elif isinstance(structure, slice):
        structure = (structure.start, structure.stop, structure.step)
    elif not isinstance(structure, tuple | list):
        return []
    return [value for part in structure for value in values_in(part)]
