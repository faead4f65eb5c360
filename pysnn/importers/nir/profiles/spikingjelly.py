"""What SpikingJelly 2.0.0 writes: hard resets alone, and time constants of steps of 1e-4 s."""

from typing import Any, ClassVar

from pysnn.errors import NetworkError
from pysnn.importers.nir.fields import Fields, compact, is_close
from pysnn.importers.nir.profiles.base import Profile
from pysnn.importers.nir.profiles.snntorch import decay_of, gain_of
from pysnn.neurons import DiscreteCubaLIF, DiscreteLIF
from pysnn.nodes.base import Node

__all__ = ["SpikingJelly"]


class SpikingJelly(Profile):
    """IFNode, LIFNode, ParametricLIFNode, CUBALIFNode: a spike where ``v >= v_threshold``; potentials start at v_reset."""

    name: ClassVar[str] = "spikingjelly"
    writer_dt: ClassVar[float | None] = 1e-4
    compare: ClassVar[str] = ">="

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the files do not say, and was taken to be so."""
        return (
            "files have the same for ParametricLIFNode, which multiplies by 1/tau, as for LIFNode, which divides by tau: LIFNode was taken, and last digits differ",
        )

    @property
    def _unit_resistance(self) -> float:
        return 1.0 / self._step

    def _spiking(self, fields: Fields) -> dict[str, Any]:
        found = super()._spiking(fields)
        return {**found, "v_init": found["v_reset"]}

    def _lif(self, fields: Fields) -> Node:
        tau, r = fields.positive("tau") / self._step, fields.positive("r")
        if is_close(r, 1.0):
            formula = "relax"
        elif is_close(r, tau):
            formula = "plain"
        else:
            raise NetworkError(
                f"{fields.title}: r must be 1 (decay_input) or tau/dt, got {r.flat[0]:g} with tau/dt {tau.flat[0]:g}"
            )
        return DiscreteLIF(
            **self._spiking(fields), formula=formula, tau=compact(tau), v_leak=compact(fields.numbers("v_leak"))
        )

    def _cubalif(self, fields: Fields) -> Node:
        dt = self._step
        mem, syn = fields.positive("tau_mem"), fields.positive("tau_syn")
        fields.refuse("v_leak", 0.0, "CUBALIFNode's potential decays to 0")
        return DiscreteCubaLIF(
            **self._spiking(fields),
            decay=decay_of(mem, dt),
            gain=gain_of(fields.positive("r"), mem, dt),
            syn_decay=decay_of(syn, dt),
            syn_gain=gain_of(fields.numbers("w_in", 1.0), syn, dt),
        )
