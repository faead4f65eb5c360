"""TrueNorth: 256 axons and 256 neurons a core, four weights a neuron, one core that a neuron's spikes go to."""

import numpy as np

from pysnn.hardware.compiled import compiled_core
from pysnn.hardware.layers import HardwareLayer, Link
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common
from pysnn.hardware.mapping.truenorth_rule import Block, Blocks, PatchLink, Shape, place_blocks

__all__ = ["place_truenorth", "rule_arguments"]

_ROWS = 4096


def place_truenorth(task: MappingTask) -> Placement:
    """Place a network on TrueNorth; a core holds a patch of positions and as many channels as fit."""
    names = ("axons_per_core", "neurons_per_core", "axon_types", "target_cores", "cores")
    axons, neurons, types, targets, cores = (int(task.chip.section("limits")[name].value) for name in names)
    shapes, links = rule_arguments(task, axons)
    found = _solved(shapes, links, (axons, neurons))
    violations = check_common(task)
    placed: list[Placed] = []
    for layer, block in zip(task.layers[1:], found.blocks[1:], strict=True):
        if block is None:
            worst = max(layer.links, key=lambda link: link.fan_in)
            violations.append(Violation(worst.name or layer.name, "fan-in", axons, layer.fan_in))
            placed.append(Placed(layer.name, layer.neurons, None, None))
            continue
        violations += _weight_types(layer, types)
        use = (("neurons", float(block.neurons), float(neurons)), ("axons", float(block.axons), float(axons)))
        placed.append(Placed(layer.name, layer.neurons, block.neurons, block.cores(layer.shape), use))
    copies = dict(zip((layer.name for layer in task.layers), found.copies, strict=True))
    for layer in task.layers[1:]:
        if copies[layer.name] > targets:
            violations.append(Violation(layer.name, "target cores a neuron", targets, copies[layer.name]))
    total = sum(p.cores or 0 for p in placed)
    return Placement(tuple(placed), tuple(violations), max(1, -(-total // cores)), copies)


def rule_arguments(task: MappingTask, axons: int) -> tuple[tuple[Shape | None, ...], tuple[PatchLink, ...]]:
    """Return shapes and links for the rule; the input, and layers whose fan-in is too large, have no shape."""
    shapes = tuple(None if k == 0 or layer.fan_in > axons else layer.shape for k, layer in enumerate(task.layers))
    index = {layer.name: k for k, layer in enumerate(task.layers)}
    links = tuple(
        _patch_link(tuple(index[source] for source in link.sources), k, layer, link)
        for k, layer in enumerate(task.layers)
        if shapes[k] is not None
        for link in layer.links
    )
    return shapes, links


def _patch_link(sources: tuple[int, ...], target: int, layer: HardwareLayer, link: Link) -> PatchLink:
    conv = link.kind == "conv"
    inputs = (link.shape_in[0] if conv else layer.shape[0]) // link.groups
    pool = link.pool_area if conv else 1
    outputs = max(1, link.channels_out // link.groups)
    kinds = (link.kind == "dense", link.fan_in, link.groups, inputs, outputs, pool)
    return PatchLink(sources, target, *kinds, kernel=link.kernel, stride=link.stride)


def _solved(shapes: tuple[Shape | None, ...], links: tuple[PatchLink, ...], limits: tuple[int, int]) -> Blocks:
    core = compiled_core()
    if core is None:
        return place_blocks(shapes, links, limits)
    edges = [edge for number, link in enumerate(links) for edge in link.edges(number)]
    tables = [list(shape or (0, 0, 0)) for shape in shapes], [link.numbers() for link in links], edges
    sizes, copies = core.truenorth_blocks(*tables, list(limits))
    return Blocks(tuple(Block((c, h, w), axons) if c else None for c, h, w, axons in sizes), tuple(copies))


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
