"""Thresholds from a high percentile of the activations."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.method import Method
from pysnn.errors import DataError

__all__ = ["Percentile"]


@dataclass(frozen=True)
class Percentile(Method):
    """``th`` = the p-th percentile of the activations that are not zero (Rueckauer et al. 2017).

    What lies above it is clipped; outliers no longer decide how fast a layer is. The percentile is interpolated linearly.
    Zeros are left out, as in the authors' own toolbox: how often a neuron is silent says nothing about its range.

    Parameters
    ----------
    percentile
        p, above 0 and at most 100; 100 is max-norm. 1 and less are warned of, since a share was meant.

    Examples
    --------
    >>> Percentile(percentile=50.0).thresholds(np.float32([[0, 0, 1, 2, 9]])).tolist()
    [2.0]
    """

    percentile: float = 99.9

    def __post_init__(self) -> None:
        good = isinstance(self.percentile, int | float) and not isinstance(self.percentile, bool)
        if not good or not 0 < self.percentile <= 100:
            raise DataError(f"percentile: expected a number above 0 and at most 100, got {self.percentile!r}")
        if self.percentile <= 1:
            warnings.warn(
                f"percentile: {self.percentile!r} is {self.percentile!r} %, so nearly all activations are clipped; "
                f"{100 * self.percentile:.6g} says the share of {self.percentile!r}",
                UserWarning,
                stacklevel=3,
            )

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return each group's percentile."""
        return np.array([self._of(group[group > 0]) for group in activations])

    def _of(self, active: NDArray[np.float32]) -> float:
        return float(np.percentile(active.astype(np.float64), self.percentile)) if active.size else 0.0
