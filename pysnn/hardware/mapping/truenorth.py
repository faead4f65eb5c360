"""TrueNorth's rule: 256 axons and 256 neurons a core, four weights a neuron, one core that a neuron's spikes go to."""

from math import prod

import numpy as np

from pysnn.hardware.layers import HardwareLayer, Link
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["place_truenorth"]

_ROWS = 4096


def place_truenorth(task: MappingTask) -> Placement:
    """Place a network on TrueNorth; a core holds a patch of positions and as many channels as fit."""
    chip = task.chip
    names = ("axons_per_core", "neurons_per_core", "axon_types", "target_cores", "cores")
    axons, neurons, types, targets, cores = (int(chip.section("limits")[name].value) for name in names)
    violations = check_common(task)
    placed: list[Placed] = []
    blocks: dict[str, _Block] = {}
    for layer in task.layers:
        if layer.kind == "input":
            continue
        if layer.fan_in > axons:
            worst = max(layer.links, key=lambda link: link.fan_in)
            violations.append(Violation(worst.name or layer.name, "fan-in", axons, layer.fan_in))
            placed.append(Placed(layer.name, layer.neurons, None, None))
            continue
        violations += _weight_types(layer, types)
        block = _best_block(layer, axons, neurons)
        blocks[layer.name] = block
        use = (("neurons", float(block.neurons), float(neurons)), ("axons", float(block.axons), float(axons)))
        placed.append(Placed(layer.name, layer.neurons, block.neurons, block.cores, use))
    copies = {layer.name: _copies(task, layer, blocks) for layer in task.layers}
    for layer in task.layers:
        if layer.kind != "input" and copies[layer.name] > targets:
            violations.append(Violation(layer.name, "target cores a neuron", targets, copies[layer.name]))
    total = sum(p.cores or 0 for p in placed)
    return Placement(tuple(placed), tuple(violations), max(1, -(-total // cores)), copies)


def _weight_types(layer: HardwareLayer, most: int) -> list[Violation]:
    """Find the first neuron with more different weights than a core has types of axons."""
    for link in layer.links:
        if link.weight is None:
            continue
        rows = link.weight.reshape(len(link.weight), -1)
        for start in range(0, len(rows), _ROWS):
            part = np.sort(rows[start : start + _ROWS], axis=1)
            fresh = np.ones(part.shape, dtype=bool)
            fresh[:, 1:] = part[:, 1:] != part[:, :-1]
            counts = (fresh & (part != 0)).sum(axis=1)
            if (counts > most).any():
                return [Violation(link.name, "different weights a neuron", most, int(counts[counts > most][0]))]
    return []


class _Block:
    """What a core holds of a layer: rows, columns and channels."""

    def __init__(self, layer: HardwareLayer, size: tuple[int, int, int], axons: int) -> None:
        self.size = size
        self.axons = axons
        self.neurons = prod(size)
        self.cores = prod(-(-whole // part) for whole, part in zip(layer.shape, size, strict=True))


def _best_block(layer: HardwareLayer, axons: int, neurons: int) -> _Block:
    """Return the block of the fewest cores; of equal ones the one with the fewest positions."""
    _, height, width = layer.shape
    found: _Block | None = None
    for high in range(1, min(height, neurons) + 1):
        for wide in range(1, min(width, neurons // high) + 1):
            block = _block(layer, (high, wide), (axons, neurons))
            if block is None:
                break
            if found is None or block.cores < found.cores:
                found = block
    assert found is not None, "one position fits where the fan-in does"
    return found


def _block(layer: HardwareLayer, patch: tuple[int, int], limits: tuple[int, int]) -> _Block | None:
    """Return the block with a patch of positions and the most channels, or ``None`` where its axons are too many."""
    axons, neurons = limits
    channels = layer.shape[0]
    deep = min(channels, neurons // prod(patch))
    while deep >= 1:
        used = sum(_axons(link, patch, deep, channels) for link in layer.links)
        if used <= axons:
            return _Block(layer, (deep, *patch), used)
        if all(link.groups == 1 for link in layer.links):
            return None
        deep -= 1
    return None


def _axons(link: Link, patch: tuple[int, int], deep: int, channels: int) -> int:
    """Return the inputs that a patch of positions of some channels sees."""
    if link.kind == "dense":
        return link.fan_in
    inputs = link.shape_in[0] if link.kind == "conv" else channels
    groups = -(-deep * link.groups // channels)
    sides = ((n - 1) * s + k for n, s, k in zip(patch, link.stride, link.kernel, strict=True))
    area = prod(sides) * (link.pool_area if link.kind == "conv" else 1)
    return groups * (inputs // link.groups) * area


def _copies(task: MappingTask, layer: HardwareLayer, blocks: dict[str, "_Block"]) -> int:
    """Return the cores that a spike of a layer goes to."""
    total = 0
    for other, link in task.targets(layer):
        block = blocks.get(other.name)
        if block is None:
            continue
        if link.kind == "dense":
            total += block.cores
            continue
        channels = max(1, link.channels_out // link.groups)
        total += -(-channels // block.size[0]) * prod(
            _met(*sides) for sides in zip(link.kernel, link.stride, block.size[1:], other.shape[1:], strict=True)
        )
    return total


def _met(kernel: int, stride: int, block: int, outputs: int) -> int:
    """Return the most blocks, along an axis, whose windows hold one input."""
    windows = min(-(-kernel // stride), outputs)
    return min(-(-outputs // block), -(-(windows - 1) // block) + 1)
