"""The ANN pass of a network: what a conversion starts from and is measured against."""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.encode.batch import checked_data, checked_labels, input_values
from pysnn.errors import DataError, NetworkError
from pysnn.network import Network
from pysnn.nodes import Conv2d

__all__ = ["ann_accuracy", "ann_macs", "ann_pass", "check_ann"]

_BATCH = 256
# What one node's values may take for a batch; a convolution needs several times that.
_MOST_BYTES = 1 << 27

Float32 = NDArray[np.float32]


def ann_pass(network: Network, x: Any, keep: Iterable[str] = ()) -> tuple[Float32, dict[str, Float32]]:
    """Compute a network without neurons, in float32, batch by batch.

    Parameters
    ----------
    network
        A network without spiking neurons.
    x
        ``(samples, ...)`` as :func:`pysnn.run` takes it: float values in the input space, or uint8 (then over 255).
    keep
        Names of nodes whose values to give as well.

    Returns
    -------
    scores, values
        float32 ``(samples, classes)``, and by name float32 ``(samples, ...)``.

    Raises
    ------
    NetworkError
        The network has neurons or a cycle, or ``keep`` names a node that it has not.
    DataError
        The data do not fit the input.

    Examples
    --------
    >>> from pysnn import Input, Output, ReLU
    >>> net = Network.chain({"in": Input((2,)), "relu": ReLU(), "out": Output()})
    >>> ann_pass(net, np.float32([[1, -1]]), keep=["in"])[0]
    array([[1., 0.]], dtype=float32)
    """
    check_ann(network)
    names = tuple(keep)
    for name in names:
        if name not in network.nodes:
            raise NetworkError(f"ann_pass: there is no node '{name}' to keep")
    data = checked_data(x, network.input, network.input_name, "constant").data
    assert isinstance(data, np.ndarray)
    parts = [_one_batch(network, part, {*names, network.output_name}) for part in _batches(network, data)]
    values = {name: np.concatenate([part[name] for part in parts]) for name in (network.output_name, *names)}
    scores = values[network.output_name].reshape(len(data), -1)
    return scores, {name: values[name] for name in names}


def ann_accuracy(network: Network, x: Any, labels: Any) -> float:
    """Return the share of samples whose highest score (of equal ones the first) is the label's.

    Examples
    --------
    >>> from pysnn import Input, Output
    >>> net = Network.chain({"in": Input((2,)), "out": Output()})
    >>> ann_accuracy(net, np.float32([[1, 0], [0, 1]]), [0, 0])
    0.5
    """
    scores, _ = ann_pass(network, x)
    expected = checked_labels(labels, len(scores), scores.shape[1], network.output_name)
    return float(np.mean(scores.argmax(axis=1) == expected))


def ann_macs(network: Network, *, padded: bool = False) -> int:
    """Multiply-accumulates of one dense pass: without padding, as synaptic operations are counted, or with it.

    Examples
    --------
    >>> from pysnn import Conv2d, Input, Output
    >>> network = Network.chain({"in": Input((1, 2, 2)), "conv": Conv2d(np.ones((1, 1, 3, 3)), padding=1), "out": Output()})
    >>> ann_macs(network), ann_macs(network, padded=True)
    (16, 36)
    """
    total = 0
    for name, node in network.nodes.items():
        weight = getattr(node, "weight", None)
        if weight is None:
            continue
        positions = int(np.prod(network.shapes[name][1:]))
        if isinstance(node, Conv2d) and not padded:
            total += int(weight.shape[0] * weight.shape[1]) * _taps_inside(
                node, network.shapes[network.sources[name][0]], network.shapes[name]
            )
        else:
            total += int(weight.size) * positions
    return total


def check_ann(network: Network) -> None:
    """Raise :class:`NetworkError` if a network spikes or has a cycle."""
    neurons = network.neurons
    if neurons:
        title = network.nodes[neurons[0]].title
        raise NetworkError(f"{title} '{neurons[0]}': expected an ANN, got a spiking neuron")


def _batches(network: Network, data: NDArray[Any]) -> Iterator[NDArray[Any]]:
    largest = 4 * max(prod(shape) for shape in network.shapes.values())
    size = max(1, min(_BATCH, _MOST_BYTES // largest))
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _one_batch(network: Network, x: NDArray[Any], keep: set[str]) -> dict[str, Float32]:
    """Return the values of the nodes to keep; others are dropped as soon as nobody needs them."""
    waiting = {name: len(network.targets[name]) for name in network.nodes}
    values: dict[str, Float32] = {}
    with np.errstate(over="ignore", invalid="ignore"):
        for name in network.order:
            sources = network.sources[name]
            if sources:
                inputs = tuple(values[source] for source in sources)
                values[name] = np.asarray(network.nodes[name].forward(inputs), dtype=np.float32)
            else:
                values[name] = input_values(network.input, x)
            for source in sources:
                waiting[source] -= 1
                if waiting[source] == 0 and source not in keep:
                    del values[source]
    for name in keep:
        if not np.isfinite(values[name]).all():
            title = network.nodes[name].title
            raise DataError(f"{title} '{name}': a value of the ANN pass is not finite; weights or data are too large")
    return {name: values[name] for name in keep}


def _taps_inside(layer: Conv2d, source: tuple[int, ...], result: tuple[int, ...]) -> int:
    """Return how many taps of a window lie inside the source's map, over all output positions."""
    inside = 1
    for axis in (0, 1):
        starts = np.arange(result[axis + 1])[:, None] * layer.stride[axis] - layer.padding[axis]
        taps = starts + np.arange(layer.weight.shape[axis + 2]) * layer.dilation[axis]
        inside *= int(np.count_nonzero((taps >= 0) & (taps < source[axis + 1])))
    return inside
