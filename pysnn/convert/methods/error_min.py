"""Thresholds that minimise the expected conversion error at a number of time-steps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.method import Method
from pysnn.errors import DataError

__all__ = ["ErrorMin", "least_error"]

_CANDIDATES = 100


@dataclass(frozen=True)
class ErrorMin(Method):
    """``th`` = the k/100 of the largest activation, k = 1..100, with the least ``E[(q_T(a) - a)^2]``.

    ``q_T(a) = (th/T) clip(floor(T a/th + 1/2), 0, T)`` is what T steps make of a constant current, from a potential of
    ``th/2`` (Li et al. 2021, who search a layer's threshold for the least error of its output). Few steps ask for
    a low threshold, whose steps are small; many for a high one, which clips nothing. Of equal candidates the largest wins.

    The expectation is over all activations, exactly: they are sorted, and each step of ``q_T`` is a stretch of them.

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
        """Return each group's best candidate."""
        if self.steps is None:
            raise DataError("error-min: it minimises the error at a number of time-steps; say convert(..., steps=T)")
        return np.array([least_error(group, int(self.steps)) for group in activations])


def least_error(values: NDArray[np.float32], steps: int) -> float:
    """Return the candidate with the least mean squared error at ``steps`` levels above 0; 0 where no value is above 0.

    Examples
    --------
    >>> least_error(np.float32([0.5, 1.0]), 2)
    1.0
    """
    ordered = np.sort(values[values > 0])
    if not ordered.size:
        return 0.0
    # What is below the i-th smallest, in number and sum.
    sums = np.concatenate([[0.0], np.cumsum(ordered, dtype=np.float64)])
    candidates = float(ordered[-1]) * np.arange(_CANDIDATES, 0, -1) / _CANDIDATES
    levels = np.arange(1, steps + 1)
    # From (k - 1/2) th/T on, a value becomes k th/T.
    first = np.searchsorted(ordered, ((levels - 0.5) * candidates[:, None] / steps).astype(np.float32))
    ends = np.concatenate([first[:, 1:], np.full((_CANDIDATES, 1), ordered.size)], axis=1)
    rates = levels * candidates[:, None] / steps
    # The squares of the values themselves are the same for all candidates.
    errors = np.sum((ends - first) * rates**2 - 2 * rates * (sums[ends] - sums[first]), axis=1)
    return float(candidates[int(np.argmin(errors))])
