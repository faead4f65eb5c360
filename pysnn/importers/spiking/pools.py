"""Maxima as libraries for training take them: at each step by itself, of spikes or of currents."""

from dataclasses import replace

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.neurons import IF, Threshold
from pysnn.nodes import Concat, Crop, Flatten, Input, MaxPool2d, Node, Pad, Subsample, SumPool2d

__all__ = ["settle_pools"]

_PASSING = (Concat, Crop, Flatten, Pad, Subsample)


def settle_pools(network: Network, *, spikes: bool) -> Network:
    """Return a network whose max-pools take the maximum of each step.

    Of spikes, which are 0 or 1, that is a sum that reaches 1: a SumPool2d and a Threshold. Of currents it is a MaxPool2d by step.

    Parameters
    ----------
    spikes
        Whether spikes enter the network, rather than values.

    Raises
    ------
    NetworkError
        A pool gets counts of several spikes a step.
    """
    pools = [name for name in network.order if isinstance(network.nodes[name], MaxPool2d)]
    nodes: dict[str, Node] = {}
    edges = list(network.edges)
    binary: set[str] = set()
    for name in pools:
        node = network.nodes[name]
        assert isinstance(node, MaxPool2d)
        if not _carries_spikes(network, name, binary, spikes=spikes):
            nodes[name] = replace(node, by_step=True)
            continue
        nodes[name] = SumPool2d(node.kernel, node.stride, node.padding)
        fires = f"{name}.any"
        nodes[fires] = Threshold(1.0)
        edges = [(fires if source == name else source, target) for source, target in edges] + [(name, fires)]
        binary.add(name)
    return Network({**network.nodes, **nodes}, edges) if pools else network


def _carries_spikes(network: Network, pool: str, binary: set[str], *, spikes: bool) -> bool:
    """Say whether spikes enter a pool, one a step at most, rather than currents or values."""
    found = set()
    frontier = list(network.sources[pool])
    while frontier:
        name = frontier.pop()
        node = network.nodes[name]
        if isinstance(node, _PASSING):
            frontier += network.sources[name]
        elif isinstance(node, IF) and node.fires and node.max_spikes > 1:
            raise NetworkError(
                f"MaxPool2d '{pool}': it gets several spikes a step from '{name}', whose maximum has no counterpart"
            )
        else:
            found.add((isinstance(node, IF) and node.fires) or name in binary or (isinstance(node, Input) and spikes))
    if len(found) > 1:
        raise NetworkError(f"MaxPool2d '{pool}': it gets spikes and currents, whose maximum has no counterpart")
    return found == {True}
