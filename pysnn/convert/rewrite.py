"""An ANN with every ReLU replaced by a neuron."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import per_channel
from pysnn.convert.corrections import Correction
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.neurons import IF, FirstSpike
from pysnn.nodes import Affine, Conv2d, Linear, Node, Output, ReLU, Scale

__all__ = ["spiking_network"]


def spiking_network(
    network: Network, thresholds: Mapping[str, Any], correction: Correction | None = None, *, window: int | None = None
) -> Network:
    """Replace each ReLU by an IF neuron and a node that says what one of its spikes stands for.

    The neuron has the ReLU's name, its threshold th, half of it as initial potential, and reset by subtraction. A
    ``Scale(th)`` called ``<name>.scale`` takes over the edges out of the ReLU, each in its place. The output is read as the
    mean of its current. With a ``window`` the neurons are FirstSpike ones, and a threshold is the value of a level.

    No weight is touched. A correction of a layer's current goes to the bias of a weight layer in front of it that feeds
    nothing else; where there is none, to an ``Affine`` called ``<name>.bias``.

    Examples
    --------
    >>> from pysnn import Input
    >>> ann = Network.chain({"in": Input((1,)), "relu": ReLU(), "out": Output()})
    >>> spiking_network(ann, {"relu": 2.0}).edges
    (('in', 'relu'), ('relu', 'relu.scale'), ('relu.scale', 'out'))
    """
    made = correction or Correction()
    builder = NetworkBuilder.of(network)
    _add_biases(builder, made.bias)
    for name, node in list(builder.nodes.items()):
        if isinstance(node, ReLU):
            threshold = thresholds[name]
            builder.insert_behind(name, _own_name(builder, name, "scale"), Scale(threshold))
            builder.replace(name, _neuron(threshold, made.v_init.get(name), window))
        elif isinstance(node, Output):
            builder.replace(name, Output("mean_current"))
    return builder.network()


def _neuron(threshold: Any, more: NDArray[np.float32] | None, window: int | None) -> IF:
    if window is not None:
        return FirstSpike(threshold, window=window)
    v_init = threshold / 2 if more is None else np.float32(threshold) / 2 + more
    return IF(v_threshold=threshold, v_init=v_init, reset="subtract")


def _add_biases(builder: NetworkBuilder, shifts: Mapping[str, NDArray[np.float32]]) -> None:
    """Add a shift per channel to what arrives at each of the named nodes."""
    for name, shift in shifts.items():
        own = [source for source in builder.sources(name) if _takes_a_shift(builder, source)]
        if own:
            builder.replace(own[0], _shifted(builder.nodes[own[0]], shift))
        else:
            builder.insert_before(name, _own_name(builder, name, "bias"), Affine(1.0, shift))


def _takes_a_shift(builder: NetworkBuilder, name: str) -> bool:
    return isinstance(builder.nodes[name], Conv2d | Linear | Affine) and len(builder.targets(name)) == 1


def _shifted(node: Node, shift: NDArray[np.float32]) -> Node:
    if isinstance(node, Affine):
        return replace(node, shift=per_channel(node.shift, len(shift), "Affine: shift") + shift)
    assert isinstance(node, Conv2d | Linear)
    return replace(node, bias=node.bias + shift)


def _own_name(builder: NetworkBuilder, name: str, ending: str) -> str:
    made = f"{name}.{ending}"
    if made in builder.nodes:
        title = builder.nodes[name].title
        raise NetworkError(f"{title} '{name}': the conversion needs the name '{made}', which is taken")
    return made
