"""Count operations as docs/numerics.md defines them, by looking at every map at every step."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunRequest
from pysnn.backends.reference import ops
from pysnn.plan.fanout import FanOuts, fan_outs, sources_of
from pysnn.plan.ops import AddOp, ByteOp, ConvOp, GatherOp, NeuronOp, Plan, PoolOp
from pysnn.schemas import COUNT_FIELDS, SAMPLE_FIELDS

__all__ = ["Counter"]

_FIELD = {name: i for i, name in enumerate(COUNT_FIELDS)}


class Counter:
    """Counts of one run.

    ``reads`` and ``sample_reads`` have int64 arrays (operations, fields) and (operations, batch) for each read; ``by_step`` has
    the spikes of each neuron at each step, a list of maps by operation.
    """

    def __init__(self, plan: Plan, request: RunRequest) -> None:
        self.plan = plan
        self.request = request
        self.counts = np.zeros((len(plan.ops), len(COUNT_FIELDS)), dtype=np.int64)
        samples = request.input.batch if request.count else 0
        self.by_sample = np.zeros((len(plan.ops), samples), dtype=np.int64)
        self.by_step: dict[int, list[NDArray[np.int64]]] = {}
        self.spikes: dict[int, NDArray[np.int64]] = {}
        self.fan_outs: dict[int, FanOuts] = {}
        self.reads: list[NDArray[np.int64]] = []
        self.sample_reads: list[NDArray[np.int64]] = []

    def step(self, maps: dict[int, NDArray[Any]], step: int) -> None:
        """Count one step."""
        spikes = _delivered(self.plan, maps) if self.request.count else {}
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, ConvOp) and self.request.count:
                self._weights(k, op, (maps[op.source], spikes.get(op.source)), step)
            elif isinstance(op, NeuronOp):
                self._neurons(k, op, maps[k])

    def _neurons(self, k: int, op: NeuronOp, x: NDArray[Any]) -> None:
        if op.spec.kind == "count" and self.request.count_by_step:
            self.by_step.setdefault(k, []).append(x.sum(axis=0, dtype=np.int64))
        if op.spec.kind == "level":
            if self.request.count:
                self._windows(k, op, x)
        elif self.request.count:
            self._add(k, "updates", np.ones(x.shape, dtype=np.int64))
            if op.spec.kind == "count":
                self.spikes[k] = self.spikes.get(k, np.int64(0)) + x.astype(np.int64)
                self._add(k, "spikes", x)

    def _add(self, k: int, name: str, amounts: NDArray[Any]) -> None:
        """Add amounts (batch, ...)."""
        of_sample = amounts.reshape(len(amounts), -1).sum(axis=1, dtype=np.int64)
        self.counts[k, _FIELD[name]] += of_sample.sum()
        if name in SAMPLE_FIELDS:
            self.by_sample[k] += of_sample

    def _windows(self, k: int, op: NeuronOp, levels: NDArray[Any]) -> None:
        """A window's steps each add the slope, and those of the neuron's own window what it rises by."""
        self._add(k, "updates", np.full(levels.shape, 2 * op.spec.max_count))
        self._add(k, "spikes", levels > 0)
        self._add(k, "silent", levels == 0)
        self._add(k, "saturated", levels == op.spec.max_count)

    def _weights(self, k: int, op: ConvOp, given: tuple[NDArray[Any], NDArray[Any] | None], step: int) -> None:
        """Count a weight layer on a map; beside it the spikes that its values stand for, where it holds some."""
        x, spikes = given
        source = self.plan.ops[op.source].spec
        if k not in self.fan_outs:
            self.fan_outs[k] = fan_outs(op, source.shape)
        total, nonzero = (table.astype(np.int64) for table in self.fan_outs[k])
        if spikes is not None:
            events = spikes.astype(np.int64)
            self._add(k, "events", events)
            self._add(k, "synops", events * nonzero)
            self._add(k, "synops_zero", events * (total - nonzero))
        elif not source.static or (step == 0 and self.request.start == 0):
            self._add(k, "macs", (x != 0) * nonzero)

    def read(self, steps: int) -> None:
        """Keep the counts of the run so far."""
        for k, spikes in self.spikes.items():
            self.counts[k, _FIELD["silent"]] = int((spikes == 0).sum())
            self.counts[k, _FIELD["saturated"]] = int((spikes >= steps).sum())
        self.reads.append(self.counts.copy())
        self.sample_reads.append(self.by_sample.copy())


def _delivered(plan: Plan, maps: dict[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """Return how many spikes each value of a map stands for, where it holds spikes or sums of them.

    A count is as many; a level is one spike, or none, and behind pools and sums the spikes are counted.
    """
    if plan.window is None:
        return {k: maps[k] for k, op in enumerate(plan.ops) if op.spec.kind == "count" and not op.spec.static}
    found: dict[int, NDArray[Any]] = {}
    for k, op in enumerate(plan.ops):
        sources = sources_of(op)
        if op.spec.kind == "level":
            found[k] = (maps[k] > 0).astype(np.int32)
        elif sources and all(source in found for source in sources):
            spikes = tuple(found[source] for source in sources)
            if isinstance(op, PoolOp):
                found[k] = ops.pool(replace(op, spec=replace(op.spec, kind="current")), spikes[0])
            elif isinstance(op, GatherOp):
                found[k] = ops.gather(op, spikes)
            elif isinstance(op, AddOp):
                found[k] = np.sum(spikes, axis=0)
            elif isinstance(op, ByteOp):
                # Bytes are read one beside the other: a spike is delivered with the lowest one.
                found[k] = spikes[0] if op.shift == 0 else np.zeros_like(spikes[0])
    return found
