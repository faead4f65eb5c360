"""The current-based leaky integrate-and-fire neuron."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from pysnn.arrays import as_parameter, per_channel
from pysnn.errors import NetworkError, PlanError
from pysnn.neurons.if_ import IF
from pysnn.nodes.base import NeuronParameters, Shape

__all__ = ["CubaLIF"]

_FIELDS = ("tau_mem", "tau_syn", "r", "v_leak", "w_in")
_POSITIVE = ("tau_mem", "tau_syn", "r")


@dataclass(frozen=True, eq=False)
class CubaLIF(IF):
    """Current-based leaky integrate-and-fire: the potential integrates a synaptic current, which decays too.

    ``tau_syn di/dt = -i + w_in I`` and ``tau_mem dv/dt = (v_leak - v) + r i``, by forward Euler steps of ``dt``, the current first:
    ``i = (1 - dt/tau_syn) i + (w_in dt/tau_syn) I``, then ``v = (1 - dt/tau_mem) v + (r dt/tau_mem) i + v_leak dt/tau_mem``;
    threshold and reset as in :class:`IF`, and a spike leaves ``i`` as it is. ``i`` starts at 0. (NIR's CubaLIF, with the choice of
    reset added.) It runs in precision ``"float32"``.

    Parameters
    ----------
    tau_mem, tau_syn
        Time constants of potential and synaptic current in seconds, positive: a number, or one a channel.
    r
        Resistance, positive: a number, or one a channel.
    v_leak
        Potential that the leak pulls to: a number, or one a channel.
    w_in
        Factor of what enters: a number, or one a channel.

    Examples
    --------
    >>> found = CubaLIF(tau_mem=0.5, tau_syn=0.25).parameters(1, "a", dt=0.125)
    >>> [float(constant[0]) for constant in found.constants]
    [0.75, 0.25, 0.0, 0.5, 0.5]
    """

    state: ClassVar[tuple[str, ...]] = ("v", "i")

    tau_mem: Any = 0.02
    tau_syn: Any = 0.005
    r: Any = 1.0
    v_leak: Any = 0.0
    w_in: Any = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in _FIELDS:
            object.__setattr__(self, field, as_parameter(getattr(self, field), f"{self.title}: {field}"))
        for field in _POSITIVE:
            lowest = float(np.min(getattr(self, field)))
            if lowest <= 0:
                raise NetworkError(f"{self.title}: {field} must be positive, got {lowest}")

    def shape_of(self, name: str, shape: Shape) -> Shape:
        """Return the same shape."""
        for field in _FIELDS:
            per_channel(getattr(self, field), shape[0], f"{self.title} '{name}': {field}")
        return super().shape_of(name, shape)

    def parameters(self, channels: int, name: str, dt: float | None) -> NeuronParameters:
        """Return the neuron's numbers for the plan, worked out in float64 for steps of ``dt`` seconds."""
        what = f"{self.title} '{name}'"
        if dt is None:
            raise PlanError(f"{what}: a neuron with time constants needs dt (seconds a step), got None")
        found = (per_channel(getattr(self, field), channels, what).astype(np.float64) for field in _FIELDS)
        tau_mem, tau_syn, r, v_leak, w_in = found
        for field, tau in (("tau_mem", tau_mem), ("tau_syn", tau_syn)):
            if dt > tau.min():
                raise PlanError(f"{what}: dt must be at most {field}, got dt={dt} s with {field}={tau.min():.6g} s")
        mem, syn = dt / tau_mem, dt / tau_syn
        constants = (1.0 - mem, r * mem, v_leak * mem, 1.0 - syn, w_in * syn)
        return replace(super().parameters(channels, name, dt), step="cuba_lif", constants=constants)
