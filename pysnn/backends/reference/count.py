"""Count operations as docs/numerics.md defines them, by looking at every map at every step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunRequest
from pysnn.plan.fanout import FanOuts, fan_outs
from pysnn.plan.ops import ConvOp, NeuronOp, Plan
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
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, ConvOp) and self.request.count:
                self._weights(k, op, maps[op.source], step)
            elif isinstance(op, NeuronOp):
                self._neurons(k, op, maps[k])

    def _neurons(self, k: int, op: NeuronOp, x: NDArray[Any]) -> None:
        if op.spec.kind == "count" and self.request.count_by_step:
            self.by_step.setdefault(k, []).append(x.sum(axis=0, dtype=np.int64))
        if self.request.count:
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

    def _weights(self, k: int, op: ConvOp, x: NDArray[Any], step: int) -> None:
        source = self.plan.ops[op.source].spec
        if k not in self.fan_outs:
            self.fan_outs[k] = fan_outs(op, source.shape)
        total, nonzero = (table.astype(np.int64) for table in self.fan_outs[k])
        if source.kind == "count":
            events = x.astype(np.int64)
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
