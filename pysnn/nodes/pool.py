"""Pooling layers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.nodes.base import UNDIGESTED_FIELD, Array, Builder, Node, Shape, Value, pair, quad, spatial, window_shape

__all__ = ["AvgPool2d", "GlobalAvgPool", "MaxPool2d", "SumPool2d"]


@dataclass(frozen=True, eq=False)
class _Pool(Node):
    """A window that slides over each channel.

    Parameters
    ----------
    kernel
        Window: an integer or (height, width).
    stride
        An integer or (vertical, horizontal); the window's size by default.
    padding
        An integer, (vertical, horizontal) or (top, left, bottom, right), each smaller than the window.
    """

    kernel: Any
    stride: Any = None
    padding: Any = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel", pair(self.kernel, f"{self.title}: kernel", 1))
        stride = self.kernel if self.stride is None else self.stride
        object.__setattr__(self, "stride", pair(stride, f"{self.title}: stride", 1))
        object.__setattr__(self, "padding", quad(self.padding, f"{self.title}: padding"))
        if any(p >= k for p, k in zip(self.padding, self.kernel * 2, strict=True)):
            raise NetworkError(f"{self.title}: padding {self.padding} must be smaller than the window {self.kernel}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return ``(channels, height, width)``."""
        channels = spatial(self, name, shape)[0]
        return (channels, *window_shape(f"{self.title} '{name}'", shape, self.kernel, self.stride, self.padding))

    def windows(self, x: Array, fill: float) -> Array:
        """Return ``(batch, channels, height, width, kernel height, kernel width)``, padded with ``fill``."""
        top, left, bottom, right = self.padding
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
        view = np.lib.stride_tricks.sliding_window_view(padded, self.kernel, axis=(2, 3))
        return view[:, :, :: self.stride[0], :: self.stride[1]]


@dataclass(frozen=True, eq=False)
class AvgPool2d(_Pool):
    """Average over windows; padding counts as zeros.

    Examples
    --------
    >>> AvgPool2d(2).apply(np.float32([[[[1, 2], [3, 6]]]])).item()
    3.0
    """

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.pool(name, builder.join(name, values), self, self.kernel[0] * self.kernel[1])

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        return np.asarray(self.windows(x, 0.0).mean(axis=(4, 5), dtype=np.float32))


@dataclass(frozen=True, eq=False)
class SumPool2d(_Pool):
    """Sum over windows.

    Examples
    --------
    >>> SumPool2d(2).apply(np.float32([[[[1, 2], [3, 6]]]])).item()
    12.0
    """

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.pool(name, builder.join(name, values), self, 1)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        return np.asarray(self.windows(x, 0.0).sum(axis=(4, 5), dtype=np.float32))


@dataclass(frozen=True, eq=False)
class MaxPool2d(_Pool):
    """Maximum over windows; on spikes, the window's largest cumulative count.

    Parameters
    ----------
    by_step
        Take the maximum of currents that change, at each step by itself, as libraries for training do; float32 alone. By default such currents are refused,
        since a converted network would compute something else than its ANN.

    Notes
    -----
    A spike leaves whenever the largest of the window's spike counts rises, so that the output's count is the largest input's
    count at every step. This is exact for inputs that stand for one value a spike (one threshold per channel).

    Examples
    --------
    >>> MaxPool2d(2).apply(np.float32([[[[1, 2], [3, 6]]]])).item()
    6.0
    """

    by_step: bool = field(default=False, kw_only=True, metadata=UNDIGESTED_FIELD)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.by_step, bool):
            raise NetworkError(f"{self.title}: by_step must be True or False, got {self.by_step!r}")

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.max_pool(name, builder.join(name, values), self)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        return np.asarray(self.windows(x, -np.inf).max(axis=(4, 5)))


@dataclass(frozen=True, eq=False)
class GlobalAvgPool(Node):
    """Average over all positions; the result is a vector ``(channels,)``.

    Examples
    --------
    >>> GlobalAvgPool().shape_of("pool", (64, 8, 8))
    (64,)
    """

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return ``(channels,)``."""
        return (spatial(self, name, shape)[0],)

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node as one window that covers the map."""
        value = builder.join(name, values)
        height, width = builder.size(value)
        return builder.pool(name, value, AvgPool2d((height, width)), height * width)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        return np.asarray(x.mean(axis=(2, 3), dtype=np.float32))
