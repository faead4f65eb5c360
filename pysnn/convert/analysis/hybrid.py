"""A converted network with one layer put back to the values of its ANN."""

from typing import Literal

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import Node

__all__ = ["Where", "exact_layer"]

Where = Literal["input", "output"]
"""What is exact: the current into a layer's neurons, or what the layer delivers."""

Edge = tuple[str, str]


def exact_layer(networks: tuple[Network, Network], layer: str, where: Where) -> Network:
    """Give the spiking network with what enters, or what leaves, one layer replaced by the ANN's values.

    A copy of the ANN's part up to the layer computes them, beside the spiking network and from the same input: constant in
    time, since a constant input stays one until the first neuron. What nothing reads any more is left out.

    Parameters
    ----------
    networks
        The spiking network and its ANN.
    layer
        Name of the neuron, and of the ReLU that it took the place of.
    where
        ``"input"``: the layer's neurons spike, on the ANN's current. ``"output"``: in place of their spikes, the layers behind
        get the ANN's activations.

    Raises
    ------
    NetworkError
        There is no such layer, or a name that the copy needs (``ann.<node>``) is taken.

    Examples
    --------
    >>> from pysnn import Input, Linear, Output, ReLU
    >>> from pysnn.convert.rewrite import spiking_network
    >>> ann = Network.chain({"in": Input((1,)), "relu": ReLU(), "fc": Linear([[2.0]]), "out": Output()})
    >>> exact_layer((spiking_network(ann, {"relu": 1.0}), ann), "relu", "output").edges
    (('ann.relu', 'fc'), ('fc', 'out'), ('in', 'ann.relu'))
    """
    spiking, ann = networks
    if layer not in spiking.neurons or layer not in ann.nodes:
        raise NetworkError(f"there is no layer of neurons '{layer}'; there are {', '.join(spiking.neurons)}")
    names = {name: name if name == ann.input_name else f"ann.{name}" for name in ann.nodes}
    if where == "input":
        edges = [edge for edge in spiking.edges if edge[1] != layer]
        edges += [(names[source], layer) for source in ann.sources[layer]]
    else:
        (scale,) = spiking.targets[layer]
        edges = [(names[layer] if source == scale else source, target) for source, target in spiking.edges]
    copies = [(names[source], names[target]) for source, target in ann.edges]
    for name in names.values():
        if name != ann.input_name and name in spiking.nodes:
            raise NetworkError(
                f"{spiking.nodes[name].title} '{name}': the copy of the ANN needs this name, which is taken"
            )
    nodes: dict[str, Node] = {**spiking.nodes, **{names[name]: ann.nodes[name] for name in ann.nodes}}
    return _read_only(nodes, edges + copies, spiking.output_name)


def _read_only(nodes: dict[str, Node], edges: list[Edge], output: str) -> Network:
    """Keep what the output reads."""
    read, frontier = {output}, [output]
    while frontier:
        target = frontier.pop()
        for source, reader in edges:
            if reader == target and source not in read:
                read.add(source)
                frontier.append(source)
    kept = [(source, target) for source, target in edges if source in read and target in read]
    return Network({name: node for name, node in nodes.items() if name in read}, kept)
