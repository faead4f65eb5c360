"""An ordinary network with every ReLU replaced by a neuron."""

from collections.abc import Mapping
from typing import Any

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import Node, Output, ReLU, Scale

__all__ = ["spiking_network"]


def spiking_network(network: Network, thresholds: Mapping[str, Any]) -> Network:
    """Replace each ReLU by an IF neuron and a node that says what one of its spikes stands for.

    The neuron has the ReLU's name, its threshold th, half of it as initial potential, and reset by subtraction. A
    ``Scale(th)`` called ``<name>.scale`` takes over the edges out of the ReLU, each in its place. No weight is touched. The
    output is read as the mean of its current.

    Examples
    --------
    >>> from pysnn import Input
    >>> ann = Network.chain({"in": Input((1,)), "relu": ReLU(), "out": Output()})
    >>> spiking_network(ann, {"relu": 2.0}).edges
    (('in', 'relu'), ('relu', 'relu.scale'), ('relu.scale', 'out'))
    """
    nodes: dict[str, Node] = {}
    scales: dict[str, str] = {}
    for name, node in network.nodes.items():
        if isinstance(node, ReLU):
            threshold = thresholds[name]
            scales[name] = f"{name}.scale"
            if scales[name] in network.nodes:
                raise NetworkError(
                    f"{node.title} '{name}': the conversion needs the name '{scales[name]}', which is taken"
                )
            nodes[name] = IF(v_threshold=threshold, v_init=threshold / 2, reset="subtract")
            nodes[scales[name]] = Scale(threshold)
        else:
            nodes[name] = Output("mean_current") if isinstance(node, Output) else node
    edges: list[tuple[str, str]] = []
    for source, target in network.edges:
        if source not in scales:
            edges.append((source, target))
            continue
        inside = (source, scales[source])
        if inside not in edges:
            edges.append(inside)
        edges.append((scales[source], target))
    return Network(nodes, edges)
