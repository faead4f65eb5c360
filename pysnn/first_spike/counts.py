"""Operation counts of first-spike networks, from spike times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

__all__ = ["BatchCounts", "count_batch", "dense_macs", "fan_outs"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class BatchCounts:
    """Counts, one value a sample: int64, but ``decision_time`` (float32) and ``tied`` (bool).

    ``fired``: for every neuron behind weights, whether it fired in any sample.
    """

    additions_end: Array
    additions_decision: Array
    spikes: Array
    spikes_decision: Array
    decision_time: Array
    tied: Array
    fired: Array

    @classmethod
    def join(cls, parts: "Sequence[BatchCounts]") -> "BatchCounts":
        """Put batches behind each other."""
        names = [name for name in cls.__dataclass_fields__ if name != "fired"]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(**joined, fired=np.logical_or.reduce([part.fired for part in parts]))


@lru_cache(maxsize=4)
def fan_outs(plan: FirstSpikePlan) -> tuple[NDArray[np.int64], ...]:
    """Give, for the input and every layer, how many weights a spike of each neuron is added to.

    A spike that a pool does not hand on is added to nothing; the pool's own spike meets the weights behind it.

    Examples
    --------
    >>> from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork
    >>> network = FirstSpikeNetwork.draw((1, 3, 3), [Conv(channels=2, kernel=2), Dense(units=5)])
    >>> [fan.tolist() for fan in fan_outs(network.plan)]
    [[2, 4, 2, 4, 8, 4, 2, 4, 2], [5, 5, 5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0]]
    """
    found = []
    for layer in plan.layers:
        size = math.prod(layer.in_shape)
        if isinstance(layer, WeightLayer):
            windows = layer.windows()
            found.append(np.bincount(windows[windows >= 0], minlength=size).astype(np.int64) * layer.columns)
        else:
            found.append(np.zeros(size, dtype=np.int64))
    return (*found, np.zeros(plan.out_size, dtype=np.int64))


def dense_macs(plan: FirstSpikePlan) -> int:
    """Return the multiply-and-add operations of the ANN of this shape, for one sample."""
    layers = [layer for layer in plan.layers if isinstance(layer, WeightLayer)]
    return sum(int((layer.windows() >= 0).sum()) * layer.columns for layer in layers)


def count_batch(plan: FirstSpikePlan, times: Sequence[Array], decision_time: Array) -> BatchCounts:
    """Count a batch. ``times``: of the input and of every layer, ``(batch, size)``.

    A spike counts up to the decision if it can have had a part in it: not later with the step kernel, else earlier than it (at the
    same time its potential is still 0). Without a decision everything counts.
    """
    batch = len(decision_time)
    end, until = np.zeros(batch, dtype=np.int64), np.zeros(batch, dtype=np.int64)
    spikes, spikes_until = np.zeros(batch, dtype=np.int64), np.zeros(batch, dtype=np.int64)
    fired = []
    weighted = [False, *(isinstance(layer, WeightLayer) for layer in plan.layers)]
    for own, fan, is_neuron in zip(times, fan_outs(plan), weighted, strict=True):
        spiking = np.isfinite(own)
        limit = decision_time[:, None]
        early = spiking & (own <= limit if plan.neuron == "step" else own < limit)
        end += spiking @ fan
        until += early @ fan
        if is_neuron:
            spikes += spiking.sum(axis=1)
            spikes_until += (spiking & (own <= limit)).sum(axis=1)
            fired.append(spiking.any(axis=0))
    first = (times[-1] == decision_time[:, None]) & np.isfinite(decision_time)[:, None]
    return BatchCounts(end, until, spikes, spikes_until, decision_time, first.sum(axis=1) > 1, np.concatenate(fired))
