"""A converted network with one layer put back to the values of its ANN."""

from typing import Literal

from pysnn.convert.pair import ConvertedPair
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder

__all__ = ["Where", "exact_layer"]

Where = Literal["input", "output"]
"""What is exact: the current into a layer's neurons, or what the layer delivers."""


def exact_layer(pair: ConvertedPair, layer: str, where: Where) -> Network:
    """Return the spiking network with what enters, or what leaves, one layer replaced by the ANN's values.

    A copy of the ANN's part up to the layer computes them, beside the spiking network and from the same input: constant in
    time, since a constant input stays one until the first neuron. What nothing reads any more is left out.

    Parameters
    ----------
    pair
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
    >>> pair = ConvertedPair(spiking_network(ann, {"relu": 1.0}), ann)
    >>> exact_layer(pair, "relu", "output").edges
    (('ann.relu', 'fc'), ('fc', 'out'), ('in', 'ann.relu'))
    """
    spiking, ann = pair.spiking, pair.ann
    if layer not in spiking.neurons or layer not in ann.nodes:
        raise NetworkError(f"there is no layer of neurons '{layer}'; there are {', '.join(spiking.neurons)}")
    builder = NetworkBuilder.of(spiking)
    names = _add_copy(builder, pair)
    if where == "input":
        others = [edge for edge in builder.edges if edge[1] != layer]
        builder.rewire([*others, *((names[source], layer) for source in ann.sources[layer])])
    else:
        (scale,) = spiking.targets[layer]
        builder.redirect(scale, names[layer])
    builder.keep_read(spiking.output_name)
    return builder.network()


def _add_copy(builder: NetworkBuilder, pair: ConvertedPair) -> dict[str, str]:
    """Add the ANN beside the spiking network, on the same input, and return the names that its nodes have there."""
    ann = pair.ann
    names = {ann.input_name: pair.spiking.input_name}
    builder.replace(pair.spiking.input_name, ann.input)
    for name in ann.order:
        if name == ann.input_name:
            continue
        names[name] = f"ann.{name}"
        if names[name] in builder.nodes:
            title = builder.nodes[names[name]].title
            raise NetworkError(f"{title} '{names[name]}': the copy of the ANN needs this name, which is taken")
        builder.add(names[name], ann.nodes[name], [names[source] for source in ann.sources[name]])
    return names
