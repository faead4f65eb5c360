"""Thresholds from the largest activation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.method import Method

__all__ = ["MaxNorm"]


@dataclass(frozen=True)
class MaxNorm(Method):
    """``th = max a`` over the calibration data: nothing that was seen is clipped, and one outlier slows a whole layer.

    The data-based normalisation of Diehl et al. 2015, as thresholds instead of rescaled weights. (Theirs also keeps the
    largest single weight below the threshold, which a simulation that adds up the currents of a step does not need.)

    Examples
    --------
    >>> MaxNorm().thresholds(np.float32([[0, 1, 4, 2]])).tolist()
    [4.0]
    """

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return each group's largest activation."""
        return np.asarray(activations.max(axis=1), dtype=np.float64)
