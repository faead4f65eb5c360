"""Whether an activity is that of a network, and which of its reads is meant."""

import math

import numpy as np

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.layers import HardwareLayer
from pysnn.network import Network
from pysnn.nodes import Conv2d, Linear

__all__ = ["check_same", "find_read"]


def find_read(network: Network | FirstSpikeNetwork, activity: Activity, steps: int | None) -> tuple[int, int]:
    """Return which read of the activity is meant, and the time-steps of a sample."""
    if activity.kind == "first_spike":
        own = network.steps if isinstance(network, FirstSpikeNetwork) else 0
        if steps is not None and (isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1):
            raise DataError(f"steps: expected a whole number of 1 or more, got {steps!r}")
        return activity.reads.index("decision"), int(steps or own)
    if steps is None:
        return len(activity.reads) - 1, int(activity.reads[-1])
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps not in activity.reads:
        listed = ", ".join(map(str, activity.reads))
        raise DataError(f"steps: the activity was read after {listed} steps, got {steps!r}")
    return activity.reads.index(int(steps)), int(steps)


def check_same(network: Network | FirstSpikeNetwork, activity: Activity, layers: tuple[HardwareLayer, ...]) -> None:
    """Raise :class:`DataError` unless an activity is of a run of this network."""
    kind = "first_spike" if isinstance(network, FirstSpikeNetwork) else "clocked"
    if activity.kind != kind:
        raise DataError(f"activity: expected one of a {kind} run, got one of a {activity.kind} run")
    given = {layer.name: layer for layer in activity.layers}
    for layer in layers[1:]:
        wanted = [link.name for link in layer.links if link.name]
        wanted += [layer.node] if layer.kind == "neuron" else []
        for name in wanted:
            if name not in given:
                raise DataError(
                    f"activity: it is of another network: this one has a layer '{name}', the activity has {', '.join(given)}"
                )
        if layer.kind == "neuron" and given[layer.node].neurons != layer.neurons:
            raise DataError(
                f"activity: layer '{layer.node}': expected {layer.neurons} neurons, got {given[layer.node].neurons}"
            )
    if isinstance(network, Network):
        _check_dense(network, activity)


def _check_dense(network: Network, activity: Activity) -> None:
    for counted in activity.layers:
        node = network.nodes.get(counted.name)
        if node is None or node.title != counted.type:
            raise DataError(
                f"activity: it is of another network: there is no {counted.type} '{counted.name}' in this one"
            )
        if isinstance(node, Conv2d | Linear):
            dense = node.weight.size * math.prod(network.shapes[counted.name][1:])
            if dense != counted.dense:
                raise DataError(
                    f"activity: layer '{counted.name}': expected {dense} multiplications of a dense pass, got {counted.dense}"
                )
