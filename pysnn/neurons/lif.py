"""The leaky integrate-and-fire neuron."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pysnn.arrays import as_parameter, per_channel
from pysnn.errors import NetworkError, PlanError
from pysnn.neurons.if_ import IF
from pysnn.nodes.base import NeuronParameters, Shape

__all__ = ["LIF"]

_LEAK_FIELDS = ("tau", "r", "v_leak")


@dataclass(frozen=True, eq=False)
class LIF(IF):
    """Leaky integrate-and-fire: ``tau dv/dt = (v_leak - v) + r I``, by forward Euler steps of ``dt``.

    One step is ``v = (1 - dt/tau) v + (r dt/tau) I + v_leak dt/tau``; threshold and reset as in :class:`IF`. The network
    has no time step: ``dt`` is given to the run. (NIR's LIF, with the choice of reset added.)

    Parameters
    ----------
    tau
        Time constant in seconds, positive: a number, or one a channel.
    r
        Resistance, positive: a number, or one a channel.
    v_leak
        Potential that the leak pulls to: a number, or one a channel.

    Examples
    --------
    >>> decay, gain, drive = LIF(tau=0.5).parameters(1, "a", dt=0.125).constants
    >>> float(decay[0]), float(gain[0])
    (0.75, 0.25)
    """

    tau: Any = 0.02
    r: Any = 1.0
    v_leak: Any = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in _LEAK_FIELDS:
            object.__setattr__(self, field, as_parameter(getattr(self, field), f"{self.title}: {field}"))
        for field in ("tau", "r"):
            lowest = float(np.min(getattr(self, field)))
            if lowest <= 0:
                raise NetworkError(f"{self.title}: {field} must be positive, got {lowest}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        for field in _LEAK_FIELDS:
            per_channel(getattr(self, field), shape[0], f"{self.title} '{name}': {field}")
        return super().shape_of(name, shape)

    def parameters(self, channels: int, name: str, dt: float | None) -> NeuronParameters:
        """Return the neuron's numbers for the plan, worked out in float64 for steps of ``dt`` seconds."""
        what = f"{self.title} '{name}'"
        if dt is None:
            raise PlanError(f"{what}: a neuron with a time constant needs dt (seconds a step), got None")
        tau, r, v_leak = (per_channel(getattr(self, f), channels, what).astype(np.float64) for f in _LEAK_FIELDS)
        fraction = dt / tau
        if fraction.max() > 1:
            raise PlanError(f"{what}: dt must be at most tau, got dt={dt} s with tau={float(tau.min()):.6g} s")
        constants = (1.0 - fraction, r * fraction, v_leak * fraction)
        return replace(super().parameters(channels, name, dt), step="lif", constants=constants)
