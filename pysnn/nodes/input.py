"""Where data enters a network."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pysnn.arrays import as_weight
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value

__all__ = ["Input"]


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The input: a vector ``(n,)`` or a map ``(channels, height, width)``.

    Parameters
    ----------
    shape
        Shape of one sample.
    mean, std
        If given, each sample becomes ``(x - mean) / std``, one value a channel, in float32, before anything else.

    Examples
    --------
    >>> Input((3, 32, 32), mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2)).shape
    (3, 32, 32)
    """

    shape: tuple[int, ...]
    mean: Any = None
    std: Any = None

    def __post_init__(self) -> None:
        shape = (self.shape,) if isinstance(self.shape, int | np.integer) else self.shape
        good = isinstance(shape, tuple | list) and len(shape) in (1, 3)
        if not good or not all(isinstance(n, int | np.integer) and type(n) is not bool and n > 0 for n in shape):
            raise NetworkError(f"Input: shape must be (n,) or (channels, height, width), all positive, got {shape!r}")
        object.__setattr__(self, "shape", tuple(int(n) for n in shape))
        if (self.mean is None) != (self.std is None):
            raise NetworkError("Input: mean and std go together, got only one of them")
        if self.mean is not None:
            for field in ("mean", "std"):
                array = as_weight(getattr(self, field), f"Input: {field}", 1)
                if array.shape != (shape[0],):
                    raise NetworkError(f"Input: {field} needs {shape[0]} values (one a channel), got {array.shape[0]}")
                object.__setattr__(self, field, array)
            if (self.std <= 0).any():
                raise NetworkError(f"Input: std must be positive, got {self.std.tolist()}")

    def normalise(self, x: Array) -> Array:
        """Give ``(x - mean) / std`` in float32 for ``(batch, ...)``, or ``x`` where no mean is set."""
        if self.mean is None:
            return x
        spread = (-1,) + (1,) * (len(self.shape) - 1)
        return np.asarray((x - self.mean.reshape(spread)) / self.std.reshape(spread))

    def output_shape(self, name: str, shapes: tuple[Shape, ...]) -> Shape:
        """Give the input's own shape; nothing leads into it."""
        if shapes:
            raise NetworkError(f"Input '{name}': expected no edge into the input, got {len(shapes)}")
        return self.shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.input(name)
