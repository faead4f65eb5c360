"""Chips whose rule is a number of neurons a core, or a chip that is one core."""

from pysnn.hardware.mapping.placement import MappingTask, Placed, Placement, Violation, check_common

__all__ = ["place_by_neurons", "place_nowhere", "place_on_one_core", "place_on_xylo"]


def place_by_neurons(task: MappingTask) -> Placement:
    """Place so many neurons a core; a layer starts on a core of its own."""
    most, cores, fan_in = (task.chip.limit(name) for name in ("neurons_per_core", "cores", "fan_in"))
    assert most is not None
    assert cores is not None
    violations = check_common(task)
    placed = []
    for layer in task.layers[1:]:
        if fan_in is not None and layer.fan_in > fan_in:
            violations.append(Violation(layer.name, "fan-in", fan_in, layer.fan_in))
            placed.append(Placed(layer.name, layer.neurons, None, None))
            continue
        use = (("neurons", float(min(most, layer.neurons)), float(most)),)
        placed.append(Placed(layer.name, layer.neurons, most, -(-layer.neurons // most), use))
    held = {p.layer: p.cores or 0 for p in placed}
    copies = {
        layer.name: sum(held[other.name] if link.kind == "dense" else 1 for other, link in task.targets(layer))
        for layer in task.layers
    }
    total = sum(held.values())
    return Placement(tuple(placed), tuple(violations), max(1, -(-total // cores)), copies)


def place_on_one_core(task: MappingTask) -> Placement:
    """Place all neurons on the one core that there is."""
    most, fan_in = task.chip.limit("neurons"), task.chip.limit("fan_in")
    assert most is not None
    assert fan_in is not None
    violations = check_common(task)
    total = sum(layer.neurons for layer in task.layers[1:])
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
        for layer in task.layers[1:]
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
    for layer in hidden:
        most_met = sum(link.fan_out for _, link in task.targets(layer))
        if most_met > fan_out:
            violations.append(Violation(layer.name, "fan-out", fan_out, most_met))
    placed = tuple(Placed(layer.name, layer.neurons, layer.neurons, 1) for layer in task.layers[1:])
    return Placement(placed, tuple(violations), 1, dict.fromkeys((layer.name for layer in task.layers), 1))


def place_nowhere(task: MappingTask) -> Placement:
    """Check what holds on every chip, where no rule of placing is known."""
    return Placement((), tuple(check_common(task)))
