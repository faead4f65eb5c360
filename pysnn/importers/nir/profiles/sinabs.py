"""What sinabs 3.1.3 writes: time constants in steps, and no word of how often a neuron fires, of its reset and of what divides its input."""

from typing import Any, ClassVar

import numpy as np

from pysnn.importers.nir.fields import Fields, compact
from pysnn.importers.nir.graph import NirNode
from pysnn.importers.nir.profiles.base import Profile
from pysnn.neurons import IF, DiscreteLI, DiscreteLIF
from pysnn.nodes.base import NeuronParameters, Node

__all__ = ["Sinabs"]

_MULTI_SPIKE = 255


class Sinabs(Profile):
    """IAF, LIF and ExpLeak: ``v = a v + (1 - a) I``, or ``a v + I``, with ``a = exp(-1/tau)``; as many spikes as thresholds fit, and each takes one away."""

    name: ClassVar[str] = "sinabs"
    compare: ClassVar[str] = ">="
    takes: ClassVar[tuple[str, ...]] = ("reset", "max_spikes", "norm_input", "floor")

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the files do not say, and was taken to be so."""
        defaults = {
            "max_spikes": "max_spikes 255 (MultiSpike)",
            "reset": "reset 'subtract' (MembraneSubtract)",
            "norm_input": "norm_input=True for LIF and False for ExpLeak",
            "floor": "no floor (min_v_mem)",
        }
        taken = [text for name, text in defaults.items() if name not in self.options.given]
        return (f"the file does not say these, and sinabs' defaults were taken: {', '.join(taken)}",) if taken else ()

    def _spiking(self, fields: Fields) -> dict[str, Any]:
        most = self.options.max_spikes
        found: dict[str, Any] = {
            "v_threshold": compact(fields.positive("v_threshold")),
            "max_spikes": _MULTI_SPIKE if most is None else most,
        }
        found["reset"] = self.options.reset or "subtract"
        if self.options.floor is not None:
            found["floor"] = self.options.floor
        fields.refuse("v_reset", 0.0, "sinabs writes none", 0.0)
        return found

    def _if(self, fields: Fields) -> Node:
        self._summed(fields)
        return IF(**self._spiking(fields))

    def _lif(self, fields: Fields) -> Node:
        return DiscreteLIF(**self._spiking(fields), **self._leak(fields, norm_input=True))

    def _li(self, fields: Fields) -> Node:
        floor: dict[str, Any] = {} if self.options.floor is None else {"floor": self.options.floor}
        return DiscreteLI(**floor, **self._leak(fields, norm_input=False))

    def _leak(self, fields: Fields, *, norm_input: bool) -> dict[str, Any]:
        fields.refuse("r", 1.0, "sinabs writes no other")
        fields.refuse("v_leak", 0.0, "sinabs' potentials decay to 0")
        with np.errstate(over="ignore"):
            quotient = np.float32(-1) / fields.positive("tau").astype(np.float32)
        decay = np.exp(quotient.astype(np.float64)).astype(np.float32)
        norm = norm_input if self.options.norm_input is None else self.options.norm_input
        gain = compact((np.float32(1) - decay).astype(np.float64)) if norm else 1.0
        return {"decay": compact(decay.astype(np.float64)), "gain": gain}

    def written(self, found: NeuronParameters, kind: str) -> NirNode:
        """Return the NIR node of a neuron, its time constant in steps."""
        if kind not in ("LIF", "LI"):
            return super().written(found, kind)
        decay = found.constants["decay"]
        if ((decay <= 0) | (decay >= 1)).any():
            return super().written(found, kind)
        values = {"tau": -1.0 / np.log(decay), "r": np.ones_like(decay), "v_leak": np.zeros_like(decay)}
        if kind == "LIF":
            values |= {"v_threshold": found.threshold.astype(np.float64), "v_reset": np.zeros_like(decay)}
        return NirNode(kind, values)
