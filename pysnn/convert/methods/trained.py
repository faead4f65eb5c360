"""Thresholds that were trained."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.first_spike import check_window
from pysnn.convert.methods.method import Method

__all__ = ["TrainedThresholds"]


@dataclass(frozen=True)
class TrainedThresholds(Method):
    """``th`` = the upper bound of the activation itself, ``ReLU(max=th)``, which was trained with the weights.

    Nothing is clipped that the ANN does not clip. Of the calibration data the shape matters, and what the report says of
    activations. This is TCL (Ho & Chang 2021) where the clip was trained as it is, QCFS (Bu et al. 2022) where it was
    trained with quantised levels, and what :func:`pysnn.finetune.restructure` prepares. What was trained with S levels is, with
    a window of S steps, the network of :class:`~pysnn.FirstSpike` neurons itself.

    Parameters
    ----------
    window
        S, for neurons that spike once in a window of S steps; ``None`` for integrate-and-fire neurons.

    Examples
    --------
    >>> TrainedThresholds().thresholds(np.float32([[0, 1]])).tolist()
    [inf]
    """

    bounded: ClassVar[bool] = True

    window: int | None = None

    def __post_init__(self) -> None:
        if self.window is not None:
            object.__setattr__(self, "window", check_window("trained", self.window))

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return no limit of its own: each activation's bound is what holds."""
        return np.full(len(activations), np.inf)
