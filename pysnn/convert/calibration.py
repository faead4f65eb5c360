"""Thresholds of every layer from calibration data, whatever the order of the data."""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.layerwise import layer_by_layer
from pysnn.convert.methods.method import Method
from pysnn.encode.batch import checked_data
from pysnn.errors import NetworkError
from pysnn.network import Network
from pysnn.nodes import ReLU

__all__ = [
    "SILENT_THRESHOLD",
    "Calibration",
    "LayerThreshold",
    "by_channel",
    "calibration_data",
    "choose_thresholds",
    "layer_threshold",
    "sorted_samples",
    "warn_of_silence",
]

SILENT_THRESHOLD = 1.0
"""The threshold of a layer that is never active on the calibration data."""


@dataclass(frozen=True, eq=False)
class LayerThreshold:
    """What calibration found for one layer.

    Attributes
    ----------
    layer
        Name of the ReLU, and of the neuron that takes its place.
    depth
        1 for the first layer of neurons.
    neurons
        How many there are in the layer.
    threshold
        float32, one value, or one per channel.
    largest
        Largest activation on the calibration data.
    clipped
        Share of the activations (zeros apart) that lie above the threshold.
    silent_channels
        How many channels are never active.
    """

    layer: str
    depth: int
    neurons: int
    threshold: NDArray[np.float32]
    largest: float
    clipped: float
    silent_channels: int


@dataclass(frozen=True, eq=False)
class Calibration:
    """Thresholds along the network, and what they came from: how many samples, and their SHA-256 in sorted order."""

    layers: tuple[LayerThreshold, ...]
    samples: int
    digest: str


def choose_thresholds(
    network: Network, data: Any, method: Method, progress: Callable[[int, int], None] | None = None
) -> Calibration:
    """Choose thresholds for every ReLU of a network; ``progress`` is called with (nodes done, nodes in all).

    Memory: the activations of one layer, and of the layers whose values are still needed, for all samples.

    Warns
    -----
    UserWarning
        For each layer that is never active; its threshold is :data:`SILENT_THRESHOLD`. (Not where thresholds are bounds.)

    Raises
    ------
    NetworkError
        The method takes the activations' bounds, and one has none.
    """
    samples, digest = sorted_samples(calibration_data(network, data))
    chooser = _Chooser(network, method)
    layer_by_layer(network, samples, chooser, progress=progress)
    if not method.bounded:
        warn_of_silence(chooser.layers)
    return Calibration(tuple(chooser.layers), len(samples), digest)


def warn_of_silence(layers: Sequence[LayerThreshold]) -> None:
    """Warn for each layer that is never active; its threshold is :data:`SILENT_THRESHOLD`."""
    for layer in layers:
        if layer.largest <= 0:
            warnings.warn(
                f"ReLU '{layer.layer}': never active on the calibration data, so its threshold is {SILENT_THRESHOLD}; "
                "calibrate with more or other samples",
                UserWarning,
                stacklevel=4,
            )


def calibration_data(network: Network, data: Any) -> NDArray[Any]:
    """Check data against a network's input."""
    checked = checked_data(data, network.input, network.input_name, "constant").data
    assert isinstance(checked, np.ndarray)
    return checked


def sorted_samples(data: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Return the samples in an order of their own, by SHA-256, and a digest of the whole set.

    Sums in float32 depend in their last bits on where in a batch a sample lies; behind this, nothing depends on the order
    in which the data came.
    """
    digests = [hashlib.sha256(np.ascontiguousarray(sample).tobytes()).digest() for sample in data]
    order = sorted(range(len(data)), key=digests.__getitem__)
    whole = hashlib.sha256(b"".join(digests[i] for i in order)).hexdigest()
    return data[order], whole


@dataclass(frozen=True, eq=False)
class _Chooser:
    """Chooses each layer's threshold as the pass comes to it, and clips there if the method says so."""

    network: Network
    method: Method
    layers: list[LayerThreshold] = field(default_factory=list)

    def __call__(self, name: str, current: NDArray[np.float32]) -> NDArray[np.float32]:
        node = self.network.nodes[name]
        values = node.apply(current)
        if not isinstance(node, ReLU):
            return values
        if self.method.bounded and node.max is None:
            raise NetworkError(
                f"ReLU '{name}': expected an upper bound (ReLU(max=...)), which is the trained threshold, got none; train the "
                "network with clips (pysnn train ttrbr), or take a method that chooses thresholds by calibration data"
            )
        groups = values.shape[1] if self.method.per_channel else 1
        found = self.method.thresholds(by_channel(values, groups)).astype(np.float32)
        layer = layer_threshold(name, len(self.layers) + 1, values, node, found)
        self.layers.append(layer)
        if not self.method.clips:
            return values
        spread = (-1,) + (1,) * (values.ndim - 2)
        return np.minimum(values, layer.threshold.reshape(spread))


def by_channel(values: NDArray[np.float32], groups: int) -> NDArray[np.float32]:
    """Return ``(groups, values)`` from ``(samples, channels, ...)``: a group per channel, or one for them all."""
    return np.moveaxis(values, 1, 0).reshape(groups, -1)


def _bounded(found: NDArray[np.float32], values: NDArray[np.float32], node: ReLU) -> NDArray[np.float32]:
    """Return silent groups the largest threshold of the layer, and none more than the activation's own upper bound."""
    fallback = found.max() if values.any() else np.float32(SILENT_THRESHOLD)
    ceiling = np.float32(np.inf if node.max is None else node.max)
    return np.minimum(np.where(found > 0, found, fallback), ceiling).astype(np.float32)


def layer_threshold(
    name: str, depth: int, values: NDArray[np.float32], node: ReLU, found: NDArray[np.float32]
) -> LayerThreshold:
    """Return what there is to say of a layer whose thresholds were found by its activations; groups that are silent get a threshold."""
    threshold = _bounded(found, values, node)
    channels = by_channel(values, values.shape[1])
    largest = float(channels.max())
    active = int(np.count_nonzero(channels))
    return LayerThreshold(
        layer=name,
        depth=depth,
        neurons=prod(values.shape[1:]),
        threshold=threshold,
        largest=largest,
        clipped=np.count_nonzero(channels > threshold[:, None]) / active if active else 0.0,
        silent_channels=int(np.count_nonzero(channels.max(axis=1) <= 0)),
    )
