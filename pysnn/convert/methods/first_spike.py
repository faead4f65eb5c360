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

    Layer by layer from the input, beside the ANN: a channel's current, which comes from layers that are converted already, is shifted
    to the ANN's mean; then the threshold, k/100 of the largest activation over S, and a shift of up to 0.3 thresholds are those of the
    least ``E[(q_S(u) - a)^2]``, ``q_S(u) = theta clip(floor(u/theta + 1/2), 0, S)``, u the current and a the ANN's activation
    (:func:`pysnn.convert.levels.choose_levels`). :meth:`thresholds` knows activations alone, and takes them for the currents.

    Parameters
    ----------
    per_channel
        A threshold per channel, or one per layer.
    window
        S, steps of a window, 1..255.
    fit_weights
        Whether weights are fitted too: with few steps the result is closer to the ANN, and the conversion takes longer
        (:func:`pysnn.convert.methods.weight_fit.fit_weights`).

    Examples
    --------
    >>> FirstSpikeLevels(window=4).thresholds(np.float32([[0.5, 1.0]])).tolist()
    [1.0]
    """

    per_channel: bool = True
    window: int = 16
    fit_weights: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "window", check_window("first-spike", self.window))
        if not isinstance(self.fit_weights, bool | np.bool_):
            raise DataError(f"first-spike: fit_weights must be True or False, got {self.fit_weights!r}")

    def thresholds(self, activations: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return what the neurons of each group can stand for: S times their threshold."""
        return np.array([least_error(group, self.window) for group in activations])


def check_window(method: str, window: Any) -> int:
    """Return a window as an ``int``, or raise :class:`DataError` where a method cannot have it."""
    if not isinstance(window, int | np.integer) or isinstance(window, bool) or not 1 <= window <= MAX_WINDOW:
        raise DataError(f"{method}: window must be an integer in 1..{MAX_WINDOW}, got {window!r}")
    return int(window)
