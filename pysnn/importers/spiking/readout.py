"""How an imported network is read."""

from math import prod

import numpy as np

from pysnn.errors import DataError, NetworkError
from pysnn.network import Network
from pysnn.neurons import IF
from pysnn.nodes import Linear, Output
from pysnn.nodes.output import READOUTS

__all__ = ["with_readout"]


def with_readout(network: Network, readout: str | None) -> Network:
    """Return a network with a read-out.

    Parameters
    ----------
    readout
        One of :data:`pysnn.nodes.output.READOUTS`, or ``"population:N"``: spikes are counted over N equal groups of neurons, one behind the other. ``None``:
        counts, or potentials where the last neuron never fires.

    Raises
    ------
    DataError
        There is no such read-out.
    NetworkError
        Spikes are to be counted where there are none.
    """
    last = [network.nodes[name] for name in network.sources[network.output_name]]
    spikes = all(isinstance(node, IF) and node.fires for node in last)
    if readout is None:
        readout = "count" if spikes else "potential"
    if readout in ("count", "first_spike") and not spikes:
        raise NetworkError(
            f"readout '{readout}' counts spikes, and the network ends with {', '.join(node.title for node in last)}"
        )
    if not readout.startswith("population:"):
        if readout not in READOUTS:
            raise DataError(f"readout must be one of {', '.join(READOUTS)} or population:N, got {readout!r}")
        return network.replace({network.output_name: Output(readout)})
    return _population(network, readout)


def _population(network: Network, readout: str) -> Network:
    """Return the network with a layer that adds up the spikes of each class's neurons."""
    shape = network.shapes[network.output_name]
    text = readout.partition(":")[2]
    classes = int(text) if text.isdigit() else 0
    if len(shape) != 1 or classes < 1 or shape[0] % classes:
        raise DataError(f"readout: expected population:N, where N divides {prod(shape)} neurons, got '{readout}'")
    weight = np.repeat(np.eye(classes, dtype=np.float32), shape[0] // classes, axis=1)
    name = "population"
    while name in network.nodes:
        name += "_"
    nodes = {**network.nodes, name: Linear(weight), network.output_name: Output("potential")}
    edges = [(source, name if target == network.output_name else target) for source, target in network.edges]
    return Network(nodes, [*edges, (name, network.output_name)])
