"""Where the steps of recurrent connections go: NIR's cycles have no delay, and a network that runs in steps needs one."""

from collections.abc import Iterator

from pysnn.errors import NetworkError
from pysnn.importers.nir.graph import Edge, NirGraph
from pysnn.importers.nir.profiles.base import NEURON_KINDS

__all__ = ["delayed_edges", "order"]


def delayed_edges(graph: NirGraph) -> tuple[Edge, ...]:
    """Return the edges that a delay of one step goes into, so that every cycle has a delay.

    It goes behind the neuron whose spikes come back, as far as nothing else reads what comes back: weights and bias of recurrent connections
    are behind it, as in snnTorch and Norse.

    Examples
    --------
    >>> from pysnn.importers.nir.graph import NirNode
    >>> nodes = {"in": NirNode("Input", {}), "lif": NirNode("LIF", {}), "w": NirNode("Affine", {})}
    >>> delayed_edges(NirGraph(nodes, (("in", "lif"), ("lif", "w"), ("w", "lif"))))
    (('lif', 'w'),)
    """
    return tuple(dict.fromkeys(_behind_neuron(graph, edge) for edge in _back_edges(graph, through_delays=False)))


def _back_edges(graph: NirGraph, *, through_delays: bool) -> list[Edge]:
    """Return the edges that close cycles, those with a Delay in them too if that is asked for."""
    targets = graph.targets
    starts = [*graph.of_kind("Input", "Delay"), *graph.nodes]
    seen: set[str] = set()
    found = []
    for start in starts:
        if start in seen:
            continue
        path: dict[str, Iterator[str]] = {start: iter(targets[start])}
        seen.add(start)
        while path:
            name = next(reversed(path))
            target = next(path[name], None)
            if target is None:
                path.pop(name)
            elif graph.nodes[target].kind == "Delay" and not through_delays:
                continue
            elif target in path:
                _check_neuron(graph, list(path)[list(path).index(target) :])
                found.append((name, target))
            elif target not in seen:
                seen.add(target)
                path[target] = iter(targets[target])
    return found


def _check_neuron(graph: NirGraph, cycle: list[str]) -> None:
    if not any(graph.nodes[name].kind in NEURON_KINDS for name in cycle):
        raise NetworkError(f"{graph.nodes[cycle[0]].kind} '{cycle[0]}': it lies on a cycle without a neuron")


def _behind_neuron(graph: NirGraph, edge: Edge) -> Edge:
    targets, sources = graph.targets, graph.sources
    source, target = edge
    while graph.nodes[source].kind not in NEURON_KINDS:
        if len(targets[source]) > 1 or len(sources[source]) != 1:
            return source, target
        source, target = sources[source][0], source
    return source, target


def order(graph: NirGraph) -> list[str]:
    """Return the nodes' names so that each comes behind its sources, but for the edges that close cycles.

    Examples
    --------
    >>> from pysnn.importers.nir.graph import NirNode
    >>> order(NirGraph({"b": NirNode("LIF", {}), "a": NirNode("Input", {})}, (("a", "b"),)))
    ['a', 'b']
    """
    closing = set(_back_edges(graph, through_delays=True))
    counted = [edge for edge in graph.edges if edge not in closing]
    waiting = dict.fromkeys(graph.nodes, 0)
    for _, target in counted:
        waiting[target] += 1
    ready = [name for name, count in waiting.items() if not count]
    placed = set(ready)
    for name in ready:
        for target in graph.targets[name]:
            waiting[target] -= (name, target) not in closing
            if not waiting[target] and target not in placed:
                placed.add(target)
                ready.append(target)
    return ready
