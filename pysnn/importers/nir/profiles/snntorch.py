"""What snnTorch 1.0.0 writes: its decays as time constants of steps of 1e-4 s, and no word of the reset."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.frozen import FrozenDict
from pysnn.importers.nir.fields import Fields, compact, is_close
from pysnn.importers.nir.profiles.base import Profile
from pysnn.importers.nir.profiles.recovered import recovered
from pysnn.neurons import DiscreteCubaLIF, DiscreteLIF
from pysnn.nodes.base import Node

__all__ = ["SnnTorch", "decay_of", "gain_of"]

_WHY = (
    "its files say nothing of the reset: give reset 'subtract' (snnTorch's default), 'value' (its reset_mechanism 'zero') or 'none', as the network was "
    "trained; the wrong one changes spikes"
)


class SnnTorch(Profile):
    """Leaky, RLeaky, Synaptic and RSynaptic: ``v = beta v + I``, a spike where ``v > threshold``, and the reset a step later."""

    name: ClassVar[str] = "snntorch"
    writer_dt: ClassVar[float | None] = 1e-4
    takes: ClassVar[tuple[str, ...]] = ("dt", "reset", "reset_delay")
    words: ClassVar[Mapping[str, Any]] = FrozenDict({"reset": "value"})

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the files do not say, and was taken to be so."""
        if self.options.reset_delay is not None or self.options.reset == "none":
            return ()
        return ("the file does not say whether resets are delayed: reset_delay=True was taken, snnTorch's default",)

    def _lif(self, fields: Fields) -> Node:
        reset = self._reset(fields, loses_input=fields.recurrent)
        return DiscreteLIF(**reset, **_leak(fields, "tau", self._step))

    def _cubalif(self, fields: Fields) -> Node:
        dt = self._step
        syn = fields.positive("tau_syn")
        current = {
            "syn_decay": _decay(fields, "tau_syn", dt),
            "syn_gain": gain_of(fields.numbers("w_in", 1.0), syn, dt),
        }
        return DiscreteCubaLIF(**self._reset(fields, loses_input=True), **_leak(fields, "tau_mem", dt), **current)

    def _reset(self, fields: Fields, *, loses_input: bool) -> dict[str, Any]:
        """Return threshold and reset; ``loses_input``: a reset to zero acts behind the next input."""
        kind, late = self.options.reset, self.options.reset_delay is not False
        if kind is None:
            raise DataError(f"{fields.title}: the profile 'snntorch' needs reset: {_WHY}")
        found = self._spiking(fields)
        if kind == "value":
            return {**found, "reset_time": "late" if late and loses_input else "now"}
        fields.refuse("v_reset", 0.0, "a reset that is no reset to a value has none", 0.0)
        time = {} if kind == "none" else {"reset_time": "late" if late else "both"}
        return {**found, "reset": kind, "v_reset": 0.0, **time}


def _leak(fields: Fields, field: str, dt: float) -> dict[str, Any]:
    tau = fields.positive(field)
    fields.refuse("v_leak", 0.0, "snnTorch's potentials decay to 0")
    return {"decay": _decay(fields, field, dt), "gain": gain_of(fields.positive("r"), tau, dt)}


def _decay(fields: Fields, field: str, dt: float) -> Any:
    """Return a decay to the bit: of a file in float32, the one that gives its time constant as snnTorch works it out."""
    tau = fields.positive(field)
    if np.asarray(fields.node.fields[field]).dtype != np.float32:
        return decay_of(tau, dt)
    step = np.float32(dt)
    return compact(recovered(tau, 1.0 - dt / tau, lambda value: step / (np.float32(1) - value)).astype(np.float64))


def decay_of(tau: NDArray[np.float64], dt: float) -> Any:
    """Return what remains of a value behind a step.

    Examples
    --------
    >>> round(decay_of(np.array(1e-3), 1e-4), 6)
    0.9
    """
    return compact(1.0 - dt / tau)


def gain_of(factor: NDArray[np.float64], tau: NDArray[np.float64], dt: float) -> Any:
    """Return the factor of what enters in a step, 1 where only a file's rounding parts it from that."""
    gain = factor * (dt / tau)
    return 1.0 if is_close(gain, 1.0) else compact(gain)
