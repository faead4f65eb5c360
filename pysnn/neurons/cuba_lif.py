"""The current-based leaky integrate-and-fire neuron."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.neurons.if_ import IF
from pysnn.neurons.lif import alike, euler
from pysnn.neurons.parameters import check_positive, steps_of, take_parameters
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import NeuronModel, Synapse

__all__ = ["CubaLIF"]

_FIELDS = ("tau_mem", "tau_syn", "r", "v_leak", "w_in")


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
        Time constants of potential and synaptic current in seconds, positive.
    r
        Resistance, positive.
    v_leak
        Potential that the leak pulls to.
    w_in
        Factor of what enters.

    Examples
    --------
    >>> found = CubaLIF(tau_mem=0.5, tau_syn=0.25).parameters((1,), "a", dt=0.125)
    >>> {name: float(value[0]) for name, value in found.constants.items()}
    {'decay': 0.75, 'gain': 0.25, 'drive': 0.0, 'syn_decay': 0.5, 'syn_gain': 0.5}
    """

    synapse: ClassVar[Synapse] = "decay_first"

    tau_mem: Any = 0.02
    tau_syn: Any = 0.005
    r: Any = 1.0
    v_leak: Any = 0.0
    w_in: Any = 1.0

    def __post_init__(self) -> None:
        take_parameters(self, _FIELDS)
        check_positive(self, ("tau_mem", "tau_syn", "r"))
        super().__post_init__()

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, leak="euler")

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        tau_mem, tau_syn, r, v_leak, w_in = (self._wide(key, shape, what) for key in _FIELDS)
        mem = steps_of(tau_mem, dt, what, "tau_mem")
        syn, w_in = alike(steps_of(tau_syn, dt, what, "tau_syn"), w_in)
        return {**euler(mem, r, v_leak), "syn_decay": 1.0 - syn, "syn_gain": w_in * syn}
