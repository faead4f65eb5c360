"""Max pooling moved to where it reads spikes: behind the activation that follows it, or before the factor that precedes it.

A maximum keeps its place under every function that does not fall: ``relu(pool(x)) = pool(relu(x))``, with an upper bound
too, and ``pool(scale * x + shift) = scale * pool(x) + shift`` where no scale is negative. On the currents of a spiking
network a maximum cannot be taken step by step; on the spikes of one layer it can.
"""

from collections.abc import Callable

from pysnn.convert.overtake import POINTWISE, StuckError, move_ahead, move_behind
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.nodes import (
    Affine,
    AvgPool2d,
    Concat,
    Crop,
    Flatten,
    GlobalAvgPool,
    Input,
    MaxPool2d,
    Node,
    Pad,
    ReLU,
    Scale,
    Subsample,
    SumPool2d,
)

__all__ = ["settle_pools"]

_MOVES = (Crop, Flatten, Pad, Subsample)
_OVERTAKEN = (MaxPool2d, Concat, *_MOVES)
# Behind these, spikes are still spikes.
_SPIKES_STAY = (*_OVERTAKEN, AvgPool2d, GlobalAvgPool, SumPool2d, Scale)


def settle_pools(network: Network) -> tuple[Network, dict[str, str]]:
    """Return a network of the same function whose max-pools read spikes once each ReLU is a neuron.

    Returns
    -------
    network
        The network itself where nothing had to move.
    stuck
        Why a pool stays where it is, by its name: it then works on values that are constant in time, or not at all.

    Examples
    --------
    >>> from pysnn import Conv2d, Output
    >>> nodes = {"in": Input((1, 2, 2)), "conv": Conv2d([[[[1.0]]]]), "pool": MaxPool2d(2), "relu": ReLU(), "out": Output()}
    >>> settle_pools(Network.chain(nodes))[0].edges
    (('in', 'conv'), ('conv', 'relu'), ('relu', 'pool'), ('pool', 'out'))
    """
    stuck: dict[str, str] = {}
    if network.cycle:
        return network, stuck
    graph = NetworkBuilder.of(network)
    # From the back: the ReLU has then come as near as it can.
    for name in reversed(network.order):
        if isinstance(network.nodes[name], MaxPool2d) and not _settled(graph, name):
            graph, reason = _moved(graph, name)
            if reason:
                stuck[name] = reason
    return (network if graph.edges == network.edges else graph.network()), stuck


def _moved(graph: NetworkBuilder, name: str) -> tuple[NetworkBuilder, str]:
    """Return the graph with a pool moved, or as it was and why that cannot be."""
    reasons = []
    ways: tuple[Callable[[NetworkBuilder, str], None], ...] = (_before_factors, _behind_activation)
    for way in ways:
        trial = graph.copy()
        try:
            way(trial, name)
        except StuckError as error:
            reasons.append(str(error))
        except RecursionError:
            reasons.append("hundreds of nodes lie between it and the next ReLU")
        else:
            return trial, ""
    return graph, next(reason for reason in reasons if reason)


def _settled(graph: NetworkBuilder, name: str) -> bool:
    """Say whether a pool reads nothing but spikes, or nothing but the input."""
    kinds = _origins(graph, name)
    return len(kinds) == 1 and kinds <= {ReLU, Input}


def _origins(graph: NetworkBuilder, name: str) -> set[type[Node]]:
    """Return the types of the nodes that make the values which reach a node unchanged; ``Node`` is a sum."""
    kinds: set[type[Node]] = set()
    seen, frontier = {name}, [name]
    while frontier:
        node, sources = graph.nodes[frontier[-1]], graph.sources(frontier.pop())
        if not isinstance(node, _SPIKES_STAY):
            kinds.add(type(node))
        elif len(sources) > 1 and not isinstance(node, Concat):
            kinds.add(Node)
        else:
            frontier += [source for source in sources if source not in seen]
            seen.update(sources)
    return kinds


def _before_factors(graph: NetworkBuilder, name: str) -> None:
    """Move the factors between a ReLU or the input and a pool behind the pool."""
    while not _settled(graph, name):
        path = _to_factor(graph, name)
        for passed in reversed(path):
            move_behind(graph, graph.sources(passed)[0], passed)


def _to_factor(graph: NetworkBuilder, name: str) -> list[str]:
    """Return the pool and the nodes before it up to the next factor; raise where the way to one forks."""
    path = [name]
    while True:
        sources = graph.sources(path[-1])
        source = graph.nodes[sources[0]]
        if len(sources) > 1 or not isinstance(source, (Affine, Scale, MaxPool2d, *_MOVES)):
            raise StuckError("")
        if isinstance(source, Affine | Scale):
            return path
        if len(graph.targets(sources[0])) > 1:
            raise StuckError("")
        path.append(sources[0])


def _behind_activation(graph: NetworkBuilder, name: str) -> None:
    """Let the ReLUs that follow a node overtake it; a node with several readers becomes one for each."""
    for copy in graph.split(name):
        _behind_its_own(graph, copy)


def _behind_its_own(graph: NetworkBuilder, name: str) -> None:
    while True:
        reader = graph.targets(name)[0]
        node = graph.nodes[reader]
        others = [source for source in graph.sources(reader) if source != name]
        if others and not isinstance(node, Concat):
            raise StuckError(f"in {node.title} '{reader}' it meets '{others[0]}' before any ReLU")
        if isinstance(node, _OVERTAKEN):
            _behind_activation(graph, reader)
            _behind_activation(graph, name)
            return
        if not isinstance(node, POINTWISE):
            raise StuckError(f"{node.title} '{reader}' reads it before any ReLU")
        move_ahead(graph, reader, name)
        if isinstance(node, ReLU):
            return
