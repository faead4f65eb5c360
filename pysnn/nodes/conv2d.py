"""The two-dimensional convolution."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_weight
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value, pair, quad, spatial, window_shape

__all__ = ["Conv2d"]


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
        """Give ``(outputs, height, width)``."""
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
        top, left, bottom, right = self.padding
        padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, self.extent, axis=(2, 3))
        windows = windows[:, :, :: self.stride[0], :: self.stride[1], :: self.dilation[0], :: self.dilation[1]]
        batch, _, height, width = windows.shape[:4]
        outputs, inputs, kernel_h, kernel_w = self.weight.shape
        columns = windows.reshape(batch, self.groups, inputs, height, width, kernel_h, kernel_w)
        columns = columns.transpose(1, 0, 3, 4, 2, 5, 6).reshape(self.groups, batch * height * width, -1)
        weight = self.weight.reshape(self.groups, outputs // self.groups, -1)
        result = columns @ weight.transpose(0, 2, 1)
        result = result.reshape(self.groups, batch, height, width, -1).transpose(1, 0, 4, 2, 3)
        return np.asarray(result.reshape(batch, outputs, height, width) + self.bias[:, None, None])
