"""The integrate-and-fire neuron."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from pysnn.arrays import as_parameter, per_channel
from pysnn.errors import NetworkError
from pysnn.nodes.base import Array, Builder, NeuronParameters, Node, Shape, Value

__all__ = ["IF"]

RESETS = ("subtract", "zero")
COMPARISONS = (">=", ">")


@dataclass(frozen=True, eq=False)
class IF(Node):
    """Integrate-and-fire, without leak: ``v += I``; spike where ``v >= v_threshold``; then the reset.

    Parameters
    ----------
    v_threshold
        Threshold, positive: a number, or one a channel.
    v_init
        Potential at the start: a number, or one a channel.
    reset
        ``"subtract"``: ``v -= v_threshold`` (soft reset); ``"zero"``: ``v = v_reset``.
    v_reset
        Potential behind a reset of kind ``"zero"``; must stay 0 for ``"subtract"``.
    compare
        ``">="`` or ``">"``.

    Examples
    --------
    >>> IF(v_threshold=1.0, v_init=0.5).reset
    'subtract'
    """

    state: ClassVar[tuple[str, ...]] = ("v",)

    v_threshold: Any = 1.0
    v_init: Any = 0.0
    reset: str = "subtract"
    v_reset: Any = 0.0
    compare: str = ">="

    def __post_init__(self) -> None:
        for field in ("v_threshold", "v_init", "v_reset"):
            object.__setattr__(self, field, as_parameter(getattr(self, field), f"{self.title}: {field}"))
        lowest = float(np.min(self.v_threshold))
        if lowest <= 0:
            raise NetworkError(f"{self.title}: v_threshold must be positive, got {lowest}")
        for field, choices in (("reset", RESETS), ("compare", COMPARISONS)):
            value = getattr(self, field)
            if not isinstance(value, str) or value not in choices:
                raise NetworkError(f"{self.title}: {field} must be one of {', '.join(choices)}, got {value!r}")
        _same_length(self, ("v_threshold", "v_init", "v_reset"))
        if self.reset == "subtract" and np.any(self.v_reset):
            raise NetworkError(f"{self.title}: v_reset is used by reset='zero' only, got it with reset='subtract'")
        if self.reset == "zero" and np.any(np.asarray(self.v_reset) >= np.asarray(self.v_threshold)):
            raise NetworkError(f"{self.title}: v_reset must be below v_threshold")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        for field in ("v_threshold", "v_init", "v_reset"):
            per_channel(getattr(self, field), shape[0], f"{self.title} '{name}': {field}")
        return shape

    def parameters(self, channels: int, name: str, dt: float | None) -> NeuronParameters:
        """Return the neuron's numbers for the plan; ``dt`` (seconds) is not used without a leak."""
        what = f"{self.title} '{name}'"
        return NeuronParameters(
            threshold=per_channel(self.v_threshold, channels, what),
            v_init=per_channel(self.v_init, channels, what),
            v_reset=per_channel(self.v_reset, channels, what),
            reset=self.reset,  # type: ignore[arg-type]
            compare=self.compare,  # type: ignore[arg-type]
        )

    def lower(self, builder: Builder, name: str, values: tuple[Value, ...]) -> Value:
        """Express the node in operations of a plan."""
        channels = builder.shape(values[0])[0]
        return builder.neuron(name, values, self.parameters(channels, name, builder.dt))

    def apply(self, x: Array) -> Array:
        """Refuse: a spiking neuron has no value in an ANN pass."""
        raise NetworkError(f"{self.title}: a spiking neuron has no value in an ANN pass; use pysnn.run")


def _same_length(neuron: IF, fields: tuple[str, ...]) -> None:
    """Refuse parameters for different numbers of channels."""
    lengths = {field: np.size(getattr(neuron, field)) for field in fields if np.ndim(getattr(neuron, field))}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{field} {length}" for field, length in lengths.items())
        raise NetworkError(f"{neuron.title}: values a channel must have one length, got {listed}")
