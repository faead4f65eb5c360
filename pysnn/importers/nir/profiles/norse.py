"""What Norse 1.1.0 writes: ``1e-3 / tau_inv`` as time constants, which steps of 1e-6 s take back, and no v_reset."""

from typing import Any, ClassVar

import numpy as np

from pysnn.importers.nir.fields import Fields, compact
from pysnn.importers.nir.profiles.base import Profile
from pysnn.importers.nir.profiles.recovered import recovered
from pysnn.neurons import DiscreteCubaLI, DiscreteCubaLIF, DiscreteLI, DiscreteLIF
from pysnn.nodes.base import Node

__all__ = ["Norse"]

_DT = 1e-3
"""Norse's step, and that of its writer."""


class Norse(Profile):
    """IAFCell, LIFBoxCell, LIFCell, LIBoxCell and LICell: a spike where ``v > v_th``; potentials start at v_leak."""

    name: ClassVar[str] = "norse"
    writer_dt: ClassVar[float | None] = 1e-6
    takes: ClassVar[tuple[str, ...]] = ("dt", "reset")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the files do not say, and was taken to be so."""
        taken = "" if self.options.reset else ", and a reset to a value, Norse's default, was taken"
        return (f"Norse writes no v_reset: potentials are reset to what the file has, 0{taken}",)

    def _spiking(self, fields: Fields) -> dict[str, Any]:
        found = super()._spiking(fields)
        if self.options.reset in (None, "value"):
            return found
        fields.refuse("v_reset", 0.0, "a reset that is no reset to a value has none", 0.0)
        return {**found, "reset": self.options.reset, "v_reset": 0.0}

    def _if(self, fields: Fields) -> Node:
        found = super()._if(fields)
        return type(found)(**self._spiking(fields), v_init=found.v_reset)  # type: ignore[call-arg, attr-defined]

    def _lif(self, fields: Fields) -> Node:
        leak = self._leak(fields, "tau")
        return DiscreteLIF(**self._spiking(fields), formula="box", **leak, v_init=leak["v_leak"])

    def _li(self, fields: Fields) -> Node:
        leak = self._leak(fields, "tau")
        return DiscreteLI(formula="relax", **leak, v_init=leak["v_leak"])

    def _cubalif(self, fields: Fields) -> Node:
        return DiscreteCubaLIF(**self._spiking(fields), **self._current(fields))

    def _cubali(self, fields: Fields) -> Node:
        return DiscreteCubaLI(**self._current(fields))

    def _current(self, fields: Fields) -> dict[str, Any]:
        """Return the leak and the synaptic current of LIFCell and LICell."""
        fields.refuse("w_in", 1.0, "Norse's LIFCell and LICell have none", 1.0)
        leak = self._leak(fields, "tau_mem")
        current = {"formula": "relax", "current": "jump", "syn_rate": self._rate(fields, "tau_syn")}
        return {**leak, "v_init": leak["v_leak"], **current}

    def _leak(self, fields: Fields, field: str) -> dict[str, Any]:
        fields.refuse("r", 1.0, "Norse writes no other")
        return {"rate": self._rate(fields, field), "v_leak": compact(fields.numbers("v_leak"))}

    def _rate(self, fields: Fields, field: str) -> Any:
        """Return the share of the way that a step goes: of files in float32 with the writer's own step, as Norse multiplies it out of its inverse time constant."""
        tau = fields.positive(field)
        if self.options.dt is not None or np.asarray(fields.node.fields[field]).dtype != np.float32:
            return compact(self._step / tau)
        inverse = recovered(tau, _DT / tau, lambda value: np.float32(_DT) / value)
        return compact((np.float32(_DT) * inverse).astype(np.float64))
