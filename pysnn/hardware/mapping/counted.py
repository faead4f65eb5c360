"""Chips whose rule is a number of neurons a core, or a chip that is one core."""

from pysnn.hardware.compiled import compiled_core
from pysnn.hardware.mapping.counted_rule import CountedCores, CountedLink, split_by_neurons
from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["place_by_neurons", "place_nowhere", "place_on_one_core", "place_on_xylo"]


def place_by_neurons(task: MappingTask) -> Placement:
    """Place so many neurons a core; a layer starts on a core of its own."""
    most, cores, fan_in = (task.chip.limit(name) for name in ("neurons_per_core", "cores", "fan_in"))
    assert most is not None
    assert cores is not None
    layers = [layer for layer in task.layers if layer.kind != "input"]
    wide = [fan_in is not None and layer.fan_in > fan_in for layer in layers]
    violations = check_common(task)
    violations += [
        Violation(layer.name, "fan-in", fan_in or 0, layer.fan_in)
        for layer, out in zip(layers, wide, strict=True)
        if out
    ]
    room = {layer.name: 0 if out else layer.neurons for layer, out in zip(layers, wide, strict=True)}
    held = tuple(room.get(layer.name, 0) for layer in task.layers)
    found = _solved(held, _links(task), most)
    placed = []
    cores_of = dict(zip((layer.name for layer in task.layers), found.cores, strict=True))
    for layer in layers:
        count = cores_of[layer.name]
        use = (("neurons", float(min(most, layer.neurons)), float(most)),) if count else ()
        placed.append(Placed(layer.name, layer.neurons, most if count else None, count or None, use))
    copies = dict(zip((layer.name for layer in task.layers), found.copies, strict=True))
    return Placement(tuple(placed), tuple(violations), max(1, -(-sum(found.cores) // cores)), copies)


def place_on_one_core(task: MappingTask) -> Placement:
    """Place all neurons on the one core that there is."""
    most, fan_in = task.chip.limit("neurons"), task.chip.limit("fan_in")
    assert most is not None
    assert fan_in is not None
    violations = check_common(task)
    layers = [layer for layer in task.layers if layer.kind != "input"]
    total = sum(layer.neurons for layer in layers)
    if total > most:
        violations.append(Violation("", "neurons", most, total))
    violations += [
        Violation(layer.name, "fan-in", fan_in, layer.fan_in) for layer in task.layers if layer.fan_in > fan_in
    ]
    placed = tuple(
        Placed(
            layer.name,
            layer.neurons,
            layer.neurons if total <= most else None,
            1 if total <= most else None,
            (("neurons", float(layer.neurons), float(most)),),
        )
        for layer in layers
    )
    return Placement(placed, tuple(violations), 1, dict.fromkeys((layer.name for layer in task.layers), 1))


def place_on_xylo(task: MappingTask) -> Placement:
    """Check the numbers of inputs, hidden and output neurons, and the fan-out of the hidden ones."""
    chip, (entry, *hidden, last) = task.chip, task.layers
    violations = check_common(task)
    counts = {"inputs": entry.neurons, "neurons": sum(layer.neurons for layer in hidden), "outputs": last.neurons}
    for name, count in counts.items():
        most = chip.limit(name)
        if most is not None and count > most:
            violations.append(Violation({"inputs": entry.name, "outputs": last.name}.get(name, ""), name, most, count))
    fan_out = chip.limit("fan_out")
    assert fan_out is not None
    neurons = tuple(layer.neurons for layer in task.layers)
    reached = _solved(neurons, _links(task), max(neurons)).fan_out[1:-1]
    violations += [
        Violation(layer.name, "fan-out", fan_out, count)
        for layer, count in zip(hidden, reached, strict=True)
        if count > fan_out
    ]
    placed = tuple(Placed(layer.name, layer.neurons, layer.neurons, 1) for layer in task.layers[1:])
    return Placement(placed, tuple(violations), 1, dict.fromkeys((layer.name for layer in task.layers), 1))


def place_nowhere(task: MappingTask) -> Placement:
    """Check what holds on every chip, where no rule of placing is known."""
    return Placement((), tuple(check_common(task)))


def _links(task: MappingTask) -> tuple[CountedLink, ...]:
    index = {layer.name: k for k, layer in enumerate(task.layers)}
    return tuple(
        CountedLink(index[source], k, link.everywhere, link.fan_out)
        for k, layer in enumerate(task.layers)
        for link in layer.links
        for source in link.sources
    )


def _solved(neurons: tuple[int, ...], links: tuple[CountedLink, ...], per_core: int) -> CountedCores:
    core = compiled_core()
    if core is None:
        return split_by_neurons(neurons, links, per_core)
    return CountedCores(*map(tuple, core.counted_cores(list(neurons), [link.numbers() for link in links], per_core)))
