"""Count samples in which no spike reaches the read-out."""

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunOutput
from pysnn.plan.fanout import sources_of
from pysnn.plan.ops import NeuronOp, Op, OutputOp, Plan

__all__ = ["count_undecided", "last_neurons"]


def count_undecided(output: RunOutput, plan: Plan, last: tuple[int, ...]) -> NDArray[np.int64] | None:
    """Return for each read in how many samples no spike has reached the read-out; ``None`` where nothing ever spikes.

    Parameters
    ----------
    output, plan
        What a run from a fresh start gave, with counts, and its plan.
    last
        :func:`last_neurons` of the plan.
    """
    end = plan.ops[-1]
    assert isinstance(end, OutputOp)
    nothing = {"count": 0.0, "first_spike": -np.inf}.get(end.readout)
    if nothing is not None:
        return np.asarray((output.scores.max(axis=2) == nothing).sum(axis=1), dtype=np.int64)
    if not last:
        return None
    # Views added up: it is mostly one layer, of a run that may take microseconds.
    spikes = np.asarray(sum(output.by_sample[:, k] for k in last))
    return np.asarray((spikes == 0).sum(axis=1), dtype=np.int64)


def last_neurons(plan: Plan) -> tuple[int, ...]:
    """Return the neuron operations that spike and from which a path leads to the output without another one on it, ascending."""
    seen = {len(plan.ops) - 1}
    waiting = [len(plan.ops) - 1]
    while waiting:
        op = plan.ops[waiting.pop()]
        for source in () if _fires(op) else sources_of(op):
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return tuple(k for k in sorted(seen) if _fires(plan.ops[k]))


def _fires(op: Op) -> bool:
    return isinstance(op, NeuronOp) and op.spec.holds_spikes
