"""Losses of spike times."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_time_shares", "time_cross_entropy"]


def time_cross_entropy(
    times: NDArray[np.float32], labels: NDArray[np.int64], tau: float
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return the cross-entropy of ``softmax(-t / tau)`` a sample, and its gradient by the times.

    The earlier the label's neuron and the later the others, the lower the loss; ``tau``, the temperature, is the time that
    counts as much earlier. A silent neuron has no gradient; in the loss it stands at the latest finite time of its sample, but not
    before the end of the input window (1).

    Parameters
    ----------
    times
        Of the output neurons, ``(batch, classes)``, ``inf`` = silent.
    labels
        ``(batch,)``.
    tau
        Temperature, in units of the times.

    Examples
    --------
    >>> loss, gradient = time_cross_entropy(np.float32([[0.5, 0.5]]), np.array([1]), 0.1)
    >>> round(float(loss[0]), 4), gradient.tolist()
    (0.6931, [[-5.0, 5.0]])
    """
    share, scores = _shares(times, tau)
    rows = np.arange(len(times))
    loss = -scores[rows, labels]
    share /= -tau
    share[rows, labels] += 1 / tau
    return loss, np.where(np.isfinite(times), share, 0).astype(np.float32)


def log_time_shares(times: NDArray[np.float64], tau: float) -> NDArray[np.float64]:
    """Return the logarithm of ``softmax(-t / tau)``, silent neurons as in :func:`time_cross_entropy`.

    Examples
    --------
    >>> np.exp(log_time_shares(np.array([[0.5, 0.5, np.inf]]), 0.01)).round(3).tolist()
    [[0.5, 0.5, 0.0]]
    """
    return _shares(times, tau)[1]


def _shares(times: NDArray[Any], tau: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the softmax and its logarithm."""
    fired = np.isfinite(times)
    latest = np.where(fired, times, 1).max(axis=1, keepdims=True)
    latest = np.maximum(latest, 1)
    scores = np.where(fired, times, latest).astype(np.float64) / -tau
    scores -= scores.max(axis=1, keepdims=True)
    share = np.exp(scores)
    total = share.sum(axis=1, keepdims=True)
    return share / total, scores - np.log(total)
