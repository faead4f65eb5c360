"""Operation counts of first-spike networks, from spike times."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer
from pysnn.schemas import COUNT_FIELDS

__all__ = ["BatchCounts", "count_batch", "dense_macs", "fan_outs", "layer_macs", "nonzero_fan_outs"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class BatchCounts:
    """Counts, one value a sample: int64, but ``decision_time`` (float32) and ``tied`` (bool).

    ``fired``: for every neuron behind weights, whether it fired in any sample. ``layers``: int64 ``(2, layers, fields)``, summed over
    the samples, up to the decision and to the end, for each layer with weights, in the order of ``COUNT_FIELDS``. ``by_sample``: int64
    ``(samples, 2, layers)``, each sample's spikes of them.
    """

    additions_end: Array
    additions_decision: Array
    spikes: Array
    spikes_decision: Array
    decision_time: Array
    tied: Array
    fired: Array
    layers: Array
    by_sample: Array

    @classmethod
    def join(cls, parts: "Sequence[BatchCounts]") -> "BatchCounts":
        """Put batches behind each other."""
        names = [name for name in cls.__dataclass_fields__ if name not in ("fired", "layers")]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(
            **joined,
            fired=np.logical_or.reduce([part.fired for part in parts]),
            layers=np.sum([part.layers for part in parts], axis=0),
        )


@lru_cache(maxsize=4)
def fan_outs(plan: FirstSpikePlan) -> tuple[NDArray[np.int64], ...]:
    """Return, for the input and every layer, how many weights a spike of each neuron is added to.

    A spike that a pool does not hand on is added to nothing; the pool's own spike meets the weights behind it.

    Examples
    --------
    >>> from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork
    >>> network = FirstSpikeNetwork.draw((1, 3, 3), [Conv(channels=2, kernel=2), Dense(units=5)])
    >>> [fan.tolist() for fan in fan_outs(network.plan)]
    [[2, 4, 2, 4, 8, 4, 2, 4, 2], [5, 5, 5, 5, 5, 5, 5, 5], [0, 0, 0, 0, 0]]
    """
    each = (np.full(layer.rows, layer.columns) if isinstance(layer, WeightLayer) else None for layer in plan.layers)
    return _fan_outs(plan, each)


def nonzero_fan_outs(plan: FirstSpikePlan, weights: Sequence[Array]) -> tuple[NDArray[np.int64], ...]:
    """Return the same without weights that are zero."""
    left = iter(weights)
    each = (np.count_nonzero(next(left), axis=1) if isinstance(layer, WeightLayer) else None for layer in plan.layers)
    return _fan_outs(plan, each)


def _fan_outs(plan: FirstSpikePlan, rows: Iterable[Array | None]) -> tuple[NDArray[np.int64], ...]:
    """Add up what each input meets, from what each row of a layer's weights holds."""
    found = []
    for layer, held in zip(plan.layers, rows, strict=True):
        size = math.prod(layer.in_shape)
        met = np.zeros(size, dtype=np.int64)
        if isinstance(layer, WeightLayer) and held is not None:
            windows = layer.windows()
            seen = windows >= 0
            np.add.at(met, windows[seen], np.broadcast_to(held[: windows.shape[1]], windows.shape)[seen])
        found.append(met)
    return (*found, np.zeros(plan.out_size, dtype=np.int64))


def dense_macs(plan: FirstSpikePlan) -> int:
    """Return the multiply-and-add operations of the ANN of this shape, for one sample."""
    return sum(layer_macs(layer) for layer in plan.layers if isinstance(layer, WeightLayer))


def layer_macs(layer: WeightLayer) -> int:
    """Return those of one layer; padding takes none."""
    return int((layer.windows() >= 0).sum()) * layer.columns


def count_batch(
    plan: FirstSpikePlan, times: Sequence[Array], decision_time: Array, nonzero: Sequence[Array]
) -> BatchCounts:
    """Count a batch.

    A spike counts up to the decision if it can have had a part in it: not later with the step kernel, else earlier than it (at the
    same time its potential is still 0). Without a decision everything counts.

    Parameters
    ----------
    times
        Of the input and of every layer, ``(batch, size)``.
    decision_time
        ``(batch,)``.
    nonzero
        Of :func:`nonzero_fan_outs`.
    """
    limit = decision_time[:, None]
    spiking = [np.isfinite(own) for own in times]
    early = [
        fires & (own <= limit if plan.neuron == "step" else own < limit)
        for fires, own in zip(spiking, times, strict=True)
    ]
    fans = fan_outs(plan)
    neurons = [n + 1 for n, layer in enumerate(plan.layers) if isinstance(layer, WeightLayer)]
    decided = [spiking[n] & (times[n] <= limit) for n in neurons]
    counts = np.zeros((2, len(neurons), len(COUNT_FIELDS)), dtype=np.int64)
    ended = [spiking[n] for n in neurons]
    for read, (arrived, fired) in enumerate(((early, decided), (spiking, ended))):
        for k, n in enumerate(neurons):
            counts[read, k] = _layer_counts(arrived[n - 1], fired[k], fans=fans[n - 1], nonzero=nonzero[n - 1])
    first = (times[-1] == limit) & np.isfinite(limit)
    return BatchCounts(
        additions_end=_summed([fires @ fan for fires, fan in zip(spiking, fans, strict=True)]),
        additions_decision=_summed([fires @ fan for fires, fan in zip(early, fans, strict=True)]),
        spikes=_summed([fires.sum(axis=1) for fires in ended]),
        spikes_decision=_summed([fires.sum(axis=1) for fires in decided]),
        decision_time=decision_time,
        tied=first.sum(axis=1) > 1,
        fired=np.concatenate([fires.any(axis=0) for fires in ended]),
        layers=counts,
        by_sample=np.stack([[fires.sum(axis=1) for fires in part] for part in (decided, ended)]).transpose(2, 0, 1),
    )


def _summed(parts: Sequence[Array]) -> Array:
    return np.asarray(np.sum(parts, axis=0, dtype=np.int64))


def _layer_counts(arrived: Array, fired: Array, *, fans: Array, nonzero: Array) -> list[int]:
    """Return the counts of one layer with weights, in the order of ``COUNT_FIELDS``; every addition updates one neuron."""
    spikes = arrived.sum(axis=0)
    total, met = int(spikes @ fans), int(spikes @ nonzero)
    events = int(spikes[fans > 0].sum())
    return [events, met, total - met, 0, total, int(fired.sum()), int((~fired).sum()), 0]
