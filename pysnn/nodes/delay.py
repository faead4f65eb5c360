"""Values of steps before: delays, and what closes recurrent connections."""

from dataclasses import dataclass
from math import prod

import numpy as np

from pysnn.errors import CapacityError, NetworkError
from pysnn.nodes.base import MAX_VALUES, Array, Builder, Node, Shape, Value

__all__ = ["MAX_DELAY", "Delay"]

MAX_DELAY = 1 << 12
"""Largest delay in steps."""


@dataclass(frozen=True, eq=False)
class Delay(Node):
    """Delay by whole steps, NIR's Delay: what enters comes out so many steps later, and zeros until then.

    A cycle of a network, as recurrent connections are, leads through a delay. What enters is then the spikes of a neuron, or, in
    precision ``"float32"``, the current of a weight layer too.

    Parameters
    ----------
    steps
        How many steps, 1..4096.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Network, Output, run
    >>> nodes = {"in": Input((1,)), "a": IF(), "before": Delay(), "back": Linear(-np.ones((1, 1))), "out": Output("count")}
    >>> edges = [("in", "a"), ("a", "before"), ("before", "back"), ("back", "a"), ("a", "out")]
    >>> run(Network(nodes, edges), np.float32([[1]]), steps=4).scores.item()
    2.0
    """

    steps: int = 1

    def __post_init__(self) -> None:
        whole = isinstance(self.steps, int | np.integer) and not isinstance(self.steps, bool)
        if not whole or not 1 <= self.steps <= MAX_DELAY:
            raise NetworkError(f"Delay: steps must be an integer in 1..{MAX_DELAY}, got {self.steps!r}")
        object.__setattr__(self, "steps", int(self.steps))

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        if prod(shape) * self.steps > MAX_VALUES:
            raise CapacityError(
                f"Delay '{name}': at most {MAX_VALUES} values are held back, got {self.steps} steps of {shape}"
            )
        return shape

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        return builder.delay(name, values, self.steps)

    def apply(self, x: Array) -> Array:
        """Refuse: an ANN pass has no steps."""
        raise NetworkError("Delay: an ANN pass has no steps; use pysnn.run")
