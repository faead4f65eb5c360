"""Calibration of biases and of initial potentials, on top of any method's thresholds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.layerwise import layer_by_layer
from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.nodes import ReLU

__all__ = [
    "CORRECTIONS",
    "Correction",
    "CorrectionEntry",
    "Neurons",
    "channel_means",
    "check_corrections",
    "correct",
    "spread_channels",
]

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

# What the currents of one layer may take, over all samples and steps; more samples than that are left out.
_MOST_BYTES = 1 << 28


@dataclass(frozen=True)
class CorrectionEntry:
    """What ``pysnn methods`` says of a correction."""

    title: str
    source: str
    needs: str


CORRECTIONS: dict[str, CorrectionEntry] = {
    "bias": CorrectionEntry(
        "shift each channel's current by its mean error",
        "Li et al. 2021, ICML (PMLR 139)",
        "calibration data, steps",
    ),
    "v_init": CorrectionEntry(
        "shift each channel's initial potential by its mean error",
        "Li et al. 2021, ICML (PMLR 139)",
        "calibration data, steps",
    ),
}
"""What ``convert(..., calibrate=...)`` takes."""


@dataclass(frozen=True, eq=False)
class Correction:
    """What to add, by layer, float32 ``(channels,)``: to its current at each step, and to its initial potential.

    Attributes
    ----------
    bias
        By the name of a ``ReLU``, or of the output.
    v_init
        By the name of a ``ReLU``.
    samples
        How many samples it was found on.
    """

    bias: dict[str, Float32] = field(default_factory=dict)
    v_init: dict[str, Float32] = field(default_factory=dict)
    samples: int = 0


def check_corrections(kinds: Any, steps: int | None) -> tuple[str, ...]:
    """Return the wanted corrections in the order in which they are made, or raise :class:`DataError`.

    Examples
    --------
    >>> check_corrections(["v_init", "bias"], 8)
    ('bias', 'v_init')
    """
    if (
        isinstance(kinds, str)
        or not isinstance(kinds, Sequence)
        or any(not isinstance(kind, str) or kind not in CORRECTIONS for kind in kinds)
    ):
        raise DataError(f"calibrate: expected some of {', '.join(CORRECTIONS)}, in a list, got {kinds!r}")
    if kinds and steps is None:
        raise DataError("calibrate: the mean error is that at a number of time-steps; say convert(..., steps=T)")
    return tuple(kind for kind in CORRECTIONS if kind in kinds)


def correct(
    network: Network, samples: NDArray[Any], thresholds: Mapping[str, Any], steps: int, kinds: Sequence[str]
) -> Correction:
    """Shift each layer by its mean error at ``steps`` time-steps, layer after layer from the input.

    The mean error of a channel is ``d = E[a - r]`` over samples and positions: a the ANN's activation, r the rate of the
    spiking neurons when all layers before are corrected already. ``"bias"`` adds d to the channel's current (for the output,
    to the score); ``"v_init"`` adds ``T d`` to its initial potential, which is the same charge, all at once.

    Parameters
    ----------
    network
        The ANN.
    samples
        Calibration data in an order of their own; as many from the front as fit into memory are used.
    thresholds
        By the name of each ``ReLU``: a number, or one per channel.
    steps
        T.
    kinds
        Of :data:`CORRECTIONS`. Both together: the bias first, then what is left goes to the potential.
    """
    largest = max(prod(shape) for shape in network.shapes.values())
    used = samples[: max(1, _MOST_BYTES // (4 * steps * largest))]
    means: dict[str, Float64] = {}

    def remember(name: str, current: Float32) -> Float32:
        values = network.nodes[name].apply(current)
        means[name] = channel_means(values)
        return values

    layer_by_layer(network, used, remember)
    found = Correction(samples=len(used))
    layer_by_layer(network, used, _Corrector(network, thresholds, steps, kinds, means, found), steps)
    return found


@dataclass(frozen=True, eq=False)
class _Corrector:
    """Simulates each layer of neurons as the pass comes to it, and corrects it."""

    network: Network
    thresholds: Mapping[str, Any]
    steps: int
    kinds: Sequence[str]
    means: Mapping[str, Float64]
    found: Correction

    def __call__(self, name: str, current: Float32) -> Float32:
        if not isinstance(self.network.nodes[name], ReLU):
            if "bias" in self.kinds:
                self.found.bias[name] = (self.means[name] - channel_means(current)).astype(np.float32)
            return current
        neurons = Neurons.of(self.thresholds[name], current, self.found.samples, self.steps)
        if "bias" in self.kinds:
            error = self.means[name] - channel_means(neurons.values(current))
            self.found.bias[name] = error.astype(np.float32)
            current = current + spread_channels(self.found.bias[name], current.ndim)
        values = neurons.values(current)
        if "v_init" in self.kinds:
            error = self.steps * (self.means[name] - channel_means(values))
            self.found.v_init[name] = error.astype(np.float32)
            values = neurons.values(current, spread_channels(self.found.v_init[name], current.ndim))
        return values


@dataclass(frozen=True, eq=False)
class Neurons:
    """A layer of IF neurons that start at half their threshold and reset by subtraction."""

    threshold: Float32
    samples: int
    steps: int

    @classmethod
    def of(cls, threshold: Any, current: Float32, samples: int, steps: int) -> "Neurons":
        channels = np.broadcast_to(np.float32(threshold), (current.shape[1],))
        return cls(spread_channels(channels, current.ndim), samples, steps)

    def values(self, current: Float32, more: Any = 0.0) -> Float32:
        """Return a threshold for each spike, ``(samples * steps, channels, ...)``.

        ``current`` has these axes, or is constant in time: ``(samples, channels, ...)``. ``more`` is added to the initial
        potential.
        """
        constant = len(current) == self.samples
        shape = current.shape[1:]
        in_time = current.reshape(self.samples, -1, *shape)
        potential = np.empty((self.samples, *shape), dtype=np.float32)
        potential[:] = self.threshold / 2 + more
        values = np.empty((self.samples, self.steps, *shape), dtype=np.float32)
        for t in range(self.steps):
            potential += in_time[:, 0 if constant else t]
            values[:, t] = (potential >= self.threshold) * self.threshold
            potential -= values[:, t]
        return values.reshape(-1, *shape)


def spread_channels(channels: Float32, dimensions: int) -> Float32:
    """Return a value per channel so that it goes with ``(samples, channels, ...)`` of so many axes.

    Examples
    --------
    >>> spread_channels(np.ones(3, dtype=np.float32), 4).shape
    (1, 3, 1, 1)
    """
    return channels.reshape((1, -1) + (1,) * (dimensions - 2))


def channel_means(values: Float32) -> Float64:
    """Return the mean of each channel of ``(samples, channels, ...)``, in float64.

    Examples
    --------
    >>> channel_means(np.float32([[1, 2], [3, 4]])).tolist()
    [2.0, 3.0]
    """
    axes = (0, *range(2, values.ndim))
    return np.asarray(values.mean(axis=axes, dtype=np.float64))
