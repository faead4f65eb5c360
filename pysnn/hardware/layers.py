"""A network as hardware sees it: layers of neurons, and the weights that lead into each."""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DEFAULT_BITS", "HardwareLayer", "Link", "axis_taps"]

DEFAULT_BITS = 8
"""Bits of weights that are no whole numbers: they are quantised to int8."""


@dataclass(frozen=True, eq=False)
class Link:
    """What leads into a layer along one edge: weights, a pool, or spikes as they are.

    Attributes
    ----------
    name
        The weight node; "" where there are no weights.
    kind
        "dense", "conv", "pool", "direct", or "sparse" for a projection of a plastic network.
    sources
        The layers whose spikes (or values, for an analogue input) arrive.
    fan_in
        Inputs of one neuron, padding not cut; of a sparse link, the most that one has.
    connections
        Pairs of an input and a neuron, without padding; weights that are zero count.
    shape_in, channels_out, groups
        The map that the weights see, output channels, groups.
    kernel, stride
        Of the weights, (vertical, horizontal).
    pool_area, pool_stride
        Inputs and stride of the pools on the way, without neurons between; 1 without pools.
    windows
        Windows of these pools that one spike lies in, at most, over all ways that it has; 1 without pools.
    weight
        float32, outputs first; ``None`` without weights, and where they are sparse.
    biased
        Whether some bias is not zero.
    share
        Share of the weights' outputs that arrive: 1 where no position is left out on the way to the layer.
    reach
        Of a sparse link, the most neurons that one input reaches.
    """

    name: str
    kind: str
    sources: tuple[str, ...]
    fan_in: int
    connections: int
    shape_in: tuple[int, int, int]
    channels_out: int
    groups: int = 1
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    pool_area: int = 1
    pool_stride: int = 1
    windows: int = 1
    weight: NDArray[np.float32] | None = None
    biased: bool = False
    share: float = 1.0
    reach: int = 0

    @property
    def weighs(self) -> bool:
        """Whether it has weights (a pool has none)."""
        return self.weight is not None or self.kind == "sparse"

    @property
    def everywhere(self) -> bool:
        """Whether a spike may go to every core of the layer."""
        return self.kind == "dense" or (self.kind == "sparse" and self.reach > 1)

    @property
    def fan_out(self) -> int:
        """Most neurons that one input reaches."""
        if self.kind == "sparse":
            return max(1, self.reach)
        if self.kind == "dense":
            return self.channels_out
        taps = math.prod(-(-k // s) for k, s in zip(self.kernel, self.stride, strict=True))
        return max(1, self.channels_out // self.groups) * taps if self.kind == "conv" else taps


@dataclass(frozen=True, eq=False)
class HardwareLayer:
    """A layer that takes room on a chip.

    Attributes
    ----------
    name
        Its name in tables: of its weights, else of its neurons.
    node
        The node of the network: the input, a neuron, or the output that sums currents.
    kind
        "input", "neuron" or "output".
    shape
        ``(channels, height, width)``.
    links
        What leads into it.
    counted
        Names of weight nodes whose counts belong to it.
    between
        Names of nodes on the way into it without weights or neurons, whose counts belong to it.
    shortcuts
        Weight nodes whose currents arrive here and in an earlier layer as well.
    state_bits, delay_bits
        Of a plastic network, bits that a synapse holds beside its weight (eligibility), and of its delay.
    """

    name: str
    node: str
    kind: str
    shape: tuple[int, int, int]
    links: tuple[Link, ...] = ()
    counted: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = field(default=())
    state_bits: int = 0
    delay_bits: int = 0

    @property
    def neurons(self) -> int:
        """How many neurons it has."""
        return math.prod(self.shape)

    @property
    def own_weights(self) -> tuple[Link, ...]:
        """Links with weights that are its own: those of a shortcut belong to the layer where their current enters first."""
        return tuple(link for link in self.links if link.weight is not None and link.name in self.counted)

    @property
    def synapses(self) -> int:
        """Weights with convolutions unrolled, padding included: fan-in times neurons, over all links; of sparse links those that there are."""
        return sum(link.connections if link.kind == "sparse" else link.fan_in * self.neurons for link in self.links)

    @property
    def fan_in(self) -> int:
        """Inputs of one neuron, over all links."""
        return sum(link.fan_in for link in self.links)

    @cached_property
    def weight_bits(self) -> int:
        """``ceil(log2(2 max|w|))`` for whole-number weights, :data:`DEFAULT_BITS` for others, 1 without weights.

        Examples
        --------
        >>> weight = np.float32([[3.0, -60.0]])
        >>> link = Link("fc", "dense", ("in",), 2, 2, (2, 1, 1), 1, weight=weight)
        >>> HardwareLayer("fc", "if", "neuron", (1, 1, 1), (link,)).weight_bits
        7
        """
        weights = [link.weight for link in self.links if link.weight is not None]
        if any(not _whole(weight) for weight in weights) or any(link.kind == "sparse" for link in self.links):
            return DEFAULT_BITS
        most = max((int(np.abs(weight).max()) for weight in weights), default=0)
        return max(1, math.ceil(math.log2(2 * most))) if most else 1

    @property
    def weighted(self) -> bool:
        """Whether it has weights (a pool has none)."""
        return any(link.weighs for link in self.links)


def _whole(weight: NDArray[Any]) -> bool:
    return bool(np.array_equal(weight, np.rint(weight)))


def axis_taps(size: int, outputs: int, tap: tuple[int, int, int, int]) -> int:
    """Return pairs of an output and a tap of the kernel that lie inside the map, along one axis.

    Parameters
    ----------
    size, outputs
        Length of the map, and number of outputs.
    tap
        Kernel length, stride, padding before, dilation.

    Examples
    --------
    >>> axis_taps(4, 4, (3, 1, 1, 1))
    10
    """
    kernel, stride, before, dilation = tap
    positions = np.arange(outputs)[:, None] * stride - before + np.arange(kernel)[None, :] * dilation
    return int(((positions >= 0) & (positions < size)).sum())
