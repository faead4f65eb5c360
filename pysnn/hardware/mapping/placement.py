"""What a mapping rule takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pysnn.errors import DataError
from pysnn.hardware.chip import Chip
from pysnn.hardware.layers import HardwareLayer

__all__ = ["Bits", "MappingTask", "Placed", "Placement", "Violation", "check_common"]

Bits = int | Mapping[str, int] | None
"""Bits of weights or delays: one number, one by the name of a layer, or ``None`` for what the network says."""

_MOST_BITS = 64


@dataclass(frozen=True)
class Violation:
    """A rule of a chip that a network breaks: at which layer, the chip's limit, and what was found."""

    layer: str
    rule: str
    limit: int
    found: int


@dataclass(frozen=True)
class Placed:
    """Where a layer went; ``None`` where it does not fit."""

    layer: str
    neurons: int
    neurons_per_core: int | None
    cores: int | None
    resources: tuple[tuple[str, float, float], ...] = ()

    @property
    def utilisation(self) -> float | None:
        """Share of the neuron places of its cores that hold a neuron."""
        if not self.neurons_per_core or not self.cores:
            return None
        return min(1.0, self.neurons / (self.neurons_per_core * self.cores))


@dataclass(frozen=True)
class Placement:
    """All layers of a network on a chip.

    Attributes
    ----------
    placed
        In the order of the network's layers; those that take no core of the chip are left out.
    violations
        Rules that it breaks.
    chips
        How many chips it takes; 1 at least.
    copies
        Cores that a spike of a layer goes to, by layer.
    """

    placed: tuple[Placed, ...] = ()
    violations: tuple[Violation, ...] = ()
    chips: int = 1
    copies: Mapping[str, int] = field(default_factory=dict)

    @property
    def cores(self) -> int:
        """Cores of all layers."""
        return sum(p.cores or 0 for p in self.placed)


@dataclass(frozen=True, eq=False)
class MappingTask:
    """What is to be placed, where, and how wide its weights and delays are.

    Attributes
    ----------
    layers
        Of :func:`pysnn.hardware.network_layers.hardware_layers`.
    chip
        Where.
    weight_bits, delay_bits
        See :data:`Bits`. A single number of delay bits belongs to every layer with weights but the last one.
    policy
        "unrolled" or "shared": whether convolutions keep a weight for each of its uses (Loihi).
    """

    layers: tuple[HardwareLayer, ...]
    chip: Chip
    weight_bits: Bits = None
    delay_bits: Bits = None
    policy: str = "unrolled"

    def __post_init__(self) -> None:
        if self.policy not in ("unrolled", "shared"):
            raise DataError(f"policy: expected unrolled or shared, got {self.policy!r}")
        names = {name for layer in self.layers for name in (layer.name, layer.node)}
        for what, bits, least in (("weight_bits", self.weight_bits, 1), ("delay_bits", self.delay_bits, 0)):
            given: Mapping[Any, Any] = bits if isinstance(bits, Mapping) else {None: bits}
            for name, value in given.items():
                if name is not None and name not in names:
                    raise DataError(f"{what}: there is no layer '{name}'; there are {', '.join(sorted(names))}")
                whole = isinstance(value, int) and not isinstance(value, bool)
                if value is not None and not (whole and least <= value <= _MOST_BITS):
                    raise DataError(f"{what}: expected a whole number from {least} to {_MOST_BITS}, got {value!r}")

    def bits(self, layer: HardwareLayer) -> int:
        """Return the bits of a layer's weights."""
        if isinstance(self.weight_bits, int):
            return self.weight_bits
        named = self.weight_bits or {}
        return named.get(layer.name, named.get(layer.node, 0)) or layer.weight_bits

    def delays(self, layer: HardwareLayer) -> int:
        """Return the bits of a layer's delays."""
        if isinstance(self.delay_bits, Mapping):
            return self.delay_bits.get(layer.name, self.delay_bits.get(layer.node, 0))
        if self.delay_bits is None:
            return layer.delay_bits
        return self.delay_bits if layer.weighted and layer is not self.layers[-1] else 0

    def targets(self, layer: HardwareLayer) -> list[tuple[HardwareLayer, Any]]:
        """Return the (layer, link) pairs that a layer's spikes go to."""
        return [(other, link) for other in self.layers for link in other.links if layer.name in link.sources]


def check_common(task: MappingTask) -> list[Violation]:
    """Check what holds on every chip: widths of weights, and shortcuts that carry currents where packets are spikes."""
    found = []
    most = task.chip.limit("weight_bits")
    for layer in task.layers:
        if most is not None and layer.weighted and (bits := task.bits(layer)) > most:
            found.append(Violation(layer.name, "weight bits", most, bits))
        if layer.shortcuts and task.chip.mapping != "none":
            found.append(Violation(layer.name, "shortcuts that carry currents", 0, len(layer.shortcuts)))
    return found
