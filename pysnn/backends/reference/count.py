"""Count operations as docs/numerics.md defines them, by looking at every map at every step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import RunRequest
from pysnn.plan.fanout import FanOuts, fan_outs
from pysnn.plan.ops import ConvOp, NeuronOp, Plan
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
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, ConvOp):
                self._weights(k, op, maps[op.source], step)
            elif isinstance(op, NeuronOp) and op.spec.kind == "real":
                self._add(k, "updates", maps[k].size)
            elif isinstance(op, NeuronOp):
                self.spikes[k] = self.spikes.get(k, np.int64(0)) + maps[k].astype(np.int64)
                self._add(k, "updates", maps[k].size)
                self._add(k, "spikes", int(maps[k].sum(dtype=np.int64)))

    def _add(self, k: int, name: str, amount: int) -> None:
        self.counts[k, _FIELD[name]] += amount

    def _weights(self, k: int, op: ConvOp, x: NDArray[Any], step: int) -> None:
        source = self.plan.ops[op.source].spec
        if k not in self.fan_outs:
            self.fan_outs[k] = fan_outs(op, source.shape)
        total, nonzero = (table.astype(np.int64) for table in self.fan_outs[k])
        if source.kind == "count":
            events = x.astype(np.int64)
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
