"""NIR as it defines itself: Euler steps of its equations."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.nir.fields import Fields, compact, is_close
from pysnn.importers.nir.profiles.base import Profile
from pysnn.neurons import IF, LI, LIF, CubaLI, CubaLIF, DiscreteLI, DiscreteLIF, I, Threshold
from pysnn.nodes.base import Node

__all__ = ["Strict"]


class Strict(Profile):
    """Euler steps of NIR's equations, the synaptic current first; a spike where the potential is above the threshold, then a reset to a value.

    Potentials start at 0, of which NIR says nothing.
    """

    name: ClassVar[str] = "strict"

    @property
    def _unit_resistance(self) -> float:
        return 1.0 / self._step

    def _gain(self, fields: Fields) -> NDArray[np.float64]:
        return fields.positive("r") * self._step

    def _if(self, fields: Fields) -> Node:
        gain = self._gain(fields)
        if is_close(gain, 1.0):
            return IF(**self._spiking(fields))
        return DiscreteLIF(**self._spiking(fields), decay=1.0, gain=compact(gain))

    def _i(self, fields: Fields) -> Node:
        gain = self._gain(fields)
        return I() if is_close(gain, 1.0) else DiscreteLI(decay=1.0, gain=compact(gain))

    def _lif(self, fields: Fields) -> Node:
        _ = self._step
        return LIF(**self._spiking(fields), **_leak(fields, "tau"))

    def _li(self, fields: Fields) -> Node:
        _ = self._step
        return LI(**_leak(fields, "tau"))

    def _cubalif(self, fields: Fields) -> Node:
        _ = self._step
        return CubaLIF(**self._spiking(fields), **_leak(fields, "tau_mem"), **_current(fields))

    def _cubali(self, fields: Fields) -> Node:
        _ = self._step
        return CubaLI(**_leak(fields, "tau_mem"), **_current(fields))

    def _threshold(self, fields: Fields) -> Node:
        return Threshold(compact(fields.positive("threshold")), compare=self.compare)


def _leak(fields: Fields, tau: str) -> dict[str, Any]:
    positive = {key: compact(fields.positive(key)) for key in (tau, "r")}
    return {**positive, "v_leak": compact(fields.numbers("v_leak"))}


def _current(fields: Fields) -> dict[str, Any]:
    return {"tau_syn": compact(fields.positive("tau_syn")), "w_in": compact(fields.numbers("w_in", 1.0))}
