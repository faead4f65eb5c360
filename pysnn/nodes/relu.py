"""The activation of an ANN, which a conversion replaces by a neuron."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_parameter, per_channel
from pysnn.errors import NetworkError
from pysnn.nodes.base import LATER_FIELD, Array, Builder, Node, Shape, Value

__all__ = ["ReLU"]


@dataclass(frozen=True, eq=False)
class ReLU(Node):
    """``max(x, 0)``, or ``min(max(x, 0), m)``. A network with it is an ANN: it converts, it does not spike.

    Beside neurons it runs in float32, on values that are constant in time: that is how a part that is an ANN feeds a spiking one.

    Parameters
    ----------
    max
        An upper bound m, positive: a number (6 for a ReLU6), or one per channel; ``None`` for none.

    Raises
    ------
    NetworkError
        The bound is not positive and finite.

    Examples
    --------
    >>> ReLU().apply(np.float32([[-1, 2]]))
    array([[0., 2.]], dtype=float32)
    >>> ReLU(max=[6.0, 1.0]).apply(np.float32([[7, 7]]))
    array([[6., 1.]], dtype=float32)
    """

    max: Any = field(default=None, metadata=LATER_FIELD)

    def __post_init__(self) -> None:
        if self.max is None:
            return
        object.__setattr__(self, "max", as_parameter(self.max, "ReLU: max"))
        if np.min(self.max) <= 0:
            raise NetworkError(f"ReLU: max must be positive, got {float(np.min(self.max))}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        if self.max is not None:
            per_channel(self.max, shape[0], f"ReLU '{name}': max")
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node as a limit; builders refuse it on what spikes make, and in a network without neurons."""
        value = builder.join(name, values)
        high = None if self.max is None else self.ceiling(builder.shape(value)[0])
        return builder.clamp(name, value, high)

    def ceiling(self, channels: int) -> NDArray[np.float32]:
        """Return the upper bound of each channel, float32 ``(channels,)``; infinity where there is none."""
        return per_channel(float("inf") if self.max is None else self.max, channels, "ReLU: max")

    def apply(self, x: Array) -> Array:
        """Compute the activation on ``(batch, channels, ...)``."""
        positive = np.maximum(x, np.float32(0))
        if self.max is None:
            return positive
        return np.minimum(positive, self.ceiling(x.shape[1]).reshape((-1,) + (1,) * (x.ndim - 2)))
