"""The two-dimensional convolution."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_weight
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value, pair, quad, spatial, window_shape

__all__ = ["Conv2d"]

# Values that are laid out for one matrix product; few enough for a core's cache.
_COLUMN_VALUES = 1 << 20


@dataclass(frozen=True, eq=False)
class Conv2d(Node):
    """Convolution (cross-correlation, as in every deep-learning library).

    Parameters
    ----------
    weight
        ``(outputs, inputs / groups, kernel height, kernel width)``.
    bias
        ``(outputs,)``; zeros by default.
    stride, dilation
        An integer or (vertical, horizontal).
    padding
        Zeros around the map: an integer, (vertical, horizontal) or (top, left, bottom, right).
    groups
        Groups of channels that do not see each other; ``groups = inputs`` is a depthwise convolution.

    Examples
    --------
    >>> Conv2d(np.ones((4, 3, 3, 3)), stride=2, padding=1).shape_of("conv1", (3, 32, 32))
    (4, 16, 16)
    """

    weight: Any
    bias: Any = None
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", as_weight(self.weight, "Conv2d: weight", 4))
        bias = np.zeros(self.weight.shape[0]) if self.bias is None else self.bias
        object.__setattr__(self, "bias", as_weight(bias, "Conv2d: bias", 1))
        if self.bias.shape != self.weight.shape[:1]:
            raise NetworkError(f"Conv2d: bias needs {self.weight.shape[0]} values, got {self.bias.shape[0]}")
        object.__setattr__(self, "stride", pair(self.stride, "Conv2d: stride", 1))
        object.__setattr__(self, "dilation", pair(self.dilation, "Conv2d: dilation", 1))
        object.__setattr__(self, "padding", quad(self.padding, "Conv2d: padding"))
        whole = isinstance(self.groups, int | np.integer) and not isinstance(self.groups, bool)
        if not whole or self.groups < 1 or self.weight.shape[0] % self.groups:
            raise NetworkError(
                f"Conv2d: groups must be a positive divisor of the {self.weight.shape[0]} outputs, got {self.groups!r}"
            )
        object.__setattr__(self, "groups", int(self.groups))

    @property
    def extent(self) -> tuple[int, int]:
        """Height and width that the dilated kernel covers."""
        kernel = self.weight.shape[2:]
        return (kernel[0] - 1) * self.dilation[0] + 1, (kernel[1] - 1) * self.dilation[1] + 1

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return ``(outputs, height, width)``."""
        channels = spatial(self, name, shape)[0]
        expected = self.weight.shape[1] * self.groups
        if channels != expected:
            raise NetworkError(f"Conv2d '{name}': expected {expected} input channels, got {channels}")
        size = window_shape(f"Conv2d '{name}'", shape, self.extent, self.stride, self.padding)
        return (int(self.weight.shape[0]), *size)

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.conv(name, builder.join(name, values), self)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, height, width)``."""
        outputs, size = (
            self.weight.shape[0],
            window_shape("Conv2d", x.shape[1:], self.extent, self.stride, self.padding),
        )
        result = np.empty((len(x), outputs, *size), dtype=np.float32)
        values = int(np.prod(size)) * self.weight[0].size * self.groups
        part = max(1, _COLUMN_VALUES // values)
        for start in range(0, len(x), part):
            result[start : start + part] = self._few(x[start : start + part], size)
        return result

    def _few(self, x: Array, size: tuple[int, int]) -> Array:
        """Compute a few samples: the rows of what each output sees meet the weights."""
        outputs, inputs, *kernel = self.weight.shape
        rows = self._rows(x, size)
        # (groups, rows, taps * inputs) times (groups, taps * inputs, outputs)
        positions, taps = len(x) * size[0] * size[1], kernel[0] * kernel[1]
        left_side = rows.reshape(positions, taps, self.groups, inputs).transpose(2, 0, 1, 3)
        right_side = self.weight.reshape(self.groups, -1, inputs, taps).transpose(0, 3, 2, 1)
        sums = left_side.reshape(self.groups, positions, -1) @ right_side.reshape(self.groups, taps * inputs, -1)
        result = sums.reshape(self.groups, len(x), *size, -1).transpose(1, 0, 4, 2, 3)
        return np.asarray(result.reshape(len(x), outputs, *size) + self.bias[:, None, None])

    def unfold(self, x: Array) -> Array:
        """Return what each output sees of ``(batch, channels, height, width)``: rows of ``kernel height * kernel width * channels`` values."""
        rows = self._rows(x, window_shape("Conv2d", x.shape[1:], self.extent, self.stride, self.padding))
        return rows.reshape(-1, rows[0, 0, 0].size)

    def _rows(self, x: Array, size: tuple[int, int]) -> Array:
        """Return what each output sees, tap by tap: ``(batch, *size, *kernel, channels)``."""
        top, left, bottom, right = self.padding
        batch, channels, height, width = x.shape
        kernel = self.weight.shape[2:]
        padded = np.zeros((batch, height + top + bottom, width + left + right, channels), dtype=np.float32)
        padded[:, top : top + height, left : left + width] = x.transpose(0, 2, 3, 1)
        rows = np.empty((batch, *size, *kernel, channels), dtype=np.float32)
        for tap in np.ndindex(*kernel):
            down, across = (self._seen_by(axis, tap[axis], size[axis]) for axis in (0, 1))
            rows[:, :, :, tap[0], tap[1]] = padded[:, down, across]
        return rows

    def _seen_by(self, axis: int, tap: int, size: int) -> slice:
        """Where a tap of the kernel lies for each output along an axis."""
        first = tap * self.dilation[axis]
        return slice(first, first + (size - 1) * self.stride[axis] + 1, self.stride[axis])
