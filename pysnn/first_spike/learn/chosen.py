"""What a training takes from its data where the user leaves it open: the coding of the inputs and the learning rate."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.first_spike.coding import encode_times
from pysnn.first_spike.defaults import Defaults
from pysnn.first_spike.layers import Conv
from pysnn.first_spike.network import Coding, FirstSpikeNetwork

__all__ = ["choose_coding", "choose_rate"]

DARK = 0.05
"""A median value up to this is a dark background: few inputs spike, and those that do say something."""
BRIGHT = 0.7
"""A median value from this on is a bright background: most inputs would spike early, and say little."""
CONVOLUTION_RATE = 1e-3
"""A kernel sees few of the inputs, and layers behind it see many channels: how many inputs spike says little of its rate."""
_SAMPLES = 1000


def choose_coding(values: NDArray[Any], complement: bool | None = None, invert: bool | None = None) -> Coding:
    """Return the coding for values in 0..1; ``None`` leaves it to the median value.

    A dark background (median up to 0.05) asks for "bright", a bright one (from 0.7) for "dark", anything else, as most tables of
    measured features, for "both".

    Parameters
    ----------
    values
        ``(samples, ...)``.
    complement
        Whether every value has a second input of ``1 - x``.
    invert
        Whether dark values spike first.

    Raises
    ------
    DataError
        Both are asked for.

    Examples
    --------
    >>> picture = np.array([[0.0, 0.0, 0.9]])
    >>> choose_coding(picture), choose_coding(1 - picture), choose_coding(1 - picture, invert=False)
    ('bright', 'dark', 'bright')
    """
    if complement and invert:
        raise DataError(
            "complement, invert: expected one of them at most, got both; a complement has the inverted values in it"
        )
    if complement or invert:
        return "both" if complement else "dark"
    median = float(np.median(_some(values))) if len(values) else 0.0
    if median >= BRIGHT:
        return "bright" if invert is False else "dark"
    return "both" if median > DARK and complement is None else "bright"


def choose_rate(network: FirstSpikeNetwork, values: NDArray[Any], defaults: Defaults) -> float:
    """Return the first learning rate: by input spikes and the largest layer for dense layers, 0.001 with convolutions."""
    if any(isinstance(layer, Conv) for layer in network.layers) or not len(values):
        return CONVOLUTION_RATE
    times = encode_times(network, _some(values))
    widest = max(math.prod(layer.out_shape) for layer in network.plan.layers)
    return defaults.learning_rate(float(np.isfinite(times).sum(axis=1).mean()), widest)


def _some(values: NDArray[Any]) -> NDArray[Any]:
    """Return samples from all over the data, few enough to be quick."""
    return values[:: -(-len(values) // _SAMPLES)]
