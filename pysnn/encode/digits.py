"""Data that float32 cannot hold apart: time stamps, counters, coordinates with a large offset."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["warn_of_lost_digits"]

_EXACT = 2.0**24
_LEAST_PLACES = 256
"""How many values float32 must have over a channel's range."""

_FEWEST = 8
"""Of fewer samples nobody knows the range."""


def warn_of_lost_digits(array: NDArray[Any], what: str) -> None:
    """Warn where rounding to float32 leaves a channel of ``(samples, channels, ...)`` hardly any values of its range.

    Examples
    --------
    >>> warn_of_lost_digits(np.array([[1.0], [2.0]]), "Input 'in'")
    """
    if array.dtype.itemsize < 4 or array.dtype == np.float32 or array.ndim < 2 or len(array) < _FEWEST:
        return
    if max(abs(float(array.max())), abs(float(array.min()))) < _LEAST_PLACES:
        return
    axes = (0, *range(2, array.ndim))
    low, high = array.min(axis=axes).astype(np.float64), array.max(axis=axes).astype(np.float64)
    spread, magnitude = high - low, np.maximum(np.abs(low), np.abs(high))
    lost = (spread > 0) & (spread * _EXACT < magnitude * _LEAST_PLACES) & ~_exact(array, magnitude)
    if lost.any():
        at = int(np.argmax(lost))
        warnings.warn(
            f"{what}: channel {at} lies around {magnitude[at]:.4g} and varies by {spread[at]:.4g} only, which float32 rounds "
            f"to steps of {magnitude[at] / _EXACT:.2g}; take the offset out of the data first, or let the input do it "
            "(Input(scaling=...), which is float64; pysnn.importers.sklearn makes it of scalers)",
            UserWarning,
            stacklevel=4,
        )


def _exact(array: NDArray[Any], magnitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which channels float32 holds as they are: integers of 24 bits."""
    return magnitude <= (_EXACT if array.dtype.kind in "iub" else 0.0)
