"""A positive factor, for a layer or a channel."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_parameter, per_channel
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value

__all__ = ["Scale"]


@dataclass(frozen=True, eq=False)
class Scale(Node):
    """``y = factor * x``; behind a neuron, the value that one spike stands for.

    On spikes it costs nothing: the factor is folded into the weights behind it.

    Parameters
    ----------
    factor
        A positive number, or one per channel.

    Examples
    --------
    >>> Scale(2.0).apply(np.float32([[1, 3]]))
    array([[2., 6.]], dtype=float32)
    """

    factor: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "factor", as_parameter(self.factor, "Scale: factor"))
        if np.min(self.factor) <= 0:
            raise NetworkError(f"Scale: factor must be positive, got {float(np.min(self.factor))}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        per_channel(self.factor, shape[0], f"Scale '{name}': factor")
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        value = builder.join(name, values)
        return builder.scale(name, value, per_channel(self.factor, builder.shape(value)[0], "Scale"))

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, channels, ...)``."""
        factor = per_channel(self.factor, x.shape[1], "Scale")
        return x * factor.reshape((-1,) + (1,) * (x.ndim - 2))
