"""Thresholds that were trained."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.method import Method

__all__ = ["TrainedThresholds"]


@dataclass(frozen=True)
class TrainedThresholds(Method):
    """``th`` = the upper bound of the activation itself, ``ReLU(max=th)``, which was trained with the weights.

    Nothing is clipped that the ANN does not clip. Of the calibration data the shape matters, and what the report says of
    activations. This is TCL (Ho & Chang 2021) where the clip was trained as it is, QCFS (Bu et al. 2022) where it was
    trained with quantised levels, and what :func:`pysnn.finetune.restructure` prepares.

    Examples
    --------
    >>> TrainedThresholds().thresholds(np.float32([[0, 1]])).tolist()
    [inf]
    """

    bounded: ClassVar[bool] = True

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return no limit of its own: each activation's bound is what holds."""
        return np.full(len(activations), np.inf)
