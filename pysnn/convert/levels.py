"""Thresholds and currents of neurons that spike once, in windows: chosen layer by layer beside the ANN."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.calibration import (
    Calibration,
    LayerThreshold,
    by_channel,
    calibration_data,
    layer_threshold,
    sorted_samples,
    warn_of_silence,
)
from pysnn.convert.corrections import Correction, channel_means, spread_channels
from pysnn.convert.layerwise import layer_by_layer
from pysnn.convert.methods.first_spike import FirstSpikeLevels
from pysnn.convert.methods.level_fit import fit_levels
from pysnn.convert.methods.weight_fit import fit_weights, layers_to_fit
from pysnn.network import Network
from pysnn.nodes import Conv2d, Linear, Node, ReLU

__all__ = ["Levels", "choose_levels", "levels_of"]

Float32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Levels:
    """What was chosen.

    Attributes
    ----------
    calibration
        For each layer S thresholds, the most that its neurons can stand for.
    correction
        A shift of each channel's current.
    layers
        By name, the layers whose weights were fitted.
    """

    calibration: Calibration
    correction: Correction
    layers: Mapping[str, Node]


def levels_of(current: NDArray[Any], threshold: Any, window: int) -> NDArray[Any]:
    """Return the levels of FirstSpike neurons: ``clip(floor(current / threshold + 1/2), 0, window)``.

    Examples
    --------
    >>> levels_of(np.float32([-1, 0.124, 0.125, 0.5, 9]), np.float32(0.25), 4).tolist()
    [0.0, 0.0, 1.0, 2.0, 4.0]
    """
    return np.asarray(np.clip(np.floor(current / threshold + current.dtype.type(0.5)), 0, window))


def choose_levels(
    network: Network, data: Any, rule: FirstSpikeLevels, progress: Callable[[int, int], None] | None = None
) -> Levels:
    """Choose thresholds and shift currents, layer after layer from the input, beside the ANN.

    Each layer's currents come from layers that are converted already. A channel's current is shifted to the ANN's mean; then the
    threshold, of the channel or of the layer, and one more shift are those whose levels come closest to the ANN's activations
    (:func:`~pysnn.convert.methods.level_fit.fit_levels`). The scores are shifted to the ANN's mean. Where weights are fitted too, the last
    layer before each activation first makes up for what of the ANN's currents is missing, as far as its inputs tell
    (:func:`~pysnn.convert.methods.weight_fit.fit_weights`).

    Parameters
    ----------
    network
        The ANN.
    data
        Calibration data; their order does not matter.
    rule
        The window S, whether each channel has a threshold, and whether weights are fitted.
    progress
        Called with (nodes done, nodes in all).

    Warns
    -----
    UserWarning
        For each layer that is never active.
    """
    samples, digest = sorted_samples(calibration_data(network, data))
    fitted = layers_to_fit(network) if rule.fit_weights else {}
    beside = _Beside(network, rule, Correction(samples=len(samples)), fitted)
    layer_by_layer(network, np.concatenate([samples, samples]), beside, inputs_of=fitted, progress=progress)
    warn_of_silence(beside.layers)
    return Levels(Calibration(tuple(beside.layers), len(samples), digest), beside.correction, beside.changed)


@dataclass(frozen=True, eq=False)
class _Beside:
    """Chooses as the pass comes to a layer: the first half of the samples is the ANN's, the second the converted network's.

    ``fitted`` names, for activations and the output, the layer whose weights are fitted; its inputs come with the currents.
    """

    network: Network
    rule: FirstSpikeLevels
    correction: Correction
    fitted: Mapping[str, str]
    layers: list[LayerThreshold] = field(default_factory=list)
    changed: dict[str, Node] = field(default_factory=dict)

    def __call__(self, name: str, current: Float32, inputs: Float32 | None = None) -> Float32:
        node = self.network.nodes[name]
        exact, own = np.split(current, 2)
        if inputs is not None:
            own = own + self._made_up_for(self.fitted[name], np.split(inputs, 2)[1], exact - own)
        shift = (channel_means(exact) - channel_means(own)).astype(np.float32)
        self.correction.bias[name] = shift
        if not isinstance(node, ReLU):
            return current
        activation = node.apply(exact)
        own = own + spread_channels(shift, own.ndim)
        groups = own.shape[1] if self.rule.per_channel else 1
        pairs = zip(by_channel(own, groups), by_channel(activation, groups), strict=True)
        fits = [fit_levels(*pair, self.rule.window) for pair in pairs]
        reach = np.array([fit.threshold * self.rule.window for fit in fits], dtype=np.float32)
        layer = layer_threshold(name, len(self.layers) + 1, activation, node, reach)
        self.layers.append(layer)
        more = np.broadcast_to(np.array([fit.shift for fit in fits], dtype=np.float32), shift.shape)
        self.correction.bias[name] = shift + more
        threshold = spread_channels(
            np.broadcast_to(layer.threshold / np.float32(self.rule.window), shift.shape), own.ndim
        )
        levels = levels_of(own + spread_channels(more, own.ndim), threshold, self.rule.window)
        return np.concatenate([activation, levels * threshold])

    def _made_up_for(self, name: str, inputs: Float32, missing: Float32) -> Float32:
        """Change a layer's weights, and return what that adds to its outputs."""
        layer = self.network.nodes[name]
        assert isinstance(layer, Conv2d | Linear)
        added = fit_weights(layer, inputs, missing)
        if added is None:
            return np.zeros_like(missing)
        self.changed[name] = replace(layer, weight=layer.weight + added)
        return np.asarray(replace(layer, weight=added, bias=None).apply(inputs), dtype=np.float32)
