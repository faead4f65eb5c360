"""Layers that only move values: flatten, pad, crop, subsample, concatenate."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value, pair, quad, spatial

__all__ = ["Concat", "Crop", "Flatten", "Pad", "Subsample"]


@dataclass(frozen=True, eq=False)
class _Move(Node):
    """A node whose result is a rearrangement of its input, possibly with zeros between."""

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node as a gather: apply it to the positions, 0 meaning "zero"."""
        value = builder.join(name, values)
        shape = builder.shape(value)
        positions = np.arange(1, int(np.prod(shape)) + 1, dtype=np.int32).reshape(1, *shape)
        return builder.gather(name, (value,), self.apply(positions)[0] - 1)


@dataclass(frozen=True, eq=False)
class Flatten(_Move):
    """A vector from a map, in ``(channels, height, width)`` order. A vector stays as it is.

    Examples
    --------
    >>> Flatten().shape_of("flat", (2, 3, 4))
    (24,)
    """

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return ``(channels * height * width,)``."""
        return (int(np.prod(shape)),)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, ...)``."""
        return x.reshape(x.shape[0], -1)


@dataclass(frozen=True, eq=False)
class Pad(_Move):
    """Zeros around a map.

    Parameters
    ----------
    channels
        (before, after).
    space
        An integer, (vertical, horizontal) or (top, left, bottom, right).

    Examples
    --------
    >>> Pad(channels=(8, 8)).shape_of("pad", (16, 32, 32))
    (32, 32, 32)
    """

    channels: Any = (0, 0)
    space: Any = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", pair(self.channels, "Pad: channels", 0))
        object.__setattr__(self, "space", quad(self.space, "Pad: space"))

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the padded shape."""
        channels, height, width = spatial(self, name, shape)
        top, left, bottom, right = self.space
        return channels + sum(self.channels), height + top + bottom, width + left + right

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        top, left, bottom, right = self.space
        return np.pad(x, ((0, 0), self.channels, (top, bottom), (left, right)))


@dataclass(frozen=True, eq=False)
class Crop(_Move):
    """Cut channels and borders off a map; the counterpart of :class:`Pad`.

    Examples
    --------
    >>> Crop(space=1).shape_of("crop", (3, 34, 34))
    (3, 32, 32)
    """

    channels: Any = (0, 0)
    space: Any = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", pair(self.channels, "Crop: channels", 0))
        object.__setattr__(self, "space", quad(self.space, "Crop: space"))

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the cropped shape."""
        channels, height, width = spatial(self, name, shape)
        top, left, bottom, right = self.space
        left_over = (channels - sum(self.channels), height - top - bottom, width - left - right)
        if min(left_over) < 1:
            raise NetworkError(f"Crop '{name}': nothing is left of {shape}, got {left_over}")
        return left_over

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        top, left, bottom, right = self.space
        before, after = self.channels
        _, channels, height, width = x.shape
        return x[:, before : channels - after, top : height - bottom, left : width - right]


@dataclass(frozen=True, eq=False)
class Subsample(_Move):
    """Every ``space``-th row and column, and every ``channels``-th channel, from the first on.

    Examples
    --------
    >>> Subsample(space=2).shape_of("sub", (16, 32, 32))
    (16, 16, 16)
    """

    space: Any = 1
    channels: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "space", pair(self.space, "Subsample: space", 1))
        whole = isinstance(self.channels, int | np.integer) and not isinstance(self.channels, bool)
        if not whole or self.channels < 1:
            raise NetworkError(f"Subsample: channels must be a positive integer, got {self.channels!r}")
        object.__setattr__(self, "channels", int(self.channels))

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the subsampled shape."""
        channels, height, width = spatial(self, name, shape)
        return -(-channels // self.channels), -(-height // self.space[0]), -(-width // self.space[1])

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        return x[:, :: self.channels, :: self.space[0], :: self.space[1]]


@dataclass(frozen=True, eq=False)
class Concat(Node):
    """Lay the sources' channels one behind the other, in the order of the edges.

    Examples
    --------
    >>> Concat().output_shape("cat", ((16, 8, 8), (4, 8, 8)))
    (20, 8, 8)
    """

    def output_shape(self, name: str, shapes: tuple[Shape, ...]) -> Shape:
        """Return the shape with the channels added up."""
        if len({shape[1:] for shape in shapes}) > 1:
            listed = ", ".join(str(s) for s in shapes)
            raise NetworkError(f"Concat '{name}': sources must differ in their channels only, got {listed}")
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node as a gather of several sources."""
        shapes = [builder.shape(value) for value in values]
        sizes = [int(np.prod(shape)) for shape in shapes]
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        parts = [
            np.arange(start, start + size, dtype=np.int32).reshape(shape)
            for start, size, shape in zip(starts, sizes, shapes, strict=True)
        ]
        return builder.gather(name, values, np.concatenate(parts))

    def forward(self, inputs: tuple[Array, ...]) -> Array:
        """Compute the layer on ``(batch, channels, ...)`` arrays."""
        return np.concatenate(inputs, axis=1)
