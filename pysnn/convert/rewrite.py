"""An ordinary network with every ReLU replaced by a neuron."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import per_channel
from pysnn.convert.corrections import Correction
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import Affine, Conv2d, Linear, Node, Output, ReLU, Scale

__all__ = ["spiking_network"]


def spiking_network(network: Network, thresholds: Mapping[str, Any], correction: Correction | None = None) -> Network:
    """Replace each ReLU by an IF neuron and a node that says what one of its spikes stands for.

    The neuron has the ReLU's name, its threshold th, half of it as initial potential, and reset by subtraction. A
    ``Scale(th)`` called ``<name>.scale`` takes over the edges out of the ReLU, each in its place. The output is read as the
    mean of its current.

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
    corrected = _with_biases(network, made.bias)
    nodes: dict[str, Node] = {}
    scales: dict[str, str] = {}
    for name, node in corrected.nodes.items():
        if isinstance(node, ReLU):
            threshold = thresholds[name]
            scales[name] = _free_name(corrected, name, "scale")
            nodes[name] = IF(v_threshold=threshold, v_init=_v_init(threshold, made.v_init.get(name)), reset="subtract")
            nodes[scales[name]] = Scale(threshold)
        else:
            nodes[name] = Output("mean_current") if isinstance(node, Output) else node
    edges: list[tuple[str, str]] = []
    for source, target in corrected.edges:
        if source not in scales:
            edges.append((source, target))
            continue
        inside = (source, scales[source])
        if inside not in edges:
            edges.append(inside)
        edges.append((scales[source], target))
    return Network(nodes, edges)


def _v_init(threshold: Any, more: NDArray[np.float32] | None) -> Any:
    return threshold / 2 if more is None else np.float32(threshold) / 2 + more


def _with_biases(network: Network, shifts: Mapping[str, NDArray[np.float32]]) -> Network:
    """Add a shift a channel to what arrives at each of the named nodes."""
    nodes, edges = dict(network.nodes), list(network.edges)
    for name, shift in shifts.items():
        own = [source for source in network.sources[name] if _takes_a_shift(network, source)]
        if own:
            nodes[own[0]] = _shifted(nodes[own[0]], shift)
            continue
        added = _free_name(network, name, "bias")
        nodes[added] = Affine(1.0, shift)
        edges = [(source, added if target == name else target) for source, target in edges] + [(added, name)]
    return Network(nodes, edges)


def _takes_a_shift(network: Network, name: str) -> bool:
    return isinstance(network.nodes[name], Conv2d | Linear | Affine) and len(network.targets[name]) == 1


def _shifted(node: Node, shift: NDArray[np.float32]) -> Node:
    if isinstance(node, Affine):
        return replace(node, shift=per_channel(node.shift, len(shift), "Affine: shift") + shift)
    assert isinstance(node, Conv2d | Linear)
    return replace(node, bias=node.bias + shift)


def _free_name(network: Network, name: str, ending: str) -> str:
    made = f"{name}.{ending}"
    if made in network.nodes:
        title = network.nodes[name].title
        raise NetworkError(f"{title} '{name}': the conversion needs the name '{made}', which is taken")
    return made
