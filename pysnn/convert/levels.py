"""Currents shifted layer by layer where neurons spike once, in windows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.corrections import Correction, channel_means, spread_channels
from pysnn.convert.layerwise import layer_by_layer
from pysnn.network import Network
from pysnn.nodes import ReLU

__all__ = ["correct_levels", "levels_of"]

Float32 = NDArray[np.float32]


def levels_of(current: NDArray[Any], threshold: Any, window: int) -> NDArray[Any]:
    """Return the levels of FirstSpike neurons: ``clip(floor(current / threshold + 1/2), 0, window)``.

    Examples
    --------
    >>> levels_of(np.float32([-1, 0.124, 0.125, 0.5, 9]), np.float32(0.25), 4).tolist()
    [0.0, 0.0, 1.0, 2.0, 4.0]
    """
    return np.asarray(np.clip(np.floor(current / threshold + current.dtype.type(0.5)), 0, window))


def correct_levels(network: Network, samples: NDArray[Any], thresholds: Mapping[str, Any], window: int) -> Correction:
    """Return the shift per channel that gives each layer's current the ANN's mean, layer after layer from the input.

    Layers before are shifted already when a layer's current is compared; the scores are shifted in the same way.

    Parameters
    ----------
    network
        The ANN.
    samples
        Calibration data in an order of their own.
    thresholds
        By the name of each ``ReLU``: the value of a level, a number, or one per channel.
    window
        S, the largest level.
    """
    means: dict[str, NDArray[np.float64]] = {}

    def remember(name: str, current: Float32) -> Float32:
        means[name] = channel_means(current)
        return network.nodes[name].apply(current)

    layer_by_layer(network, samples, remember)
    found = Correction(samples=len(samples))
    layer_by_layer(network, samples, _Shifting(network, thresholds, window, means, found))
    return found


@dataclass(frozen=True, eq=False)
class _Shifting:
    """Shifts each layer's current as the pass comes to it, and gives what its levels stand for."""

    network: Network
    thresholds: Mapping[str, Any]
    window: int
    means: Mapping[str, NDArray[np.float64]]
    found: Correction

    def __call__(self, name: str, current: Float32) -> Float32:
        shift = (self.means[name] - channel_means(current)).astype(np.float32)
        self.found.bias[name] = shift
        if not isinstance(self.network.nodes[name], ReLU):
            return current
        channels = np.broadcast_to(np.float32(self.thresholds[name]), (current.shape[1],))
        threshold = spread_channels(channels, current.ndim)
        return levels_of(current + spread_channels(shift, current.ndim), threshold, self.window) * threshold
