"""The activation of an ordinary network, which a conversion replaces by a neuron."""

from dataclasses import dataclass

import numpy as np

from pysnn.errors import PlanError
from pysnn.nodes.base import Array, Builder, Node, Shape, Value

__all__ = ["ReLU"]


@dataclass(frozen=True, eq=False)
class ReLU(Node):
    """``max(x, 0)``. A network with it is an ordinary one: it converts, it does not spike.

    Examples
    --------
    >>> ReLU().apply(np.float32([[-1, 2]]))
    array([[0., 2.]], dtype=float32)
    """

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Give the same shape."""
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Refuse: an activation has no spikes."""
        raise PlanError(f"ReLU '{name}': this network does not spike yet; convert it with pysnn.convert first")

    def apply(self, x: Array) -> Array:
        """Compute the activation."""
        return np.maximum(x, np.float32(0))
