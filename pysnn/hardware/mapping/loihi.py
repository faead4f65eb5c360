"""Loihi's rule: synapse memory, neurons, axons, and the border between chips. The arithmetic is whole numbers throughout."""

from dataclasses import dataclass, replace

from pysnn.hardware.layers import HardwareLayer, Link
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["CoreMemory", "neurons_by_memory", "place_loihi"]

_WORD = 64


@dataclass(frozen=True)
class CoreMemory:
    """What fits into a core's synapse memory: words, the bits of a weight with its delay, and how much there is to hold."""

    words: int
    bits: int
    synapses: int
    neurons: int

    @property
    def capacity(self) -> int:
        """Weights that a core holds."""
        return self.words * (_WORD // self.bits) if self.bits <= _WORD else 0


def neurons_by_memory(memory: CoreMemory) -> int:
    """Return the neurons that a core's synapse memory has room for.

    With capacity ``c``, ``W`` synapses and ``N`` neurons: ``g = ceil(W / c)``, ``alpha = g - W / c``, and
    ``n = floor((1 - alpha) floor(N / g) + alpha floor(N c / W))``.

    Examples
    --------
    >>> neurons_by_memory(CoreMemory(16380, 7, 2312 * 512, 512))
    62
    """
    capacity, synapses, neurons = memory.capacity, memory.synapses, memory.neurons
    if capacity == 0:
        return 0
    if synapses == 0:
        return 1 << 62
    groups = -(-synapses // capacity)
    spare = groups * capacity - synapses
    return ((capacity - spare) * (neurons // groups) + spare * (neurons * capacity // synapses)) // capacity


def place_loihi(task: MappingTask) -> Placement:
    """Place a network on Loihi: neurons a core by memory and delays, then split for output axons, last layer first."""
    rule = _Rule(task)
    rule.split_for_axons(range(len(task.layers)))
    rule.split_at_borders()
    placed = []
    for k, layer in enumerate(task.layers):
        fits = rule.per_core[k] > 0
        count, cores = (rule.per_core[k], rule.cores[k]) if fits else (None, None)
        placed.append(Placed(layer.name, layer.neurons, count, cores, rule.resources(k) if fits else ()))
    total = sum(p.cores or 0 for p in placed)
    copies = {layer.name: rule.copies(k) for k, layer in enumerate(task.layers)}
    chips = max(1, -(-total // rule.limit("cores")))
    return Placement(tuple(placed), (*check_common(task), *rule.violations), chips, copies)


class _Rule:
    """Neurons a core and cores of each layer, while they are worked out."""

    def __init__(self, task: MappingTask) -> None:
        self.task = task
        self.violations: list[Violation] = []
        self.index = {layer.name: k for k, layer in enumerate(task.layers)}
        self.per_core = [self._alone(layer) for layer in task.layers]

    def limit(self, name: str) -> int:
        found = self.task.chip.limit(name)
        assert found is not None
        return found

    @property
    def cores(self) -> list[int]:
        """Cores of each layer."""
        pairs = zip(self.task.layers, self.per_core, strict=True)
        return [-(-layer.neurons // n) if n else 0 for layer, n in pairs]

    def _memory(self, layer: HardwareLayer) -> CoreMemory:
        words = self.limit("synapse_words") - self.limit("reserved_words")
        bits = self.task.bits(layer) + self.task.delays(layer)
        return CoreMemory(words, bits, layer.synapses, layer.neurons)

    def _alone(self, layer: HardwareLayer) -> int:
        """Return the neurons a core before axons are looked at."""
        most = self.limit("neurons_per_core")
        if layer.kind == "input":
            return most
        for link in layer.links:
            if link.fan_in > self.limit("fan_in"):
                self.violations.append(Violation(link.name or layer.name, "fan-in", self.limit("fan_in"), link.fan_in))
                return 0
        delays, stride = self.task.delays(layer), max((link.pool_stride for link in layer.links), default=1)
        memory = self._memory(layer)
        found = _shared(memory, layer) if self.task.policy == "shared" else neurons_by_memory(memory)
        if found == 0:
            need = -(-layer.fan_in // max(1, _WORD // memory.bits))
            self.violations.append(Violation(layer.name, "synapse memory (words)", memory.words, need))
            return 0
        if delays:
            found = min(found, self.limit("delay_slots") >> delays)
        if stride > 1:
            found = min(found, self.limit("axons_in") // stride**2)
        found = min(found, most)
        if found == 0:
            self.violations.append(Violation(layer.name, "delay slots a core", self.limit("delay_slots"), 1 << delays))
        return found

    def copies(self, k: int) -> int:
        """Return the cores that a spike of layer ``k`` goes to."""
        pairs = self.task.targets(self.task.layers[k])
        return sum(self._destinations(self.index[other.name], other, link) for other, link in pairs)

    def _destinations(self, k: int, other: HardwareLayer, link: Link) -> int:
        count = self.per_core[k]
        if count == 0:
            return 0
        if link.kind == "dense":
            return self.cores[k]
        if link.kind == "direct":
            return 1
        channels = max(1, link.channels_out // link.groups)
        area, stride = link.kernel[0] * link.kernel[1], max(link.stride[0] * link.stride[1], link.pool_stride**2)
        by_count = -(-channels * area // (count * stride))
        return max(1, by_count, -(-_layout_fan_out(other, link, count) // stride))

    def split_for_axons(self, layers: range) -> None:
        """Split layers whose spikes would go to more places than a core has output axons, last layer first."""
        for k in reversed(layers):
            self._split(k, self.limit("axons_out"))

    def _split(self, k: int, most: int) -> None:
        needed = self.per_core[k] * self.copies(k)
        if self.per_core[k] == 0 or needed <= most:
            return
        found = self.per_core[k] // -(-needed // most) - (needed % self.limit("axons_out") == 0)
        if found < 1:
            self.violations.append(Violation(self.task.layers[k].name, "output axons", most, self.copies(k)))
        self.per_core[k] = max(1, found)

    def split_at_borders(self) -> None:
        """Split the layer before each border between chips again: fewer axons lead from chip to chip."""
        size = self.limit("cores")
        for k in range(len(self.task.layers) - 1):
            cores = self.cores
            before, behind = sum(cores[: k + 1]), sum(cores[: k + 2])
            if before and (before - 1) // size != (behind - 1) // size:
                self._split(k, self.limit("axons_out_across_chips"))
                self.split_for_axons(range(k))

    def resources(self, k: int) -> tuple[tuple[str, float, float], ...]:
        """Return (resource, used, limit) of one core of layer ``k``."""
        layer, count = self.task.layers[k], self.per_core[k]
        held = min(count, layer.neurons)
        memory = self._memory(layer)
        words = -(-layer.fan_in * held // max(1, _WORD // memory.bits)) if layer.links else 0
        if self.task.policy == "shared" and layer.links:
            words = min(words, memory.words)
        return (
            ("neurons", float(held), float(self.limit("neurons_per_core"))),
            ("synapse words", float(words), float(self.limit("synapse_words"))),
            ("output axons", float(held * self.copies(k)), float(self.limit("axons_out"))),
        )


def _shared(memory: CoreMemory, layer: HardwareLayer) -> int:
    """Return the neurons a core where a core keeps each weight of a convolution once for all positions."""
    unique = sum(link.weight.size if link.weight is not None else link.fan_in for link in layer.links)
    if all(link.kind == "dense" for link in layer.links):
        unique = layer.synapses
    return neurons_by_memory(replace(memory, synapses=unique))


def _layout_fan_out(layer: HardwareLayer, link: Link, count: int) -> int:
    """Return the cores that one input of a convolution reaches, where a core holds whole positions, channels first, then x, then y."""
    channels, height, width = layer.shape
    deep = min(channels, count)
    wide = min(width, max(1, count // channels))
    high = min(height, max(1, count // (channels * wide)))
    own = channels if link.groups == 1 else max(1, link.channels_out // link.groups)
    return -(-link.kernel[0] // high) * -(-link.kernel[1] // wide) * -(-own // deep)
