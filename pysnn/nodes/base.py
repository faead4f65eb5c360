"""What a node of a network is, and what it can ask of a plan builder."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import CapacityError, NetworkError
from pysnn.frozen import Frozen, FrozenDict
from pysnn.nodes.neuron_model import NeuronModel

__all__ = [
    "LATER_FIELD",
    "MAX_EXTENT",
    "MAX_VALUES",
    "UNDIGESTED_FIELD",
    "Builder",
    "NeuronParameters",
    "Node",
    "Shape",
    "Value",
    "pair",
    "quad",
    "window_shape",
]

Shape: TypeAlias = tuple[int, ...]
"""``(n,)`` for a vector or ``(channels, height, width)``, without the batch."""

Array: TypeAlias = NDArray[Any]

MAX_VALUES = 1 << 27
"""Largest number of values that one node may have for one sample, padding included."""

MAX_EXTENT = 1 << 24
"""Largest kernel, stride, padding and dilation."""

LATER_FIELD: Mapping[str, bool] = FrozenDict({"left_out_at_default": True})
"""Metadata of a field that joined a node after files of that node were written: a file has it only where it is not its
default, so that earlier files stay readable and stay the only ones of their content."""

UNDIGESTED_FIELD: Mapping[str, bool] = FrozenDict({**LATER_FIELD, "undigested_at_default": True})
"""The same for a field that joined after digests of networks were written: one at its default leaves the digest as it was."""

Value: TypeAlias = Any
"""Something that a lowered node has computed; only the builder looks inside."""


@dataclass(frozen=True, eq=False)
class NeuronParameters:
    """A neuron's numbers for a plan, every array ``(channels,)`` or, one value per neuron, ``(channels, height, width)``.

    ``constants`` (float64) has those that the model names, and those of ``leak="euler"`` whatever the leak, which int8 plans
    take in its place. ``max_spikes`` is the largest number of spikes in one step.
    """

    model: NeuronModel
    threshold: NDArray[np.float32]
    v_init: NDArray[np.float32]
    v_reset: NDArray[np.float32]
    constants: Mapping[str, NDArray[np.float64]]
    max_spikes: int = 1


class Builder(Protocol):
    """The operations that a node may be lowered to; ``pysnn.plan.builder`` implements them."""

    dt: float | None

    def shape(self, value: Value) -> Shape: ...
    def size(self, value: Value) -> tuple[int, int]: ...
    def input(self, name: str) -> Value: ...
    def join(self, name: str, values: tuple[Value, ...]) -> Value: ...
    def scale(self, name: str, value: Value, factor: NDArray[np.float32]) -> Value: ...
    def conv(self, name: str, value: Value, layer: Any) -> Value: ...
    def pool(self, name: str, value: Value, window: Any, divisor: int) -> Value: ...
    def max_pool(self, name: str, value: Value, window: Any) -> Value: ...
    def gather(self, name: str, values: tuple[Value, ...], index: NDArray[np.int32]) -> Value: ...
    def clamp(self, name: str, value: Value, high: NDArray[np.float32] | None) -> Value: ...
    def neuron(self, name: str, values: tuple[Value, ...], parameters: NeuronParameters) -> Value: ...
    def delay(self, name: str, values: tuple[Value, ...], steps: int) -> Value: ...
    def output(self, name: str, values: tuple[Value, ...], readout: str) -> Value: ...


@dataclass(frozen=True, eq=False)
class Node(Frozen):
    """Base of all nodes. Frozen; knows neither its name nor its neighbours."""

    @property
    def title(self) -> str:
        """The class name, as messages show it."""
        return type(self).__name__

    def output_shape(self, name: str, shapes: tuple[Shape, ...]) -> Shape:
        """Return the shape of the result for the sources' shapes, or raise :class:`NetworkError`.

        Unless a node says otherwise, all edges into it must have one shape, and their values add up.
        """
        if len(set(shapes)) > 1:
            listed = ", ".join(str(s) for s in shapes)
            raise NetworkError(f"{self.title} '{name}': edges that meet must have one shape, got {listed}")
        return self.shape_of(name, shapes[0])

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the shape of the result for one input shape."""
        raise NotImplementedError

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        raise NotImplementedError

    def forward(self, inputs: tuple[Array, ...]) -> Array:
        """Compute the node as part of an ANN on ``(batch, ...)`` float32 arrays."""
        total = inputs[0]
        for value in inputs[1:]:
            total = total + value
        return self.apply(total)

    def apply(self, x: Array) -> Array:
        """Compute the node on one array."""
        raise NotImplementedError


def pair(value: Any, what: str, least: int) -> tuple[int, int]:
    """Return (vertical, horizontal) from an integer or two, each at least ``least``.

    Examples
    --------
    >>> pair(3, "Conv2d: stride", 1)
    (3, 3)
    """
    result = (value, value) if isinstance(value, int | np.integer) else value
    return _integers(result, what, least, 2)  # type: ignore[return-value]


def quad(value: Any, what: str) -> tuple[int, int, int, int]:
    """Return (top, left, bottom, right) from an integer, (vertical, horizontal), or all four.

    Examples
    --------
    >>> quad((1, 2), "Conv2d: padding")
    (1, 2, 1, 2)
    """
    if isinstance(value, int | np.integer):
        value = (value,) * 4
    elif isinstance(value, tuple | list) and len(value) == 2:
        value = tuple(value) * 2
    return _integers(value, what, 0, 4)  # type: ignore[return-value]


def _integers(value: Any, what: str, least: int, count: int) -> tuple[int, ...]:
    good = isinstance(value, tuple | list) and len(value) == count
    if not good or not all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in value):
        raise NetworkError(f"{what}: expected an integer or {count} integers, got {value!r}")
    if any(v < least or v > MAX_EXTENT for v in value):
        raise NetworkError(f"{what}: expected integers in {least}..{MAX_EXTENT}, got {value!r}")
    return tuple(int(v) for v in value)


def window_shape(
    what: str, shape: Shape, kernel: tuple[int, int], stride: tuple[int, int], pads: tuple[int, int, int, int]
) -> tuple[int, int]:
    """Return (height, width) of the result of a window that slides over a map ``(channels, height, width)``.

    Examples
    --------
    >>> window_shape("Conv2d 'c'", (3, 32, 32), (3, 3), (2, 2), (1, 1, 1, 1))
    (16, 16)
    """
    top, left, bottom, right = pads
    padded = (shape[1] + top + bottom, shape[2] + left + right)
    if shape[0] * padded[0] * padded[1] > MAX_VALUES:
        raise CapacityError(f"{what}: at most {MAX_VALUES} values a sample, got {(shape[0], *padded)} with its padding")
    if padded[0] < kernel[0] or padded[1] < kernel[1]:
        raise NetworkError(f"{what}: the window of {kernel} does not fit into the padded map of {padded}")
    return (padded[0] - kernel[0]) // stride[0] + 1, (padded[1] - kernel[1]) // stride[1] + 1


def spatial(node: Node, name: str, shape: Shape) -> tuple[int, int, int]:
    """Return ``shape`` if it is (channels, height, width), else raise :class:`NetworkError`."""
    if len(shape) != 3:
        raise NetworkError(f"{node.title} '{name}': expected (channels, height, width), got {shape}")
    return shape[0], shape[1], shape[2]
