"""What a run of neurons with windows gives, and does not take."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError

__all__ = ["check_fresh", "spikes_in_steps"]


def check_fresh(state: Any, window: int | None) -> None:
    """Refuse a state for neurons with windows of ``window`` steps: each sample has its own.

    Examples
    --------
    >>> check_fresh(None, 16)
    """
    if state is not None and window is not None:
        raise DataError("state: a network of FirstSpike neurons starts afresh for each sample, got a state")


def spikes_in_steps(spikes: NDArray[np.uint8], window: int | None) -> NDArray[np.uint8]:
    """Return recorded spikes at each step: levels ``(1, samples, ...)`` become those of a window's steps, ``(window, samples, ...)``.

    Examples
    --------
    >>> spikes_in_steps(np.uint8([[[4, 1, 0]]]), 4)[:, 0].tolist()
    [[1, 0, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0]]
    """
    if window is None:
        return spikes
    steps = np.arange(window).reshape(-1, *(1,) * (spikes.ndim - 1))
    return np.asarray(spikes == window - steps, dtype=np.uint8)
