"""Lapicque's neuron as a circuit."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import NetworkError
from pysnn.neurons.if_ import IF
from pysnn.neurons.lif import alike
from pysnn.neurons.parameters import check_positive, take_parameters
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import NeuronModel

__all__ = ["Lapicque"]


@dataclass(frozen=True, eq=False)
class Lapicque(IF):
    """Lapicque's neuron: a resistor and a capacitor, by steps of ``time_step``; threshold and reset as in :class:`IF`.

    ``v = ((I r) (1 / (r c))) time_step + (1 - time_step / (r c)) v``, every number of it in float32, as in snnTorch's ``Lapicque``
    (Lapicque 1907). No ``dt`` is needed.

    Parameters
    ----------
    r, c
        Resistance and capacitance, positive.
    time_step
        Length of a step, positive and at most ``r c``.

    Examples
    --------
    >>> float(Lapicque(r=5.0).parameters((1,), "a", None).constants["gain"][0])
    1.0
    """

    r: Any = 1.0
    c: Any = 1.0
    time_step: Any = 1.0

    def __post_init__(self) -> None:
        take_parameters(self, ("r", "c", "time_step"))
        check_positive(self, ("r", "c", "time_step"))
        super().__post_init__()

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, leak="lapicque")

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        del dt
        wide = alike(*(self._wide(key, shape, what) for key in ("r", "c", "time_step")))
        r, c, step = (array.astype(np.float32) for array in wide)
        tau = r * c
        if (step > tau).any():
            raise NetworkError(
                f"{what}: time_step must be at most r c, got {float(step.max())} with {float(tau.min())}"
            )
        found = {"decay": np.float32(1) - step / tau, "r": r, "inverse_tau": np.float32(1) / tau, "dt": step}
        gain = wide[0] / (wide[0] * wide[1]) * wide[2]
        return {
            **{key: array.astype(np.float64) for key, array in found.items()},
            "gain": gain,
            "drive": np.zeros_like(gain),
        }
