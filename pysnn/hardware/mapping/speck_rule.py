"""The arithmetic of Speck's (DYNAP-CNN's) rule on whole numbers: the reference, which the compiled core repeats with ``==``."""

from dataclasses import dataclass

__all__ = ["Kernels", "SpeckCores", "assign_cores", "kernel_words", "neuron_words"]


@dataclass(frozen=True)
class Kernels:
    """Weights of a layer: the layer's number, input channels of a group, positions of a kernel, output channels."""

    layer: int
    inputs: int
    positions: int
    outputs: int

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        return [self.layer, self.inputs, self.positions, self.outputs]


@dataclass(frozen=True)
class SpeckCores:
    """By layer: words of kernel and of neuron memory, whether any core has room for both, and its core (``None``: none is left)."""

    kernels: tuple[int, ...]
    neurons: tuple[int, ...]
    fits: tuple[bool, ...]
    cores: tuple[int | None, ...]


def kernel_words(inputs: int, positions: int, outputs: int) -> int:
    """Return ``c 2^(ceil(log2 kx ky) + ceil(log2 f))``.

    Examples
    --------
    >>> kernel_words(16, 9, 32)
    8192
    """
    return inputs << (_log2(positions) + _log2(outputs))


def neuron_words(features: int, rows: int, columns: int) -> int:
    """Return ``f 2^(ceil(log2 fy) + ceil(log2 fx))``.

    Examples
    --------
    >>> neuron_words(32, 64, 64)
    131072
    """
    return features << (_log2(rows) + _log2(columns))


def _log2(count: int) -> int:
    """Return ``ceil(log2(count))``."""
    return (count - 1).bit_length()


def assign_cores(
    shapes: tuple[tuple[int, int, int], ...], kernels: tuple[Kernels, ...], rooms: tuple[tuple[int, int], ...]
) -> SpeckCores:
    """Assign each layer a core of its own, as many layers as can have one; ``rooms`` are words of kernels and neurons of each core."""
    words = [0] * len(shapes)
    for given in kernels:
        words[given.layer] += kernel_words(given.inputs, given.positions, given.outputs)
    neurons = [neuron_words(*shape) for shape in shapes]
    fits = [
        [core for core, (kernel_room, neuron_room) in enumerate(rooms) if kernel <= kernel_room and held <= neuron_room]
        for kernel, held in zip(words, neurons, strict=True)
    ]
    return SpeckCores(tuple(words), tuple(neurons), tuple(map(bool, fits)), _match(fits, len(rooms)))


def _match(fits: list[list[int]], cores: int) -> tuple[int | None, ...]:
    """Return a largest matching of layers with cores, by augmenting paths."""
    taken: list[int | None] = [None] * cores

    def place(layer: int, seen: set[int]) -> bool:
        for core in fits[layer]:
            if core in seen:
                continue
            seen.add(core)
            holder = taken[core]
            if holder is None or place(holder, seen):
                taken[core] = layer
                return True
        return False

    for layer in range(len(fits)):
        place(layer, set())
    found: list[int | None] = [None] * len(fits)
    for core, holder in enumerate(taken):
        if holder is not None:
            found[holder] = core
    return tuple(found)
