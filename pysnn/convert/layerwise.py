"""A network computed layer by layer over all samples at once, with something of one's own in place of the activations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.encode.batch import input_values
from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.nodes import MaxPool2d, Node, Output, ReLU

__all__ = ["Activation", "layer_by_layer"]

Float32 = NDArray[np.float32]

Activation = Callable[..., Float32]
"""From the name of a ``ReLU`` or of the output, and the currents that arrive there, to the values that leave it."""

# Values that a node computes at a time; a convolution unfolds each about ten times.
_VALUES_AT_A_TIME = 1 << 22


def layer_by_layer(
    network: Network,
    x: NDArray[Any],
    activation: Activation,
    steps: int = 1,
    *,
    inputs_of: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Pass all samples through a network, one node after the other.

    Unlike in :func:`pysnn.ann.ann_pass` a layer is done for every sample before the next begins, so that what ``activation``
    does in one layer may depend on all samples, and the layers behind see it. Memory: the maps of all samples that some
    later node still needs.

    Parameters
    ----------
    network
        An ANN.
    x
        Checked data, ``(samples, ...)``.
    activation
        Called for each ``ReLU`` along the network, and for the output, with all the current that arrives: ``(samples, ...)``.
        It gives values of the same shape, or a time axis: ``(samples * steps, ...)``, the steps of a sample together.
        Behind it, currents have this shape as well. (What it gives for the output is dropped.)
    steps
        Length of that time axis, T.
    inputs_of
        For nodes that ``activation`` is called for, a layer before each: its inputs are the third argument.
    progress
        Called with (nodes done, nodes in all).

    Raises
    ------
    DataError
        A value is not finite. The message names the node.
    """
    inputs_of = inputs_of or {}
    waiting = {name: len(network.targets[name]) for name in network.nodes}
    for layer in inputs_of.values():
        for source in network.sources[layer]:
            waiting[source] += 1
    values: dict[str, Float32] = {}
    place = _Place(len(x), steps)
    with np.errstate(over="ignore", invalid="ignore"):
        for number, name in enumerate(network.order):
            if progress is not None:
                progress(number, len(network.order))
            node, sources = network.nodes[name], network.sources[name]
            read = network.sources[inputs_of[name]] if name in inputs_of else ()
            if not sources:
                values[name] = input_values(network.input, x)
                continue
            found = place.compute(node, tuple(values[source] for source in sources))
            if isinstance(node, ReLU | Output):
                if not np.isfinite(found).all():
                    raise DataError(f"{node.title} '{name}': a current is not finite; weights or data are too large")
                inputs = (Node.forward(_SUM, tuple(values[source] for source in read)),) if read else ()
                found = activation(name, found, *inputs)
            values[name] = found
            for source in (*sources, *read):
                waiting[source] -= 1
                if waiting[source] == 0:
                    del values[source]


@dataclass(frozen=True)
class _Place:
    """How many samples and steps there are."""

    samples: int
    steps: int

    def compute(self, node: Node, inputs: tuple[Float32, ...]) -> Float32:
        """Compute a node but for its activation, part by part."""
        longest = max(len(value) for value in inputs)
        inputs = tuple(value if len(value) == longest else np.repeat(value, self.steps, axis=0) for value in inputs)
        if isinstance(node, MaxPool2d) and longest > self.samples:
            return self._max_of_counts(node, inputs)
        if isinstance(node, ReLU | Output):
            return Node.forward(_SUM, inputs)
        return self._in_parts(node, inputs)

    def _in_parts(self, node: Node, inputs: tuple[Float32, ...]) -> Float32:
        size = max(1, _VALUES_AT_A_TIME // max(prod(value.shape[1:]) for value in inputs))
        parts = [
            np.asarray(node.forward(tuple(value[start : start + size] for value in inputs)), dtype=np.float32)
            for start in range(0, len(inputs[0]), size)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _max_of_counts(self, node: MaxPool2d, inputs: tuple[Float32, ...]) -> Float32:
        """Let a spike through whenever the largest sum of the window so far rises."""
        total = Node.forward(_SUM, inputs)
        in_time = total.reshape(self.samples, self.steps, *total.shape[1:])
        largest = self._in_parts(node, (np.cumsum(in_time, axis=1, dtype=np.float32).reshape(total.shape),))
        largest = largest.reshape(self.samples, self.steps, *largest.shape[1:])
        return np.diff(largest, axis=1, prepend=np.float32(0)).reshape(-1, *largest.shape[2:])


_SUM = Output()
