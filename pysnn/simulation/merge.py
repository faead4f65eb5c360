"""Put the raw results of a batch's parts together."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import Probe, RunOutput

__all__ = ["merge_outputs"]


def merge_outputs(parts: Sequence[RunOutput]) -> RunOutput:
    """Give one output for all samples, in order; counts are summed."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return RunOutput(
        scores=np.concatenate([part.scores for part in parts], axis=1),
        counts=np.sum([part.counts for part in parts], axis=0, dtype=np.int64),
        state=_joined([part.state for part in parts], axis=0),
        spikes=_joined([part.spikes for part in parts], axis=1),
        potentials=_joined([part.potentials for part in parts], axis=1),
        probes={k: _joined_probe([part.probes[k] for part in parts]) for k in first.probes},
        kernels=first.kernels,
    )


def _joined(parts: Sequence[dict[int, NDArray[Any]]], axis: int) -> dict[int, NDArray[Any]]:
    return {k: np.concatenate([part[k] for part in parts], axis=axis) for k in parts[0]}


def _joined_probe(parts: Sequence[Probe]) -> Probe:
    names = [field.name for field in fields(Probe)]
    return Probe(*(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))
