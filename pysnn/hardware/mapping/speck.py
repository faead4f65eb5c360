"""Speck's (DYNAP-CNN's) rule: a layer a core, kernel and neuron memory in powers of two, layers matched with cores."""

from math import prod

from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["memory_words", "place_speck"]


def memory_words(layer: HardwareLayer) -> tuple[int, int]:
    """Return the words of kernel and of neuron memory that a layer takes.

    Kernels: ``c 2^(ceil(log2 kx ky) + ceil(log2 f))``; neurons: ``f 2^(ceil(log2 fy) + ceil(log2 fx))``, with ``c`` input and
    ``f`` output channels. A dense layer is a convolution whose kernel is the whole map.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Conv2d, Input, Network, Output
    >>> from pysnn.hardware.network_layers import hardware_layers
    >>> conv = Conv2d(np.ones((32, 16, 3, 3)), padding=1)
    >>> net = Network.chain({"in": Input((16, 64, 64)), "conv": conv, "if": IF(), "out": Output("mean_current")})
    >>> memory_words(hardware_layers(net)[1])
    (8192, 131072)
    """
    kernels = 0
    for link in layer.links:
        if link.weight is None:
            continue
        inputs = link.shape_in[0] // link.groups
        kernel = prod(link.shape_in[1:]) if link.kind == "dense" else prod(link.kernel)
        kernels += inputs << (_log2(kernel) + _log2(link.channels_out))
    features, rows, columns = layer.shape
    return kernels, features << (_log2(rows) + _log2(columns))


def _log2(count: int) -> int:
    """Return ``ceil(log2(count))``."""
    return (count - 1).bit_length()


def place_speck(task: MappingTask) -> Placement:
    """Place each layer with weights on a core of its own, if there is an assignment."""
    kernel_room = [int(q.value) for q in task.chip.section("kernel_memory").values()]
    neuron_room = [int(q.value) for q in task.chip.section("neuron_memory").values()]
    violations = check_common(task)
    fits: dict[str, list[int]] = {}
    placed = []
    for layer in task.layers:
        if not layer.weighted:
            continue
        kernels, neurons = memory_words(layer)
        use = (
            ("kernel words", float(kernels), float(max(kernel_room))),
            ("neuron words", float(neurons), float(max(neuron_room))),
        )
        for rule, words, room in (
            ("kernel memory (words)", kernels, kernel_room),
            ("neuron memory (words)", neurons, neuron_room),
        ):
            if words > max(room):
                violations.append(Violation(layer.name, rule, max(room), words))
        pairs = enumerate(zip(kernel_room, neuron_room, strict=True))
        fits[layer.name] = [k for k, (a, b) in pairs if kernels <= a and neurons <= b]
        alone = max(kernels, 1) <= max(kernel_room) and neurons <= max(neuron_room)
        if not fits[layer.name] and alone:
            best = max(a for a, b in zip(kernel_room, neuron_room, strict=True) if b >= neurons)
            violations.append(
                Violation(layer.name, "kernel memory beside so much neuron memory (words)", best, kernels)
            )
        held, cores = (layer.neurons, 1) if fits[layer.name] else (None, None)
        placed.append(Placed(layer.name, layer.neurons, held, cores, use))
    matched = _match(fits)
    if len(placed) > len(kernel_room):
        violations.append(Violation("", "layers", len(kernel_room), len(placed)))
    for name, fitting in fits.items():
        if fitting and name not in matched:
            violations.append(Violation(name, "cores that are left for the layer", 0, 1))
    copies = {layer.name: len(task.targets(layer)) for layer in task.layers}
    return Placement(tuple(placed), tuple(violations), 1, copies)


def _match(fits: dict[str, list[int]]) -> dict[str, int]:
    """Return a largest matching of layers with cores, by augmenting paths."""
    taken: dict[int, str] = {}

    def place(name: str, seen: set[int]) -> bool:
        for core in fits[name]:
            if core in seen:
                continue
            seen.add(core)
            if core not in taken or place(taken[core], seen):
                taken[core] = name
                return True
        return False

    for name in fits:
        place(name, set())
    return {name: core for core, name in taken.items()}
