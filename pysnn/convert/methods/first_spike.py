"""Thresholds of neurons that spike once in a window of their own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.convert.methods.error_min import least_error
from pysnn.convert.methods.method import Method
from pysnn.errors import DataError
from pysnn.neurons import MAX_WINDOW

__all__ = ["FirstSpikeLevels", "check_window"]


@dataclass(frozen=True)
class FirstSpikeLevels(Method):
    """Every ReLU becomes a :class:`~pysnn.FirstSpike` neuron with a window of S steps; thresholds of the least expected error at S levels.

    What a neuron can stand for, S thresholds, is the k/100 of the largest activation, k = 1..100, with the least
    ``E[(q_S(a) - a)^2]``, ``q_S(a) = theta clip(floor(a/theta + 1/2), 0, S)``. Behind that the current of each channel is shifted
    layer by layer, so that its mean over calibration samples is that of the ANN.

    Parameters
    ----------
    per_channel
        A threshold per channel, or one per layer.
    window
        S, steps of a window, 1..255.

    Examples
    --------
    >>> FirstSpikeLevels(window=4).thresholds(np.float32([[0.5, 1.0]])).tolist()
    [1.0]
    """

    per_channel: bool = True
    window: int = 16

    def __post_init__(self) -> None:
        object.__setattr__(self, "window", check_window("first-spike", self.window))

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what the neurons of each group can stand for: S times their threshold."""
        return np.array([least_error(group, self.window) for group in activations])


def check_window(method: str, window: Any) -> int:
    """Return a window as an ``int``, or raise :class:`DataError` where a method cannot have it."""
    if not isinstance(window, int | np.integer) or isinstance(window, bool) or not 1 <= window <= MAX_WINDOW:
        raise DataError(f"{method}: window must be an integer in 1..{MAX_WINDOW}, got {window!r}")
    return int(window)
