"""The threshold and the shift with which a neuron's levels come closest to an activation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LevelFit", "fit_levels"]

_CANDIDATES = 100
_SHIFTS = (0.0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3)
_BINS = 1 << 14


@dataclass(frozen=True)
class LevelFit:
    """What a level stands for, and what to add to the current, both in the current's unit; a threshold of 0 where nothing is active."""

    threshold: float
    shift: float


def fit_levels(current: NDArray[Any], activation: NDArray[Any], window: int) -> LevelFit:
    """Return the threshold and shift of least ``E[(q(u + shift) - a)^2]``, ``q(u) = theta clip(floor(u/theta + 1/2), 0, S)``.

    ``u`` is the current that arrives, with the errors that layers before have made, and ``a`` what the ANN has there. Candidates are
    ``S theta`` = k/100 of the largest activation, k = 1..100, with shifts of -0.3, -0.2, .. 0.3 theta; of equal ones the
    smallest shift and the largest threshold win. Currents are counted in 16,384 bins from 0 to the largest activation.

    Parameters
    ----------
    current, activation
        ``u`` and ``a``, of the same shape.
    window
        S, the largest level.

    Examples
    --------
    >>> fit_levels(np.float32([0.5, 1.0]), np.float32([0.5, 1.0]), 2)
    LevelFit(threshold=0.5, shift=0.0)
    >>> fit_levels(np.float32([0.25, 0.75]), np.float32([0.0, 1.0]), 1)
    LevelFit(threshold=1.0, shift=0.0)
    """
    largest = float(activation.max(initial=0))
    if largest <= 0:
        return LevelFit(0.0, 0.0)
    # In float32 it stays finite where activations are next to nothing.
    bins_a_unit = min(_BINS / largest, 1e38)
    bins = np.clip(current.ravel() * np.float32(bins_a_unit), 0, _BINS - 1).astype(np.int64)
    # What lies from each edge on, in number and in sum of activations.
    number = _from_each_edge(np.bincount(bins, minlength=_BINS))
    total = _from_each_edge(np.bincount(bins, activation.ravel(), minlength=_BINS))
    levels = np.arange(1, window + 1)
    thresholds = largest * np.arange(_CANDIDATES, 0, -1) / _CANDIDATES / window
    # From (k - 1/2) theta - shift on, a current becomes level k.
    bounds = (levels - 0.5 - np.array(_SHIFTS)[:, None, None]) * thresholds[:, None]
    first = np.rint(bounds * bins_a_unit).astype(np.int64)
    # Level k in the place of k - 1 adds (2k - 1) theta^2 - 2 theta a for each; the activations' squares are the same for all candidates.
    errors = thresholds**2 * (number[first] @ (2 * levels - 1)) - 2 * thresholds * total[first].sum(axis=2)
    shift, best = np.unravel_index(int(np.argmin(errors)), errors.shape)
    return LevelFit(float(thresholds[best]), float(_SHIFTS[shift] * thresholds[best]))


def _from_each_edge(values: NDArray[Any]) -> NDArray[Any]:
    """Return the sum from each bin to the last."""
    return np.asarray(np.cumsum(values[::-1])[::-1])
