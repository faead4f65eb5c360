"""Count samples in which no spike reaches the read-out, exactly, whatever the backend.

Where no neuron of the last layer has fired, the scores are those of the biases behind it, to the bit. So only samples with
these very scores need a second look, and that runs them again, as far as they have them, and sums their spikes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import EventInput, Executable, RunOutput, RunRequest
from pysnn.plan.fanout import sources_of
from pysnn.plan.ops import AddOp, GatherOp, InputOp, MapSpec, NeuronOp, Op, OutputOp, Plan
from pysnn.schemas import COUNT_FIELDS

__all__ = ["SpikesOf", "Tail", "count_undecided", "quiet_plan", "spikes_in"]

SpikesOf: TypeAlias = Callable[[NDArray[np.int64], tuple[int, ...]], NDArray[np.int64]]
"""Spikes of the last neurons at each read, summed over the samples that are given by their numbers."""

_SPIKES = COUNT_FIELDS.index("spikes")


class Tail:
    """What lies behind the last neurons of a plan: those from which a path leads to the output without another one on it.

    Attributes
    ----------
    layers
        Numbers of their operations.
    nothing
        The highest score of a sample without spikes, where the read-out is one of spikes; else ``None``.
    """

    def __init__(self, plan: Plan, compile_plan: Callable[[Plan], Executable]) -> None:
        last = plan.ops[-1]
        assert isinstance(last, OutputOp)
        self.layers = tuple(k for k in _tail(plan) if _fires(plan.ops[k]))
        self.nothing = {"count": 0.0, "first_spike": -np.inf}.get(last.readout)
        self._plan, self._compile = plan, compile_plan
        self._kept: tuple[tuple[int, ...], NDArray[np.float32] | None] | None = None

    def quiet_scores(self, read_at: tuple[int, ...]) -> NDArray[np.float32] | None:
        """Return the scores without any spike, ``(reads, 1, classes)``, or ``None`` if they depend on the sample."""
        if self._kept is None or self._kept[0] != read_at:
            plan = quiet_plan(self._plan)
            self._kept = read_at, None if plan is None else _scores_without_spikes(self._compile(plan), read_at)
        return self._kept[1]


def spikes_in(counts: NDArray[np.int64], layers: tuple[int, ...]) -> NDArray[np.int64]:
    """Return the spikes of some neuron operations at each read, from a run's counts."""
    # Views added up: it is mostly one layer, of a run that may take microseconds.
    return np.asarray(sum(counts[:, k, _SPIKES] for k in layers))


def quiet_plan(plan: Plan) -> Plan | None:
    """Return the plan of what is behind the last neurons, which never fire; ``None`` where the input itself gets there."""
    tail = _tail(plan)
    if 0 in tail:
        return None
    ops: list[Op] = [InputOp(plan.ops[0].node, MapSpec((1, 1, 1), "count", static=False, max_count=1), "events")]
    place = {k: number for number, k in enumerate(tail, start=1)}
    for k in tail:
        op = plan.ops[k]
        if _fires(op):
            op = GatherOp(op.node, op.spec, (0,), np.full(op.spec.shape, -1, dtype=np.int32))
        else:
            op = _moved(op, place)
        if op.spec.kind == "level":
            op = replace(op, spec=replace(op.spec, kind="count"))
        ops.append(op)
    return Plan(plan.precision, tuple(ops))


def count_undecided(
    output: RunOutput, read_at: tuple[int, ...], tail: Tail, spikes_of: SpikesOf
) -> NDArray[np.int64] | None:
    """Return for each read in how many samples no spike has reached the read-out; ``None`` where nothing ever spikes.

    Parameters
    ----------
    output, read_at
        What a run from a fresh start gave, with counts, and where it was read.
    tail
        What is known of the end of its plan.
    spikes_of
        Runs samples again.
    """
    scores = output.scores
    if tail.nothing is not None:
        return np.asarray((scores.max(axis=2) == tail.nothing).sum(axis=1), dtype=np.int64)
    if not tail.layers:
        return None
    reads, samples = scores.shape[:2]
    if samples == 1:
        # The run's own counts are this sample's.
        return np.asarray(spikes_in(output.counts, tail.layers) == 0, dtype=np.int64)
    found = np.zeros(reads, dtype=np.int64)
    expected = tail.quiet_scores(read_at)
    alike = np.ones((reads, samples), dtype=bool) if expected is None else (scores == expected).all(axis=2)
    if not alike[0].any():
        return found
    # Who has no spike at one read had none at those before.
    depth = np.logical_and.accumulate(alike, axis=0).sum(axis=0)
    quiet = spikes_in(output.counts, tail.layers) == 0
    found[quiet] = samples
    # What is left to count lies behind the reads at which nobody has any.
    known = int(quiet.sum())
    for reached in np.unique(depth[depth > known]).tolist():
        rest = np.zeros_like(found)
        _count(np.flatnonzero(depth == reached), read_at[:reached], spikes_of, rest)
        found[known:] += rest[known:]
    return found


def _count(samples: NDArray[np.int64], reads: tuple[int, ...], spikes_of: SpikesOf, found: NDArray[np.int64]) -> None:
    """Add the undecided of some samples: all of them where none fires; else their halves, each as far as it must be."""
    spikes = spikes_of(samples, reads)
    quiet = int(np.count_nonzero(spikes == 0))
    found[:quiet] += len(samples)
    if quiet == len(reads) or len(samples) == 1:
        return
    half = len(samples) // 2
    for part in (samples[:half], samples[half:]):
        rest = np.zeros_like(found)
        _count(part, reads, spikes_of, rest)
        found[quiet:] += rest[quiet:]


def _tail(plan: Plan) -> list[int]:
    """Return the numbers of the output, of what leads to it, and of the neurons where that begins, ascending."""
    seen = {len(plan.ops) - 1}
    waiting = [len(plan.ops) - 1]
    while waiting:
        op = plan.ops[waiting.pop()]
        for source in () if _fires(op) else sources_of(op):
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return sorted(seen)


def _fires(op: Op) -> bool:
    return isinstance(op, NeuronOp) and op.spec.holds_spikes


def _moved(op: Op, place: dict[int, int]) -> Op:
    """Return an operation with its sources where they are now."""
    change: dict[str, Any]
    if isinstance(op, AddOp):
        change = {"terms": tuple(replace(term, source=place[term.source]) for term in op.terms)}
    elif isinstance(op, GatherOp):
        change = {"sources": tuple(place[source] for source in op.sources)}
    else:
        change = {"source": place[op.source]}  # type: ignore[union-attr]
    return replace(op, **change)


def _scores_without_spikes(executable: Executable, read_at: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the scores of a compiled :func:`quiet_plan`."""
    steps = read_at[-1]
    none = EventInput(np.zeros(steps + 1, dtype=np.int64), np.zeros(0, dtype=np.uint32), batch=1)
    return executable.run(RunRequest(none, steps, read_at, count=False, keep_state=False)).scores
