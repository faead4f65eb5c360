"""The leaky integrate-and-fire neuron whose threshold adapts."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.neurons.lif import LIF
from pysnn.neurons.parameters import check_positive, steps_of, take_parameters
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import NeuronModel

__all__ = ["ALIF"]


@dataclass(frozen=True, eq=False)
class ALIF(LIF):
    """Leaky integrate-and-fire with an adaptive threshold: each spike raises it, and the rise decays.

    It fires where ``v >= v_threshold + a``; behind that ``a = (1 - dt/tau_adapt) a + jump s`` with ``s`` the spike; the reset subtracts
    ``v_threshold``. ``a`` starts at 0. (Bellec et al. 2018, with ``jump`` for their beta times 1 - rho.) It runs in precision ``"float32"``.

    Parameters
    ----------
    tau_adapt
        Time constant of the rise in seconds, positive.
    jump
        What a spike adds to the threshold, at least 0.

    Examples
    --------
    >>> ALIF(tau_adapt=0.2, jump=0.1).state
    ('v', 'a')
    """

    tau_adapt: Any = 0.2
    jump: Any = 0.1

    def __post_init__(self) -> None:
        take_parameters(self, ("tau_adapt", "jump"))
        check_positive(self, ("tau_adapt",))
        super().__post_init__()
        if float(np.min(self.jump)) < 0:
            raise NetworkError(f"{self.title}: jump must be at least 0, got {float(np.min(self.jump))}")
        if self.reset_time != "now" or self.max_spikes > 1:
            raise NetworkError(f"{self.title}: an adaptive threshold goes with reset_time 'now' and max_spikes 1")

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, adaptive=True)

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        fraction = steps_of(self._wide("tau_adapt", shape, what), dt, what, "tau_adapt")
        rise = {"adapt_decay": 1.0 - fraction, "adapt_jump": self._wide("jump", shape, what)}
        return {**super()._constants(shape, what, dt), **rise}
