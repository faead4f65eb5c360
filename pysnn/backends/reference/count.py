"""Count operations as docs/numerics.md defines them, by looking at every map at every step."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunRequest
from pysnn.backends.reference import ops
from pysnn.plan.fanout import FanOuts, fan_outs, sources_of
from pysnn.plan.ops import AddOp, ByteOp, ConvOp, GatherOp, NeuronOp, Plan, PoolOp
from pysnn.schemas import COUNT_FIELDS

__all__ = ["Counter"]

_FIELD = {name: i for i, name in enumerate(COUNT_FIELDS)}


class Counter:
    """Counts of one run; ``reads`` has an int64 array (operations, fields) for each read."""

    def __init__(self, plan: Plan, request: RunRequest) -> None:
        self.plan = plan
        self.request = request
        self.counts = np.zeros((len(plan.ops), len(COUNT_FIELDS)), dtype=np.int64)
        self.spikes: dict[int, NDArray[np.int64]] = {}
        self.fan_outs: dict[int, FanOuts] = {}
        self.reads: list[NDArray[np.int64]] = []

    def step(self, maps: dict[int, NDArray[Any]], step: int) -> None:
        """Count one step."""
        if not self.request.count:
            return
        spikes = _delivered(self.plan, maps)
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, ConvOp):
                self._weights(k, op, (maps[op.source], spikes.get(op.source)), step)
            elif isinstance(op, NeuronOp) and op.spec.kind == "level":
                self._windows(k, op, maps[k])
            elif isinstance(op, NeuronOp) and op.spec.kind == "real":
                self._add(k, "updates", maps[k].size)
            elif isinstance(op, NeuronOp):
                self.spikes[k] = self.spikes.get(k, np.int64(0)) + maps[k].astype(np.int64)
                self._add(k, "updates", maps[k].size)
                self._add(k, "spikes", int(maps[k].sum(dtype=np.int64)))

    def _add(self, k: int, name: str, amount: int) -> None:
        self.counts[k, _FIELD[name]] += amount

    def _windows(self, k: int, op: NeuronOp, levels: NDArray[Any]) -> None:
        """A window's steps each add the slope, and those of the neuron's own window what it rises by."""
        self._add(k, "updates", 2 * op.spec.max_count * levels.size)
        self._add(k, "spikes", int(np.count_nonzero(levels)))
        self._add(k, "silent", int(np.count_nonzero(levels == 0)))
        self._add(k, "saturated", int(np.count_nonzero(levels == op.spec.max_count)))

    def _weights(self, k: int, op: ConvOp, given: tuple[NDArray[Any], NDArray[Any] | None], step: int) -> None:
        """Count a weight layer on a map; beside it the spikes that its values stand for, where it holds some."""
        x, spikes = given
        source = self.plan.ops[op.source].spec
        if k not in self.fan_outs:
            self.fan_outs[k] = fan_outs(op, source.shape)
        total, nonzero = (table.astype(np.int64) for table in self.fan_outs[k])
        if spikes is not None:
            events = spikes.astype(np.int64)
            self._add(k, "events", int(events.sum()))
            self._add(k, "synops", int((events * nonzero).sum()))
            self._add(k, "synops_zero", int((events * (total - nonzero)).sum()))
        elif not source.static or (step == 0 and self.request.start == 0):
            self._add(k, "macs", int(((x != 0) * nonzero).sum()))

    def read(self, steps: int) -> None:
        """Keep the counts of the run so far."""
        for k, spikes in self.spikes.items():
            self.counts[k, _FIELD["silent"]] = int((spikes == 0).sum())
            self.counts[k, _FIELD["saturated"]] = int((spikes >= steps).sum())
        self.reads.append(self.counts.copy())


def _delivered(plan: Plan, maps: dict[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
    """Return how many spikes each value of a map stands for, where it holds spikes or sums of them.

    A count is as many; a level is one spike, or none, and behind pools and sums the spikes are counted.
    """
    if plan.window is None:
        return {k: maps[k] for k, op in enumerate(plan.ops) if op.spec.kind == "count"}
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
