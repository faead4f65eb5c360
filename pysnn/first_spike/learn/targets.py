"""Where the spikes of the output neurons should be: the targets of SSTDP and its relatives, in whole steps."""

from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

__all__ = ["TARGETS", "Targets", "output_targets"]

Array = NDArray[Any]

Targets: TypeAlias = Literal["one_sided", "exact", "published"]

TARGETS: tuple[str, ...] = get_args(Targets)
"""Every kind of target."""


def output_targets(
    times: NDArray[np.float64], labels: NDArray[np.int64], steps: int, kind: Targets, gap: float
) -> NDArray[np.float64]:
    """Return the time at which each output neuron should fire, ``(batch, classes)``, from 0 to ``steps`` (= silent).

    With ``n`` neurons that fired and their mean time ``m`` (none fired: all of them count, at ``steps``) and the gap ``D``:

    * "one_sided" (SSTDP, Eq 5): the label ``min(t, m - (n-1)/n D)``, the others ``max(t, m + D/n)``;
    * "exact" (S2-STDP): ``m - (n-1)/n D`` and ``m + D/n`` whatever ``t`` is;
    * "published" (what the code published with SSTDP does): the earliest time for the label, ``D`` later for the others.

    Parameters
    ----------
    times
        Of the output neurons; a silent one stands at ``steps``.
    labels
        ``(batch,)``.
    steps
        Of the network.
    kind
        Which targets.
    gap
        ``D``, in steps.

    Examples
    --------
    >>> output_targets(np.array([[6.0, 2.0, 4.0]]), np.array([0]), 16, "one_sided", 3.0).tolist()
    [[2.0, 5.0, 5.0]]
    """
    is_label = np.arange(times.shape[1]) == labels[:, None]
    early, late = _published(times, gap) if kind == "published" else _around_mean(times, steps, gap)
    if kind == "one_sided":
        early, late = np.minimum(times, early), np.maximum(times, late)
    return np.asarray(np.where(is_label, early, late).clip(0, steps))


def _published(times: Array, gap: float) -> tuple[Array, Array]:
    earliest = times.min(axis=1, keepdims=True)
    return earliest, earliest + gap


def _around_mean(times: Array, steps: int, gap: float) -> tuple[Array, Array]:
    fired = times < steps
    fired |= ~fired.any(axis=1, keepdims=True)
    count = fired.sum(axis=1, keepdims=True)
    mean = np.where(fired, times, 0).sum(axis=1, keepdims=True) / count
    return mean - (count - 1) / count * gap, mean + gap / count
