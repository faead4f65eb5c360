"""The arithmetic of Loihi's mapping rule on whole numbers: the reference, which the compiled core repeats with ``==``."""

from dataclasses import dataclass, field

__all__ = ["Cores", "LayerSizes", "LinkSizes", "RuleLimits", "neurons_by_memory", "split_cores"]


@dataclass(frozen=True)
class LayerSizes:
    """A layer: neurons, synapses, weights that a core holds, most neurons a core, and its map ``(channels, height, width)``.

    ``capacity`` 0: nothing fits. ``synapses`` 0: memory sets no limit.
    """

    neurons: int
    synapses: int
    capacity: int
    most: int
    shape: tuple[int, int, int]

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        return [self.neurons, self.synapses, self.capacity, self.most, *self.shape]


@dataclass(frozen=True)
class LinkSizes:
    """Where a layer's spikes go.

    Numbers of both layers, kind (0 dense, 1 a spike to one neuron, 2 windows), channels that an input reaches, channels of the
    target's layout that it may meet, kernel, and the product of strides.
    """

    source: int
    target: int
    kind: int
    channels: int
    depth: int
    kernel: tuple[int, int]
    stride: int

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        return [self.source, self.target, self.kind, self.channels, self.depth, *self.kernel, self.stride]


@dataclass(frozen=True)
class RuleLimits:
    """Output axons of a core, those that lead to another chip, and cores of a chip."""

    axons: int
    axons_across: int
    cores: int

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        return [self.axons, self.axons_across, self.cores]


@dataclass(frozen=True)
class Cores:
    """By layer: neurons a core (0: it does not fit), cores that a spike goes to, and whether output axons do not suffice."""

    per_core: tuple[int, ...] = field(default=())
    copies: tuple[int, ...] = field(default=())
    crowded: tuple[bool, ...] = field(default=())


def neurons_by_memory(capacity: int, synapses: int, neurons: int) -> int:
    """Return the neurons that a core's synapse memory has room for.

    With capacity ``c``, ``W`` synapses and ``N`` neurons: ``g = ceil(W / c)``, ``alpha = g - W / c``, and
    ``n = floor((1 - alpha) floor(N / g) + alpha floor(N c / W))``.

    Examples
    --------
    >>> neurons_by_memory(16380 * 9, 2312 * 512, 512)
    62
    """
    if capacity == 0:
        return 0
    groups = -(-synapses // capacity)
    spare = groups * capacity - synapses
    return ((capacity - spare) * (neurons // groups) + spare * (neurons * capacity // synapses)) // capacity


def split_cores(layers: tuple[LayerSizes, ...], links: tuple[LinkSizes, ...], limits: RuleLimits) -> Cores:
    """Return neurons a core: by memory, split for output axons from the last layer on, split again at borders between chips."""
    rule = _Splitter(layers, links, limits)
    rule.split_for_axons(len(layers))
    for k in range(len(layers) - 1):
        before = sum(rule.cores(j) for j in range(k + 1))
        behind = before + rule.cores(k + 1)
        if before and (before - 1) // limits.cores != (behind - 1) // limits.cores:
            rule.split(k, limits.axons_across)
            rule.split_for_axons(k)
    copies = tuple(rule.copies(k) for k in range(len(layers)))
    return Cores(tuple(rule.per_core), copies, tuple(rule.crowded))


class _Splitter:
    """Neurons a core of each layer, while they are worked out."""

    def __init__(self, layers: tuple[LayerSizes, ...], links: tuple[LinkSizes, ...], limits: RuleLimits) -> None:
        self.layers = layers
        self.limits = limits
        self.links: list[list[LinkSizes]] = [[] for _ in layers]
        for link in links:
            self.links[link.source].append(link)
        self.per_core = [self._alone(layer) for layer in layers]
        self.crowded = [False] * len(layers)

    def _alone(self, layer: LayerSizes) -> int:
        if layer.synapses == 0:
            return layer.most
        return min(neurons_by_memory(layer.capacity, layer.synapses, layer.neurons), layer.most)

    def cores(self, k: int) -> int:
        """Return the cores of a layer."""
        return -(-self.layers[k].neurons // self.per_core[k]) if self.per_core[k] else 0

    def copies(self, k: int) -> int:
        """Return the cores that a spike of a layer goes to."""
        return sum(self._destinations(link) for link in self.links[k])

    def _destinations(self, link: LinkSizes) -> int:
        count = self.per_core[link.target]
        if count == 0:
            return 0
        if link.kind == 0:
            return self.cores(link.target)
        if link.kind == 1:
            return 1
        by_count = -(-link.channels * link.kernel[0] * link.kernel[1] // (count * link.stride))
        return max(1, by_count, -(-self._layout_fan_out(link, count) // link.stride))

    def _layout_fan_out(self, link: LinkSizes, count: int) -> int:
        """Return the cores that an input's window meets, where a core holds whole positions: channels first, then x, then y."""
        channels, height, width = self.layers[link.target].shape
        deep = min(channels, count)
        wide = min(width, max(1, count // channels))
        high = min(height, max(1, count // (channels * wide)))
        return -(-link.kernel[0] // high) * -(-link.kernel[1] // wide) * -(-link.depth // deep)

    def split_for_axons(self, count: int) -> None:
        """Split the first ``count`` layers whose spikes go to more places than a core has output axons, last layer first."""
        for k in reversed(range(count)):
            self.split(k, self.limits.axons)

    def split(self, k: int, most: int) -> None:
        """Split a layer so that a core's neurons need at most so many axons."""
        needed = self.per_core[k] * self.copies(k)
        if self.per_core[k] == 0 or needed <= most:
            return
        found = self.per_core[k] // -(-needed // most) - (needed % self.limits.axons == 0)
        self.crowded[k] = self.crowded[k] or found < 1
        self.per_core[k] = max(1, found)
