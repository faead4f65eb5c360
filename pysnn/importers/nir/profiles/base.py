"""What a profile is: how one library means the neurons that it writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, NetworkError
from pysnn.frozen import FrozenDict
from pysnn.importers.nir.fields import Fields, compact, is_close
from pysnn.importers.nir.graph import NirNode
from pysnn.importers.nir.options import NirOptions
from pysnn.neurons import IF
from pysnn.nodes.base import NeuronParameters, Node

__all__ = ["NEURON_KINDS", "Profile"]

NEURON_KINDS = ("IF", "LIF", "CubaLIF", "I", "LI", "CubaLI", "Threshold")
"""NIR's neurons."""


@dataclass(frozen=True)
class Profile:
    """How one library means the neurons that it writes. ``options``: what its files do not say.

    A profile has a method for each kind of neuron that its library writes, called as the kind in small letters, which takes
    :class:`~pysnn.importers.nir.fields.Fields` and returns a node.
    """

    options: NirOptions = field(default_factory=NirOptions)

    name: ClassVar[str] = ""
    writer_dt: ClassVar[float | None] = None
    compare: ClassVar[str] = ">"
    takes: ClassVar[tuple[str, ...]] = ("dt",)
    words: ClassVar[Mapping[str, Any]] = FrozenDict()

    def __post_init__(self) -> None:
        unknown = [name for name in self.options.given if name not in self.takes]
        if unknown:
            raise DataError(
                f"the profile '{self.name}' takes {', '.join(self.takes) or 'no options'}, got {', '.join(unknown)}"
            )

    @property
    def dt(self) -> float | None:
        """Seconds a step, of the options or of the library's writer."""
        return self.writer_dt if self.options.dt is None else float(self.options.dt)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about what the files do not say, and was taken to be so."""
        return ()

    def neuron(self, fields: Fields) -> Node:
        """Return the neuron of a NIR node.

        Raises
        ------
        NetworkError
            The library writes no such neuron, or one of its numbers has no counterpart.
        """
        self._check_kind(fields.node.kind, f"{fields.title}: ")
        return getattr(self, f"_{fields.node.kind.lower()}")(fields)  # type: ignore[no-any-return]

    def written(self, found: NeuronParameters, kind: str) -> NirNode:
        """Return the NIR node of a neuron: its numbers as this library writes them."""
        self._check_kind(kind)
        values: dict[str, Any] = {}
        if kind in ("LIF", "LI", "CubaLIF", "CubaLI"):
            dt = self._step
            away = 1.0 - found.constants["decay"]
            if (away <= 0).any():
                raise NetworkError(f"a potential that does not decay has no time constant, which NIR's {kind} needs")
            values = {"tau": dt / away, "r": found.constants["gain"] / away, "v_leak": found.constants["drive"] / away}
        if kind.startswith("Cuba"):
            values["tau_mem"] = values.pop("tau")
            values |= _synapse(found.constants, self._step)
        if kind in ("IF", "I"):
            values["r"] = np.full_like(found.threshold, self._unit_resistance, dtype=np.float64)
        if kind in ("IF", "LIF", "CubaLIF"):
            values |= {"v_threshold": found.threshold, "v_reset": found.v_reset}
        if kind == "Threshold":
            values["threshold"] = found.threshold
        return NirNode(kind, {key: np.asarray(value, dtype=np.float64) for key, value in values.items()})

    def _check_kind(self, kind: str, what: str = "") -> None:
        if not hasattr(self, f"_{kind.lower()}"):
            raise NetworkError(f"{what}the library of the profile '{self.name}' writes no {kind}")

    @property
    def _step(self) -> float:
        """Seconds a step, which are needed."""
        if self.dt is None:
            raise DataError(f"the profile '{self.name}' needs dt (seconds a step), of which NIR files say nothing")
        return self.dt

    @property
    def _unit_resistance(self) -> float:
        """What the library writes for an IF neuron that adds its current up."""
        return 1.0

    def _spiking(self, fields: Fields) -> dict[str, Any]:
        """Return threshold and reset to a value."""
        found = {"v_threshold": compact(fields.positive("v_threshold")), "compare": self.compare, "reset": "value"}
        return {**found, "v_reset": compact(fields.numbers("v_reset", 0.0))}

    def _summed(self, fields: Fields) -> None:
        """Refuse an IF neuron that does more than add its current up."""
        r = fields.positive("r")
        if not is_close(r, 1.0) and not (self.dt and is_close(r * self.dt, 1.0)):
            raise NetworkError(
                f"{fields.title}: r must be 1, or 1/dt, got {r.flat[0]:g} with dt {self.dt}: a neuron of the profile '{self.name}' adds its current up"
            )

    def _if(self, fields: Fields) -> Node:
        self._summed(fields)
        return IF(**self._spiking(fields))


def _synapse(constants: Mapping[str, NDArray[np.float64]], dt: float) -> dict[str, NDArray[np.float64]]:
    """Return time constant and gain of a synaptic current."""
    if "syn_rate" in constants:
        return {"tau_syn": dt / constants["syn_rate"], "w_in": np.ones_like(constants["syn_rate"])}
    away = 1.0 - constants["syn_decay"]
    if (away <= 0).any():
        raise NetworkError("a synaptic current that does not decay has no time constant, which NIR's CubaLIF needs")
    return {"tau_syn": dt / away, "w_in": constants.get("syn_gain", np.ones_like(away)) / away}
