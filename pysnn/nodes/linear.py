"""The fully connected layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_weight
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value
from pysnn.nodes.conv2d import Conv2d

__all__ = ["Linear"]


@dataclass(frozen=True, eq=False)
class Linear(Node):
    """``y = weight @ x + bias``.

    Parameters
    ----------
    weight
        ``(outputs, inputs)``.
    bias
        ``(outputs,)``; zeros by default.

    Examples
    --------
    >>> Linear([[1.0, 2.0]]).apply(np.float32([[3, 4]]))
    array([[11.]], dtype=float32)
    """

    weight: Any
    bias: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", as_weight(self.weight, "Linear: weight", 2))
        bias = np.zeros(self.weight.shape[0]) if self.bias is None else self.bias
        object.__setattr__(self, "bias", as_weight(bias, "Linear: bias", 1))
        if self.bias.shape != self.weight.shape[:1]:
            raise NetworkError(f"Linear: bias needs {self.weight.shape[0]} values, got {self.bias.shape[0]}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return ``(outputs,)``."""
        if shape != (self.weight.shape[1],):
            hint = "; put a Flatten before it" if len(shape) == 3 else ""
            raise NetworkError(f"Linear '{name}': expected ({self.weight.shape[1]},) inputs, got {shape}{hint}")
        return (int(self.weight.shape[0]),)

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the layer as a 1x1 convolution."""
        layer = Conv2d(self.weight[:, :, None, None], self.bias)
        return builder.conv(name, builder.join(name, values), layer)

    def apply(self, x: Array) -> Array:
        """Compute the layer on ``(batch, inputs)``."""
        return np.asarray(x @ self.weight.T + self.bias)
