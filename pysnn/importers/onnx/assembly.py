"""The network under construction: layers are added one after the other, values are sums of layers' results."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.model import OnnxNode, UnsupportedError
from pysnn.nodes import Node, Scale
from pysnn.nodes.base import Shape

__all__ = ["Assembly", "Operand", "Operands", "Signal", "per_channel_values"]

_LONGEST_NAME = 180


@dataclass(frozen=True, eq=False)
class Signal:
    """A value that depends on the input: the sum of what ``terms`` (names of layers) compute.

    ``shape`` is the ONNX shape, the batch included: ``(batch, n)`` or ``(batch, channels, height, width)``.
    """

    terms: tuple[str, ...]
    shape: tuple[int, ...]


Operand = Signal | NDArray[Any] | None
"""An input of an ONNX node: a signal, a constant, or ``None`` where an optional one is left out."""


@dataclass(frozen=True, eq=False)
class Operands:
    """The inputs of one ONNX node."""

    values: tuple[Operand, ...]

    def __len__(self) -> int:
        return len(self.values)

    def at(self, index: int) -> Operand:
        """Give an input, ``None`` where there is none."""
        return self.values[index] if index < len(self.values) else None

    def signal(self, index: int, *ranks: int) -> Signal:
        """Give an input that must depend on the network's input, and have one of the numbers of dimensions."""
        value = self.at(index)
        if not isinstance(value, Signal):
            raise UnsupportedError(f"its input {index} must come from the network's input; it is constant or missing")
        if ranks and len(value.shape) not in ranks:
            expected = " or ".join(_DIMENSIONS[rank] for rank in ranks)
            raise UnsupportedError(f"expected an input of shape {expected}, got {value.shape}")
        return value

    def constant(self, index: int, what: str) -> NDArray[Any]:
        """Give an input that must be constant."""
        value = self.optional(index, what)
        if value is None:
            raise UnsupportedError(f"it has no {what}")
        return value

    def optional(self, index: int, what: str) -> NDArray[Any] | None:
        """Give an input that must be constant if it is there."""
        value = self.at(index)
        if isinstance(value, Signal):
            raise UnsupportedError(f"its {what} is computed from the network's input; only constant ones are supported")
        return value


_DIMENSIONS = {2: "(batch, n)", 4: "(batch, channels, height, width)"}


@dataclass(eq=False)
class Assembly:
    """Layers and edges so far; ``batch`` is the size that shapes computed in the file are worked out with."""

    batch: int
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    readers: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)

    def name(self, wanted: str) -> str:
        """Give a printable name that no layer has yet."""
        base = "".join(c if c.isprintable() else "_" for c in wanted[:_LONGEST_NAME]) or "node"
        name = base
        while name in self.nodes:
            self.used[base] += 1
            name = f"{base}_{self.used[base]}"
        return name

    def place(self, wanted: str, layer: Node, terms: tuple[str, ...]) -> Signal:
        """Add a layer that reads ``terms``; its shape is checked."""
        name = self.name(wanted)
        shape = layer.output_shape(name, tuple(self.shapes[term] for term in terms))
        self.nodes[name] = layer
        self.shapes[name] = shape
        self.edges += [(term, name) for term in terms]
        return Signal((name,), (self.batch, *shape))

    def layer(self, node: OnnxNode, layer: Node, source: Signal) -> Signal:
        """Add a layer that is named like the ONNX node."""
        return self.place(node.label or node.op, layer, source.terms)

    def single(self, node: OnnxNode, source: Signal) -> str:
        """Give one layer whose value is the signal's; a sum gets one of its own."""
        if len(source.terms) == 1:
            return source.terms[0]
        return self.layer(node, Scale(1.0), source).terms[0]

    def add(self, node: OnnxNode, signals: Iterable[Signal]) -> Signal:
        """Give the sum of signals of one shape: edges that will meet in whatever reads it.

        A sum that several ONNX nodes read becomes a layer, so that it is computed once.
        """
        parts = tuple(signals)
        shapes = {part.shape for part in parts}
        if len(shapes) > 1:
            listed = ", ".join(str(part.shape) for part in parts)
            raise UnsupportedError(f"it adds values of different shapes: {listed}; only equal shapes are supported")
        counts = Counter(term for part in parts for term in part.terms)
        terms = tuple(
            term
            if count == 1
            else self.place(f"{node.label or node.op}_x{count}", Scale(float(count)), (term,)).terms[0]
            for term, count in counts.items()
        )
        total = Signal(terms, parts[0].shape)
        if len(terms) > 1 and self.readers[node.outputs[0]] > 1:
            return self.layer(node, Scale(1.0), total)
        return total


def per_channel_values(constant: NDArray[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Give one value, or one a channel, of a constant that meets a signal of ``shape`` under broadcasting.

    Raises
    ------
    UnsupportedError
        It differs within a channel, or makes the result larger than the signal.
    """
    if constant.dtype.kind not in "fiu" or constant.size == 0:
        raise UnsupportedError(f"expected a constant of numbers, got dtype {constant.dtype}, shape {constant.shape}")
    values = constant.astype(np.float64)
    pairs = zip(reversed(values.shape), reversed(shape), strict=False)
    if values.ndim > len(shape) or any(own not in (1, size) for own, size in pairs):
        raise UnsupportedError(f"a constant of shape {constant.shape} does not fit a value of shape {shape}")
    values = values.reshape((1,) * (len(shape) - values.ndim) + values.shape)
    for axis in (0, *range(2, len(shape))):
        first = values.take([0], axis)
        if not np.array_equal(values, np.broadcast_to(first, values.shape), equal_nan=True):
            raise UnsupportedError(
                f"a constant of shape {constant.shape} differs within a channel of {shape}; "
                "only one value, or one a channel, is supported"
            )
        values = first
    return values.reshape(-1)
