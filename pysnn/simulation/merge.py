"""Put the raw results of a batch's parts together."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import Probe, RunOutput

__all__ = ["merge_outputs"]


def merge_outputs(outputs: Iterable[RunOutput]) -> RunOutput:
    """Return one output for all samples, in order; counts are summed, those by step as they come, since they are large."""
    parts: list[RunOutput] = []
    for output in outputs:
        for k, counts in output.by_step.items() if parts else ():
            parts[0].by_step[k] += counts
        parts.append(replace(output, by_step={}) if parts else output)
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return RunOutput(
        scores=np.concatenate([part.scores for part in parts], axis=1),
        counts=np.sum([part.counts for part in parts], axis=0, dtype=np.int64),
        by_sample=np.concatenate([part.by_sample for part in parts], axis=2),
        by_step=first.by_step,
        state=_joined([part.state for part in parts], axis=0),
        spikes=_joined([part.spikes for part in parts], axis=1),
        potentials=_joined([part.potentials for part in parts], axis=1),
        probes={k: _joined_probe([part.probes[k] for part in parts]) for k in first.probes},
        kernels=_joined_words([part.kernels for part in parts]),
        profile=None
        if first.profile is None
        else np.sum([part.profile for part in parts if part.profile is not None], axis=0),
    )


def _joined(parts: Sequence[dict[int, NDArray[Any]]], axis: int) -> dict[int, NDArray[Any]]:
    return {k: np.concatenate([part[k] for part in parts], axis=axis) for k in parts[0]}


def _joined_words(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Return, for each operation, all words that its parts have for it, each once, whatever the order of the parts.

    Examples
    --------
    >>> _joined_words([("move", "dot"), ("move", "event64+dot"), ("move", "event64")])
    ('move', 'event64+dot')
    """
    operations = zip(*parts, strict=True)
    # Backwards, as the engines write them: "event64" before "dot".
    return tuple("+".join(sorted({kind for word in op for kind in word.split("+")}, reverse=True)) for op in operations)


def _joined_probe(parts: Sequence[Probe]) -> Probe:
    names = [field.name for field in fields(Probe)]
    return Probe(*(np.concatenate([getattr(part, name) for part in parts], axis=1) for name in names))
