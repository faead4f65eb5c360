"""Speck (DYNAP-CNN): a layer a core, kernel and neuron memory in powers of two, layers matched with cores."""

from math import prod

from pysnn.hardware.compiled import compiled_core
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common
from pysnn.hardware.mapping.speck_rule import Kernels, SpeckCores, assign_cores

__all__ = ["place_speck", "rule_arguments"]

Rooms = tuple[tuple[int, int], ...]
Arguments = tuple[tuple[tuple[int, int, int], ...], tuple[Kernels, ...], Rooms]


def place_speck(task: MappingTask) -> Placement:
    """Place each layer with weights on a core of its own, if there is an assignment."""
    layers = [layer for layer in task.layers if layer.weighted]
    shapes, kernels, rooms = rule_arguments(task, layers)
    found = _solved(shapes, kernels, rooms)
    violations = check_common(task)
    kernel_room, neuron_room = (max(room[k] for room in rooms) for k in (0, 1))
    placed = []
    for k, layer in enumerate(layers):
        words = found.kernels[k], found.neurons[k]
        if not found.fits[k]:
            violations += _too_large(layer.name, words, rooms)
        use = (
            ("kernel words", float(words[0]), float(kernel_room)),
            ("neuron words", float(words[1]), float(neuron_room)),
        )
        held, cores = (layer.neurons, 1) if found.fits[k] else (None, None)
        placed.append(Placed(layer.name, layer.neurons, held, cores, use))
    if len(layers) > len(rooms):
        violations.append(Violation("", "layers", len(rooms), len(layers)))
    left = [layer for k, layer in enumerate(layers) if found.fits[k] and found.cores[k] is None]
    violations += [Violation(layer.name, "cores that are left for the layer", 0, 1) for layer in left]
    copies = {layer.name: len(task.targets(layer)) for layer in task.layers}
    return Placement(tuple(placed), tuple(violations), 1, copies)


def rule_arguments(task: MappingTask, layers: list[HardwareLayer]) -> Arguments:
    """Return what the rule takes; a dense layer is a convolution whose kernel is the whole map."""
    kernels = tuple(
        Kernels(
            k,
            link.shape_in[0] // link.groups,
            prod(link.shape_in[1:]) if link.kind == "dense" else prod(link.kernel),
            link.channels_out,
        )
        for k, layer in enumerate(layers)
        for link in layer.links
        if link.weight is not None
    )
    held = (task.chip.section(name).values() for name in ("kernel_memory", "neuron_memory"))
    rooms = tuple((int(a.value), int(b.value)) for a, b in zip(*held, strict=True))
    return tuple(layer.shape for layer in layers), kernels, rooms


def _solved(shapes: tuple[tuple[int, int, int], ...], kernels: tuple[Kernels, ...], rooms: Rooms) -> SpeckCores:
    core = compiled_core()
    if core is None:
        return assign_cores(shapes, kernels, rooms)
    tables = [list(shape) for shape in shapes], [given.numbers() for given in kernels], [list(room) for room in rooms]
    return SpeckCores(*map(tuple, core.speck_cores(*tables)))


def _too_large(name: str, words: tuple[int, int], rooms: Rooms) -> list[Violation]:
    """Name the memory that no core has enough of, or else that no core has enough of both."""
    most = tuple(max(room[k] for room in rooms) for k in (0, 1))
    rules = ("kernel memory (words)", "neuron memory (words)")
    found = [Violation(name, rule, m, w) for rule, m, w in zip(rules, most, words, strict=True) if w > m]
    if found:
        return found
    best = max(kernels for kernels, neurons in rooms if neurons >= words[1])
    return [Violation(name, "kernel memory beside so much neuron memory (words)", best, words[0])]
