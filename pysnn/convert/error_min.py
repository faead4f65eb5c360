"""Thresholds that minimise the expected conversion error at a number of time-steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.method import Method
from pysnn.errors import DataError

__all__ = ["ErrorMin"]

_CANDIDATES = 100
_BINS = 1 << 16


@dataclass(frozen=True)
class ErrorMin(Method):
    """``th`` = the k/100 of the largest activation, k = 1..100, with the least ``E[(q_T(a) - a)^2]``.

    ``q_T(a) = (th/T) clip(floor(T a/th + 1/2), 0, T)`` is what T steps make of a constant current, from a potential of
    ``th/2`` (Li et al. 2021, who search a layer's threshold for the least error of its output). Few steps ask for
    a low threshold, whose steps are small; many for a high one, which clips nothing. Of equal candidates the largest wins.

    The expectation is over all activations, through a histogram of 65,536 bins that keeps each bin's count, sum and sum
    of squares: exact but for bins in which ``q_T`` jumps.

    Parameters
    ----------
    steps
        T, at least 1; ``convert`` hands on its own.

    Examples
    --------
    >>> values = np.float32([[0.1] * 98 + [0.2, 1.0]])
    >>> ErrorMin(steps=1).thresholds(values).round(2).tolist(), ErrorMin(steps=100).thresholds(values).tolist()
    ([0.11], [1.0])
    """

    steps: int | None = None

    def __post_init__(self) -> None:
        if self.steps is not None and (isinstance(self.steps, bool) or not isinstance(self.steps, int | np.integer)):
            raise DataError(f"error-min: steps must be an integer, got {self.steps!r}")
        if self.steps is not None and self.steps < 1:
            raise DataError(f"error-min: steps must be at least 1, got {self.steps}")

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Give each group's best candidate."""
        if self.steps is None:
            raise DataError("error-min: it minimises the error at a number of time-steps; say convert(..., steps=T)")
        return np.array([_best(group.astype(np.float64), int(self.steps)) for group in activations])


def _best(values: NDArray[np.float64], steps: int) -> float:
    largest = float(values.max(initial=0.0))
    if largest <= 0:
        return 0.0
    bins = np.minimum((values * (_BINS / largest)).astype(np.int64), _BINS - 1)
    count, total, squares = (
        np.bincount(bins, weights=weights, minlength=_BINS) for weights in (None, values, values * values)
    )
    filled = count > 0
    count, total, squares = count[filled], total[filled], squares[filled]
    means = total / count
    candidates = largest * np.arange(_CANDIDATES, 0, -1) / _CANDIDATES
    errors = []
    for threshold in candidates:
        rates = threshold / steps * np.clip(np.floor(steps * means / threshold + 0.5), 0, steps)
        errors.append(float(np.sum(count * rates * rates - 2 * rates * total + squares)))
    return float(candidates[int(np.argmin(errors))])
