"""The network under construction: layers are added one after the other, values are sums of layers' results."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import OnnxNode, UnsupportedError
from pysnn.importers.onnx.layout.signal import Signal
from pysnn.importers.onnx.layout.views import View, inverse, is_plain, order, plain
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import Affine, Flatten, Linear, Node, ReLU, Scale
from pysnn.nodes.base import Shape

__all__ = ["Assembly", "InputLayoutError"]

_LONGEST_NAME = 180
_MOST_WEIGHTS = 1 << 24
_MOST_REARRANGED = 1 << 28


class InputLayoutError(Exception):
    """The input must have another shape: ``core``, which the file's values take through ``view``."""

    def __init__(self, core: Shape, view: View) -> None:
        super().__init__(core, view)
        self.core = core
        self.view = view


@dataclass(eq=False)
class Assembly:
    """The network so far, in a :class:`~pysnn.network_builder.NetworkBuilder`, and what ONNX adds to it.

    ``batch`` is the size that shapes computed in the file are worked out with; ``may_turn`` says whether the input may
    still get another shape.
    """

    batch: int
    may_turn: bool = False
    builder: NetworkBuilder = field(default_factory=NetworkBuilder)
    readers: Counter[str] = field(default_factory=Counter)
    flattened: dict[tuple[tuple[str, ...], str], str] = field(default_factory=dict)
    left: int = field(default_factory=lambda: _MOST_REARRANGED)

    def places(self, view: View) -> NDArray[np.int64]:
        """Return where each value of a view lies; all that a file makes it rearrange together is bounded."""
        self.left -= prod(size for size, _ in view)
        if self.left < 0:
            raise UnsupportedError(f"the model rearranges more than {_MOST_REARRANGED} values")
        return order(view)

    def place(self, wanted: str, layer: Node, terms: tuple[str, ...]) -> Signal:
        """Add a layer that reads ``terms``, under a printable name like the one wanted."""
        printable = "".join(c if c.isprintable() else "_" for c in wanted[:_LONGEST_NAME])
        name = self.builder.add(printable or "node", layer, terms)
        shape = self.builder.shapes[name]
        return Signal((name,), (self.batch, *shape), plain(prod(shape)))

    def layer(self, node: OnnxNode, layer: Node, source: Signal) -> Signal:
        """Add a layer that is named like the ONNX node."""
        return self.place(node.label or node.op, layer, source.terms)

    def alike(self, node: OnnxNode, layer: Node, source: Signal) -> Signal:
        """Add a layer that leaves each value where it is; the result is read as the source was."""
        return replace(self.layer(node, layer, source), shape=source.shape, view=source.view)

    def core(self, signal: Signal) -> Shape:
        """Return the shape of the layers that a signal is read from."""
        return self.builder.shapes[signal.terms[0]]

    def single(self, node: OnnxNode, source: Signal) -> str:
        """Return one layer whose value is the signal's; a sum gets one of its own."""
        if len(source.terms) == 1:
            return source.terms[0]
        return self.layer(node, Scale(1.0), source).terms[0]

    def map(self, signal: Signal) -> Signal:
        """Return a signal of shape (batch, channels, height, width), or without height, as the map that it is.

        Raises
        ------
        InputLayoutError
            The network's input would have to have another shape for that.
        UnsupportedError
            The values do not lie so, and no layer turns them.
        """
        _, channels, *space = signal.shape
        wanted = (channels, *(1,) * (2 - len(space)), *space)
        core = self.core(signal)
        if core == wanted and is_plain(signal.view):
            return signal
        if self.may_turn and self.is_input(signal.terms):
            raise InputLayoutError(wanted, inverse(signal.view))
        raise UnsupportedError(
            f"it reads {core} (without the batch) as {wanted} in another order; only the network's input can be turned so"
        )

    def is_input(self, terms: tuple[str, ...]) -> bool:
        """Return whether all layers up to the input leave each value where it is."""
        waiting, seen = list(terms), set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            sources = self.builder.sources(name)
            if sources and not isinstance(self.builder.nodes[name], Affine | ReLU | Scale):
                return False
            waiting += sources
        return True

    def vector(self, node: OnnxNode, signal: Signal) -> Signal:
        """Return a signal as a vector layer, in the order of that layer's source: its view still holds."""
        if len(self.core(signal)) == 1:
            return signal
        wanted = signal.label or node.label or node.op
        key = (signal.terms, wanted)
        if key not in self.flattened:
            self.flattened[key] = self.place(wanted, Flatten(), signal.terms).terms[0]
        return replace(signal, terms=(self.flattened[key],))

    def ordered(self, node: OnnxNode, signal: Signal) -> Signal:
        """Return a signal as a vector layer in the signal's own order."""
        flat = self.vector(node, signal)
        return flat if is_plain(flat.view) else self.chosen(node, flat, self.places(flat.view))

    def chosen(self, node: OnnxNode, signal: Signal, places: NDArray[np.int64]) -> Signal:
        """Return values of a vector layer by their places, 0 for a place of -1: a linear layer of ones and zeros."""
        (size,) = self.core(signal)
        if size * len(places) > _MOST_WEIGHTS:
            raise UnsupportedError(
                f"it takes {len(places)} of {size} values out of a vector, which needs a matrix of that size; "
                f"at most {_MOST_WEIGHTS} weights are supported"
            )
        weight = np.zeros((len(places), size), dtype=np.float32)
        weight[np.flatnonzero(places >= 0), places[places >= 0]] = 1.0
        return self.place(f"{node.label or node.op}_order", Linear(weight), signal.terms)

    def add(self, node: OnnxNode, signals: Iterable[Signal]) -> Signal:
        """Return the sum of signals of one shape: edges that will meet in whatever reads it.

        A sum that several ONNX nodes read becomes a layer, so that it is computed once.
        """
        parts = [self.vector(node, part) if len(part.shape) == 2 else part for part in signals]
        if len({part.shape for part in parts}) > 1:
            listed = ", ".join(str(part.shape) for part in parts)
            raise UnsupportedError(f"it adds values of different shapes: {listed}; only equal shapes are supported")
        if len({(self.core(part), part.view) for part in parts}) > 1:
            raise UnsupportedError("it adds values that lie in different orders (a Transpose before one of them)")
        counts = Counter(term for part in parts for term in part.terms)
        terms = tuple(
            term
            if count == 1
            else self.place(f"{node.label or node.op}_x{count}", Scale(float(count)), (term,)).terms[0]
            for term, count in counts.items()
        )
        total = replace(parts[0], terms=terms)
        if len(terms) > 1 and self.readers[node.outputs[0]] > 1:
            return self.alike(node, Scale(1.0), total)
        return total
