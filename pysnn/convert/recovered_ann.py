"""Back from a converted network to the ANN that it was made of, where that is all in it."""

import hashlib
from dataclasses import fields
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.network_builder import NetworkBuilder
from pysnn.neurons import IF, FirstSpike
from pysnn.nodes import Output, ReLU, Scale

__all__ = ["ann_digest", "recovered_ann"]


def recovered_ann(spiking: Network) -> Network:
    """Return the ANN of a converted network: each IF or FirstSpike neuron with its Scale becomes a ReLU again.

    It is the ANN itself where the conversion has changed nothing else: no bias was calibrated and no ReLU had an upper bound.
    :func:`ann_digest` of both says whether it is; converted networks have their ANN's among their provenance.

    Raises
    ------
    NetworkError
        A neuron is none of a conversion's.

    Examples
    --------
    >>> from pysnn import Input
    >>> from pysnn.convert.rewrite import spiking_network
    >>> ann = Network.chain({"in": Input((1,)), "relu": ReLU(), "out": Output()})
    >>> recovered_ann(spiking_network(ann, {"relu": 2.0})) == ann
    True
    """
    scales = [_scale(spiking, name) for name in spiking.neurons]
    builder = NetworkBuilder.of(spiking)
    for name in spiking.neurons:
        builder.replace(name, ReLU())
    builder.bypass(*scales)
    return builder.network()


def ann_digest(network: Network) -> str:
    """Return the SHA-256 of what an ANN computes: its nodes, their fields and its edges, without the read-out.

    Examples
    --------
    >>> from pysnn import Input
    >>> net = Network.chain({"in": Input((1,)), "out": Output()})
    >>> ann_digest(net) == ann_digest(net.replace({"out": Output("count")}))
    True
    """
    digest = hashlib.sha256()
    for name, node in network.nodes.items():
        digest.update(f"{name}\n{node.title}\n".encode())
        for field in () if isinstance(node, Output) else fields(node):
            if not field.compare:
                continue
            if getattr(node, field.name) is field.default and field.metadata.get("undigested_at_default"):
                continue
            digest.update(f"{field.name}\n".encode())
            _take(digest, getattr(node, field.name))
    for edge in network.edges:
        digest.update(f"{edge}\n".encode())
    return digest.hexdigest()


def _scale(network: Network, name: str) -> str:
    """Return the node that says what a neuron's spike stands for."""
    node, behind = network.nodes[name], network.targets[name]
    scale = network.nodes[behind[0]] if len(behind) == 1 else None
    if (
        isinstance(node, IF)
        and type(node) in (IF, FirstSpike)
        and isinstance(scale, Scale)
        and np.array_equal(scale.factor, node.v_threshold)
    ):
        return behind[0]
    raise NetworkError(
        f"{node.title} '{name}': expected an IF neuron and a Scale by its threshold, or a FirstSpike one, as a conversion makes"
    )


def _take(digest: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        plain = np.ascontiguousarray(value)
        digest.update(f"{plain.dtype.kind}{plain.dtype.itemsize} {plain.shape}\n".encode())
        digest.update(plain.astype(plain.dtype.newbyteorder("<")).tobytes())
    elif isinstance(value, tuple) and any(isinstance(item, np.ndarray | tuple) for item in value):
        for item in value:
            _take(digest, item)
    else:
        digest.update(f"{value!r}\n".encode())
