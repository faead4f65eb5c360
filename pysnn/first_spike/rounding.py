"""Weights of 8 bits: every neuron's weights are whole multiples, -127 to 127, of one number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.first_spike.network import FirstSpikeNetwork

__all__ = ["in_units", "round_weights"]

_LEVELS = 127
_MANTISSA = 4096.0


def round_weights(network: FirstSpikeNetwork) -> FirstSpikeNetwork:
    """Give the network with each neuron's weights rounded to 8 bits.

    They stay float32 and run as any others; a ``.psnn`` file takes one byte for each. The unit of a neuron is its largest weight
    over 127, rounded up to 12 binary digits, so that multiples are exact in float32.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=1),), ([[1.0], [0.3]],))
    >>> round_weights(network).weights[0].round(3)
    array([[1.   ],
           [0.299]], dtype=float32)
    """
    return network.with_weights([_rounded(weight) for weight in network.weights])


def in_units(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """Give whole numbers and each column's unit if their products are exactly the weights, else ``None``."""
    unit = (np.abs(weight).max(axis=0, initial=0) / np.float32(_LEVELS)).astype(np.float32)
    whole = np.rint(weight / np.where(unit > 0, unit, 1)).astype(np.float32)
    if not (whole * unit == weight).all():
        return None
    return whole.astype(np.int8), unit


def _rounded(weight: NDArray[np.float32]) -> NDArray[Any]:
    mantissa, exponent = np.frexp(np.abs(weight).max(axis=0, initial=0).astype(np.float64) / _LEVELS)
    unit = np.ldexp(np.ceil(mantissa * _MANTISSA) / _MANTISSA, exponent)
    return np.asarray((np.rint(weight / np.where(unit > 0, unit, 1)) * unit).astype(np.float32))
