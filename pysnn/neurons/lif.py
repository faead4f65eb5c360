"""The leaky integrate-and-fire neuron."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.neurons.if_ import IF
from pysnn.neurons.parameters import check_positive, steps_of, take_parameters
from pysnn.nodes.base import Shape
from pysnn.nodes.neuron_model import NeuronModel

__all__ = ["LIF"]


@dataclass(frozen=True, eq=False)
class LIF(IF):
    """Leaky integrate-and-fire: ``tau dv/dt = (v_leak - v) + r I``, by forward Euler steps of ``dt``.

    One step is ``v = (1 - dt/tau) v + (r dt/tau) I + v_leak dt/tau``; threshold and reset as in :class:`IF`. The network
    has no time step: ``dt`` is given to the run. (NIR's LIF, with the choice of reset added.)

    Parameters
    ----------
    tau
        Time constant in seconds, positive.
    r
        Resistance, positive.
    v_leak
        Potential that the leak pulls to.

    Examples
    --------
    >>> found = LIF(tau=0.5).parameters((1,), "a", dt=0.125).constants
    >>> float(found["decay"][0]), float(found["gain"][0])
    (0.75, 0.25)
    """

    tau: Any = 0.02
    r: Any = 1.0
    v_leak: Any = 0.0

    def __post_init__(self) -> None:
        take_parameters(self, ("tau", "r", "v_leak"))
        check_positive(self, ("tau", "r"))
        super().__post_init__()

    @property
    def model(self) -> NeuronModel:
        """The stages of its step."""
        return replace(super().model, leak="euler")

    def _constants(self, shape: Shape, what: str, dt: float | None) -> dict[str, NDArray[np.float64]]:
        tau, r, v_leak = (self._wide(key, shape, what) for key in ("tau", "r", "v_leak"))
        fraction = steps_of(tau, dt, what)
        return euler(fraction, r, v_leak)


def euler(
    fraction: NDArray[np.float64], r: NDArray[np.float64], v_leak: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Return the constants of Euler's step; ``fraction`` is ``dt / tau``.

    Examples
    --------
    >>> euler(np.array([0.25]), np.array([2.0]), np.array([0.0]))["gain"].tolist()
    [0.5]
    """
    fraction, r, v_leak = alike(fraction, r, v_leak)
    return {"decay": 1.0 - fraction, "gain": r * fraction, "drive": v_leak * fraction}


def alike(*arrays: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return arrays of one value per channel as they are, or with two axes more where others have a value per neuron."""
    if len({array.ndim for array in arrays}) == 1:
        return arrays
    return tuple(array if array.ndim == 3 else array[:, None, None] for array in arrays)
