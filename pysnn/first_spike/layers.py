"""Layers of first-spike networks, as a user writes them: without shapes that follow from the layer before."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.plan.first_spike import MapShape, PoolLayer, SpikeLayer, WeightLayer

__all__ = ["LAYERS", "WINDOWED_GAIN", "Conv", "Dense", "EarliestPool", "Layer"]

WINDOWED_GAIN = 1.0
"""A good ``gain`` for neurons with windows: with much more, most are above their threshold when the window opens."""


class Layer(Protocol):
    """What a network asks of its layers."""

    def lower(self, name: str, in_shape: MapShape) -> SpikeLayer:
        """Return the plan's layer for an input map ``(H, W, C)``."""
        ...

    def draw(self, rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw first weights ``(rows, columns)``."""
        ...


@dataclass(frozen=True)
class _Weighted:
    """What layers with weights share.

    First weights are normal. Their mean is ``gain * threshold / rows``, so that a neuron whose inputs all fire has ``gain``
    times what it needs; their standard deviation is ``spread * threshold / sqrt(rows)``.
    """

    threshold: float = 1.0
    gain: float = 8.0
    spread: float = 1.2

    def draw(self, rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw first weights ``(rows, columns)``."""
        mean, deviation = self.gain * self.threshold / rows, self.spread * self.threshold / np.sqrt(rows)
        return rng.normal(mean, deviation, (rows, columns)).astype(np.float32)


@dataclass(frozen=True)
class Dense(_Weighted):
    """Every neuron sees the whole map before it.

    Weights are ``(H * W * C, units)``, rows in the order (y, x, c) of the map before.

    Examples
    --------
    >>> Dense(units=10).lower("out", (1, 1, 784)).out_shape
    (1, 1, 10)
    """

    units: int = 1

    def lower(self, name: str, in_shape: MapShape) -> WeightLayer:
        """Return the plan's layer: one window over the whole map."""
        _check(name, units=self.units)
        return WeightLayer(name, in_shape, (1, 1, self.units), in_shape[:2], (1, 1), (0, 0, 0, 0), self.threshold)


@dataclass(frozen=True)
class Conv(_Weighted):
    """A convolution: the neurons of each place see a square patch; padding never spikes.

    Weights are ``(kernel * kernel * C_in, channels)``, rows in the order (ky, kx, c).

    Examples
    --------
    >>> Conv(channels=16, kernel=5).lower("c", (28, 28, 1)).out_shape
    (24, 24, 16)
    """

    channels: int = 1
    kernel: int = 3
    stride: int = 1
    padding: int = 0

    def lower(self, name: str, in_shape: MapShape) -> WeightLayer:
        """Return the plan's layer."""
        _check(name, channels=self.channels, kernel=self.kernel, stride=self.stride)
        kernel, stride, pads = (self.kernel,) * 2, (self.stride,) * 2, (self.padding,) * 4
        places = WeightLayer.positions(in_shape, kernel, stride, _four(pads))
        return WeightLayer(name, in_shape, (*places, self.channels), kernel, stride, _four(pads), self.threshold)


@dataclass(frozen=True)
class EarliestPool:
    """The earliest spike of each window, channel by channel: the temporal form of max-pooling.

    ``stride`` 0 is the window's size.

    Examples
    --------
    >>> EarliestPool(2).lower("p", (24, 24, 16)).out_shape
    (12, 12, 16)
    """

    size: int = 2
    stride: int = 0
    padding: int = 0

    def lower(self, name: str, in_shape: MapShape) -> PoolLayer:
        """Return the plan's layer."""
        _check(name, size=self.size)
        size, stride, pads = (self.size,) * 2, (self.stride or self.size,) * 2, _four((self.padding,) * 4)
        places = PoolLayer.positions(in_shape, size, stride, pads)
        return PoolLayer(name, in_shape, (*places, in_shape[2]), size, stride, pads)

    def draw(self, rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw nothing: a pool has no weights."""
        return np.zeros((0, 0), dtype=np.float32)


LAYERS: dict[str, type[Layer]] = {"Conv": Conv, "Dense": Dense, "EarliestPool": EarliestPool}
"""Every layer by the name that it has in files; each is a frozen dataclass of numbers."""


def _check(name: str, **sizes: int) -> None:
    for what, size in sizes.items():
        if not isinstance(size, int | np.integer) or size < 1:
            raise NetworkError(f"layer '{name}': {what}: expected a whole number of 1 or more, got {size!r}")


def _four(pads: tuple[int, ...]) -> tuple[int, int, int, int]:
    return pads[0], pads[1], pads[2], pads[3]
