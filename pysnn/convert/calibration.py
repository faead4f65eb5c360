"""Thresholds of every layer from calibration data, whatever the order of the data."""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.ann import ann_pass
from pysnn.convert.method import Method
from pysnn.encode.batch import checked_data
from pysnn.network import Network
from pysnn.nodes import ReLU

__all__ = ["SILENT_THRESHOLD", "Calibration", "LayerThreshold", "calibrate", "sorted_samples"]

SILENT_THRESHOLD = 1.0
"""The threshold of a layer that is never active on the calibration data."""

# Activations that are held at a time; more layers than that take more passes.
_MOST_BYTES = 1 << 28


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
        float32, one value, or one a channel.
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


def calibrate(network: Network, data: Any, method: Method) -> Calibration:
    """Choose thresholds for every ReLU of a network.

    Warns
    -----
    UserWarning
        For each layer that is never active; its threshold is :data:`SILENT_THRESHOLD`.
    """
    checked = checked_data(data, network.input, network.input_name, "constant").data
    assert isinstance(checked, np.ndarray)
    samples, digest = sorted_samples(checked)
    names = [name for name in network.order if isinstance(network.nodes[name], ReLU)]
    layers: list[LayerThreshold] = []
    for group in _groups(network, names, len(samples)):
        _, values = ann_pass(network, samples, keep=group)
        layers += [_layer(name, len(layers) + i + 1, values[name], method) for i, name in enumerate(group)]
    return Calibration(tuple(layers), len(samples), digest)


def sorted_samples(data: NDArray[Any]) -> tuple[NDArray[Any], str]:
    """Give the samples in an order of their own, by SHA-256, and a digest of the whole set.

    Sums in float32 depend in their last bits on where in a batch a sample lies; behind this, nothing depends on the order
    in which the data came.
    """
    digests = [hashlib.sha256(np.ascontiguousarray(sample).tobytes()).digest() for sample in data]
    order = sorted(range(len(data)), key=digests.__getitem__)
    whole = hashlib.sha256(b"".join(digests[i] for i in order)).hexdigest()
    return data[order], whole


def _groups(network: Network, names: list[str], samples: int) -> Iterator[list[str]]:
    """Cut the layers into groups whose activations can be held at once."""
    group: list[str] = []
    held = 0
    for name in names:
        size = 4 * samples * prod(network.shapes[name])
        if group and held + size > _MOST_BYTES:
            yield group
            group, held = [], 0
        group.append(name)
        held += size
    if group:
        yield group


def _layer(name: str, depth: int, values: NDArray[np.float32], method: Method) -> LayerThreshold:
    channels = values.shape[1]
    by_channel = np.moveaxis(values, 1, 0).reshape(channels, -1)
    whole = by_channel.reshape(1, -1)
    largest = float(whole.max())
    fallback = np.float32(SILENT_THRESHOLD)
    found = method.thresholds(by_channel if method.per_channel else whole).astype(np.float32)
    if largest <= 0:
        warnings.warn(
            f"ReLU '{name}': never active on the calibration data, so its threshold is {SILENT_THRESHOLD}; "
            "calibrate with more or other samples",
            UserWarning,
            stacklevel=4,
        )
    elif method.per_channel and (found <= 0).any():
        fallback = np.float32(method.thresholds(whole)[0])
    threshold = np.where(found > 0, found, fallback).astype(np.float32)
    active = int(np.count_nonzero(whole))
    return LayerThreshold(
        layer=name,
        depth=depth,
        neurons=prod(values.shape[1:]),
        threshold=threshold,
        largest=largest,
        clipped=np.count_nonzero(by_channel > threshold[:, None]) / active if active else 0.0,
        silent_channels=int(np.count_nonzero(by_channel.max(axis=1) <= 0)),
    )
