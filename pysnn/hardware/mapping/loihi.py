"""Loihi: synapse memory, neurons, axons, and the border between chips; the rule itself is in ``loihi_rule.py`` and compiled."""

from dataclasses import dataclass, replace
from typing import Any

from pysnn.hardware.compiled import compiled_core
from pysnn.hardware.layers import HardwareLayer, Link
from pysnn.hardware.mapping.loihi_rule import Cores, LayerSizes, LinkSizes, RuleLimits, split_cores
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["place_loihi"]

_WORD = 64
_KINDS = {"direct": 1, "sparse": 1, "conv": 2, "pool": 2}


def place_loihi(task: MappingTask) -> Placement:
    """Place a network on Loihi: neurons a core by memory and delays, then split for output axons, last layer first.

    Splitting for axons can leave wider weights with fewer cores. Weights are then stored wider, so that wider weights never take fewer.
    """
    links = _links(task)
    best = _Solution.of(task, links)
    for extra in _wider(task):
        bits = {layer.name: min(_WORD, task.bits(layer) + extra) for layer in task.layers}
        wider = _Solution.of(replace(task, weight_bits=bits), links)
        if wider.broken <= best.broken and wider.cores < best.cores:
            best = wider
    return best.placement(task)


def _wider(task: MappingTask) -> list[int]:
    """Return by how many bits weights must be wider until a word holds fewer of them, for each number that it can hold."""
    widths = {_bits(task, layer) for layer in task.layers[1:]}
    found = {_WORD // (held + 1) + 1 - width for width in widths for held in range(1, _WORD // width)}
    return sorted(extra for extra in found if extra > 0)


@dataclass(frozen=True)
class _Solution:
    """What the rule takes and finds for some widths of weights."""

    task: MappingTask
    layers: tuple[LayerSizes, ...]
    limits: RuleLimits
    violations: list[Violation]
    found: Cores

    @classmethod
    def of(cls, task: MappingTask, links: tuple[LinkSizes, ...]) -> "_Solution":
        """Work the rule out for the task's widths."""
        violations: list[Violation] = []
        layers = tuple(_sizes(task, layer, violations) for layer in task.layers)
        limits = RuleLimits(*(_limit(task, name) for name in _LIMITS))
        found = _solved(layers, links, limits)
        # A layer is split by the cores behind it; where it leads back, those may be split later.
        back = {link.source for link in links if link.target <= link.source}
        rows = zip(task.layers, found.per_core, found.copies, found.crowded, strict=True)
        for k, (layer, count, copies, crowded) in enumerate(rows):
            if crowded or (k in back and count * copies > limits.axons):
                violations.append(
                    Violation(layer.name, "output axons", limits.axons, copies if crowded else count * copies)
                )
        return cls(task, layers, limits, violations, found)

    @property
    def broken(self) -> set[tuple[str, str]]:
        """Layers and rules that they break."""
        return {(violation.layer, violation.rule) for violation in self.violations}

    @property
    def cores(self) -> int:
        return sum(-(-s.neurons // count) for s, count in zip(self.layers, self.found.per_core, strict=True) if count)

    def placement(self, task: MappingTask) -> Placement:
        """Return where the layers of the task go, whose own widths may be smaller."""
        placed = []
        for layer, sizes, count, copies in zip(
            task.layers, self.layers, self.found.per_core, self.found.copies, strict=True
        ):
            cores = -(-layer.neurons // count) if count else None
            use = _resources(self.task, layer, sizes, (count, copies)) if count else ()
            placed.append(Placed(layer.name, layer.neurons, count or None, cores, use))
        copies_by_layer = dict(zip((layer.name for layer in task.layers), self.found.copies, strict=True))
        chips = max(1, -(-self.cores // self.limits.cores))
        return Placement(tuple(placed), (*check_common(task), *self.violations), chips, copies_by_layer)


def _solved(layers: tuple[LayerSizes, ...], links: tuple[LinkSizes, ...], limits: RuleLimits) -> Cores:
    core = compiled_core()
    if core is None:
        return split_cores(layers, links, limits)
    tables = [layer.numbers() for layer in layers], [link.numbers() for link in links], limits.numbers()
    return Cores(*map(tuple, core.loihi_cores(*tables)))


def _links(task: MappingTask) -> tuple[LinkSizes, ...]:
    index = {layer.name: k for k, layer in enumerate(task.layers)}
    return tuple(
        _link(index[source], k, layer, link)
        for k, layer in enumerate(task.layers)
        for link in layer.links
        for source in link.sources
    )


_LIMITS = ("axons_out", "axons_out_across_chips", "cores")


def _limit(task: MappingTask, name: str) -> int:
    return int(task.chip.section("limits")[name].value)


def _bits(task: MappingTask, layer: HardwareLayer) -> int:
    return task.bits(layer) + task.delays(layer) + layer.state_bits


def _sizes(task: MappingTask, layer: HardwareLayer, violations: list[Violation]) -> LayerSizes:
    """Return a layer's sizes; one that breaks a rule has room for no neuron."""
    most = _limit(task, "neurons_per_core")
    if layer.kind == "input":
        return LayerSizes(layer.neurons, 0, 0, most, layer.shape)
    fan_in, words = _limit(task, "fan_in"), _limit(task, "synapse_words") - _limit(task, "reserved_words")
    for link in layer.links:
        if link.fan_in > fan_in:
            violations.append(Violation(link.name or layer.name, "fan-in", fan_in, link.fan_in))
            return LayerSizes(layer.neurons, 1, 0, 0, layer.shape)
    capacity = words * (_WORD // _bits(task, layer))
    if layer.fan_in > capacity:
        need = -(-layer.fan_in // max(1, _WORD // _bits(task, layer)))
        violations.append(Violation(layer.name, "synapse memory (words)", words, need))
        return LayerSizes(layer.neurons, 1, 0, 0, layer.shape)
    delays, stride = task.delays(layer), max((link.pool_stride for link in layer.links), default=1)
    slots, axons = _limit(task, "delay_slots"), _limit(task, "axons_in")
    if slots >> delays == 0:
        violations.append(Violation(layer.name, "delay slots a core", slots, 1 << delays))
    if axons // stride**2 == 0:
        violations.append(Violation(layer.name, "input axons behind pools", axons, stride**2))
    most = min(most, slots >> delays if delays else most, axons // stride**2 if stride > 1 else most)
    return LayerSizes(layer.neurons, _synapses(task, layer), capacity, most, layer.shape)


def _synapses(task: MappingTask, layer: HardwareLayer) -> int:
    """Return the weights to hold: with the policy "shared", those of a convolution once for all positions."""
    if task.policy == "unrolled" or all(link.kind in ("dense", "sparse") for link in layer.links):
        return layer.synapses
    return sum(link.weight.size if link.weight is not None else link.fan_in for link in layer.links)


def _link(source: int, target: int, layer: HardwareLayer, link: Link) -> LinkSizes:
    channels = max(1, link.channels_out // link.groups)
    depth = layer.shape[0] if link.groups == 1 else channels
    stride = max(link.stride[0] * link.stride[1], link.pool_stride**2)
    return LinkSizes(source, target, 0 if link.everywhere else _KINDS[link.kind], channels, depth, link.kernel, stride)


def _resources(
    task: MappingTask, layer: HardwareLayer, sizes: LayerSizes, found: Any
) -> tuple[tuple[str, float, float], ...]:
    """Return (resource, used, limit) of one core; ``found``: its neurons, and the cores that a spike goes to."""
    count, copies = found
    held = min(count, layer.neurons)
    words = 0
    if layer.links:
        wanted = sizes.synapses * held // layer.neurons if task.policy == "unrolled" else sizes.synapses
        words = min(_limit(task, "synapse_words"), -(-wanted // max(1, _WORD // _bits(task, layer))))
    return (
        ("neurons", float(held), float(_limit(task, "neurons_per_core"))),
        ("synapse words", float(words), float(_limit(task, "synapse_words"))),
        ("output axons", float(held * copies), float(_limit(task, "axons_out"))),
    )
