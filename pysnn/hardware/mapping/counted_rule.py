"""The arithmetic of chips with a number of neurons a core: the reference, which the compiled core repeats with ``==``."""

from dataclasses import dataclass

__all__ = ["CountedCores", "CountedLink", "split_by_neurons"]


@dataclass(frozen=True)
class CountedLink:
    """Where a layer's spikes go: numbers of both layers, whether to all of the target's cores, and most neurons that one reaches."""

    source: int
    target: int
    dense: bool
    fan_out: int

    def numbers(self) -> list[int]:
        """Return the fields in the order in which the compiled core takes them."""
        return [self.source, self.target, int(self.dense), self.fan_out]


@dataclass(frozen=True)
class CountedCores:
    """By layer: its cores (0: it is not placed), cores that a spike of it goes to, and most neurons that one reaches."""

    cores: tuple[int, ...]
    copies: tuple[int, ...]
    fan_out: tuple[int, ...]


def split_by_neurons(neurons: tuple[int, ...], links: tuple[CountedLink, ...], per_core: int) -> CountedCores:
    """Return so many cores that each layer has its neurons on cores of its own; layers without neurons here are not placed.

    Examples
    --------
    >>> split_by_neurons((0, 2500, 3), (CountedLink(0, 1, True, 2500), CountedLink(1, 2, True, 3)), 1000)
    CountedCores(cores=(0, 3, 1), copies=(3, 1, 0), fan_out=(2500, 3, 0))
    """
    cores = tuple(-(-count // per_core) for count in neurons)
    copies, fan_out = [0] * len(neurons), [0] * len(neurons)
    for link in links:
        copies[link.source] += cores[link.target] if link.dense else 1
        fan_out[link.source] += link.fan_out
    return CountedCores(cores, tuple(copies), tuple(fan_out))
