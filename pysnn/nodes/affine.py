"""A factor and a shift per channel: what batch normalisation is once it is trained."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_parameter, per_channel
from pysnn.nodes.base import Array, Builder, Node, Shape, Value
from pysnn.nodes.conv2d import Conv2d

__all__ = ["Affine"]


@dataclass(frozen=True, eq=False)
class Affine(Node):
    """``y = scale * x + shift``, a channel at a time.

    Batch normalisation at inference is one, with ``scale = gamma / sqrt(var + eps)`` and ``shift = beta - mean * scale``.
    :func:`pysnn.convert.folding.fold` works it into the layers around it wherever the result stays the same.

    Parameters
    ----------
    scale, shift
        A number, or one per channel; a scale may be negative or zero.

    Examples
    --------
    >>> Affine(scale=-2.0, shift=[1.0, 0.0]).apply(np.float32([[1, 3]]))
    array([[-1., -6.]], dtype=float32)
    """

    scale: Any = 1.0
    shift: Any = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", as_parameter(self.scale, "Affine: scale"))
        object.__setattr__(self, "shift", as_parameter(self.shift, "Affine: shift"))

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        per_channel(self.scale, shape[0], f"Affine '{name}': scale")
        per_channel(self.shift, shape[0], f"Affine '{name}': shift")
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node as a depthwise 1x1 convolution."""
        value = builder.join(name, values)
        channels = builder.shape(value)[0]
        weight = per_channel(self.scale, channels, "Affine").reshape(-1, 1, 1, 1)
        layer = Conv2d(weight, per_channel(self.shift, channels, "Affine"), groups=channels)
        return builder.conv(name, value, layer)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, ...)``."""
        spread = (-1,) + (1,) * (x.ndim - 2)
        scale = per_channel(self.scale, x.shape[1], "Affine").reshape(spread)
        shift = per_channel(self.shift, x.shape[1], "Affine").reshape(spread)
        return np.asarray(x * scale + shift)
