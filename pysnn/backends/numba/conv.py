"""Weight layers: for every output pixel, the rows of the inputs that are not zero."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.events import list_events, tally_events
from pysnn.backends.numba.layout import LANES, SLACK, Events, Geometry, Inputs, Scratch, Weights, call_limit
from pysnn.backends.numba.memory import Chunk, Step, channels_last
from pysnn.backends.numba.rows import sum_events
from pysnn.plan.fanout import Delivery, FanOuts, deliveries, fan_outs
from pysnn.plan.ops import ConvOp, MapSpec, Plan

__all__ = ["ConvStep"]

EVERYTHING = 1 << 62
"""No limit on the rows of one call."""

CACHE_BYTES = 1 << 20
"""Weights of a layer that are worked on before the next ones: what a core's own cache holds."""


class ConvStep(Step):
    """A weight layer, event-driven: its cost follows the non-zero inputs."""

    word = "event"

    def __init__(self, number: int, op: ConvOp, plan: Plan, *, levels: bool) -> None:
        super().__init__(number)
        source = plan.ops[op.source].spec
        self.op, self.source, self.plan = op, source, plan
        self.integer = op.weight.dtype == np.int8
        self.weights = _pack(op)
        largest = source.max_count if source.holds_spikes else 0
        self.value_type: type[Any] = np.uint8 if largest == 1 else np.int16 if self.integer else np.float32
        self.geometry = _geometry(op, source, self.weights.columns, call_limit(largest) if self.integer else EVERYTHING)
        self.levels = levels
        self._fan_outs: FanOuts | None = None
        self._delivered: dict[int, Delivery] | None = None

    def advance(self, chunk: Chunk) -> None:
        """List the inputs, sum their weights."""
        x, out, geometry = chunk.map(self.op.source), chunk.map(self.number), self.geometry
        memory, kind = chunk.memory, self.value_type
        room, rows = x.size + SLACK, self.op.weight[..., 0].size + SLACK
        keep = kind is not np.uint8
        events = Events(
            memory.scratch("position", room, np.int32),
            memory.scratch("value", room * keep, kind)[: room * keep],
            memory.scratch("first", x.shape[0] * x.shape[1] * x.shape[2] * geometry.groups + 1, np.int64),
        )
        list_events(x, geometry.groups, events)
        inputs = Inputs(memory.scratch("row", rows, np.int32), memory.scratch("row value", rows, kind))
        scratch = Scratch(inputs, memory.scratch("sums", self.weights.columns, out.dtype.type))
        sum_events(events, self.weights, geometry, out, scratch)
        if chunk.request.count:
            self._tally(chunk, x)

    def _tally(self, chunk: Chunk, x: NDArray[Any]) -> None:
        if self.levels:
            self._tally_levels(chunk)
            return
        size = self.source.size
        totals = chunk.memory.scratch("totals", size, np.int32)
        if self._fan_outs is None:
            self._fan_outs = FanOuts(*map(_flat_last, fan_outs(self.op, self.source.shape)))
        spikes = self.source.kind == "count" and not self.source.static
        if self.source.kind == "count" and not spikes:
            # Numbers, not spikes: those that are not 0 are multiplied.
            x = (x > 0).astype(x.dtype)
        number, edges, nonzero = tally_events(x.reshape(chunk.samples, -1, size), *self._fan_outs, totals)
        if spikes:
            chunk.count(self.number, "events", number)
            chunk.count(self.number, "synops", nonzero)
            chunk.count(self.number, "synops_zero", edges - nonzero)
        elif not self.source.static or chunk.request.start == 0:
            chunk.count(self.number, "macs", nonzero)

    def _tally_levels(self, chunk: Chunk) -> None:
        """Count the spikes of the maps of levels that this layer reads, directly or through pools and sums."""
        if self._delivered is None:
            found = deliveries(self.plan, self.number)
            self._delivered = {k: Delivery(*map(_flat_last, tables)) for k, tables in found.items()}
        for k, (times, total, nonzero) in self._delivered.items():
            levels = chunk.map(k)
            spikes = (levels.reshape(len(levels), -1) > 0).astype(np.int64)
            chunk.count(self.number, "events", spikes @ times)
            chunk.count(self.number, "synops", spikes @ nonzero)
            chunk.count(self.number, "synops_zero", spikes @ (total - nonzero))


def _pack(op: ConvOp) -> Weights:
    """Weights as ``(groups, rows, columns)``, the columns padded with zeros to whole vectors."""
    kernel_y, kernel_x, inputs, outputs = op.weight.shape
    size = outputs // op.groups
    columns = -(-size // LANES) * LANES
    table = np.zeros((op.groups, kernel_y * kernel_x * inputs, columns), dtype=op.weight.dtype)
    table[:, :, :size] = op.weight.reshape(-1, op.groups, size).transpose(1, 0, 2)
    bias = np.zeros((op.groups, columns), dtype=op.bias.dtype)
    bias[:, :size] = op.bias.reshape(op.groups, size)
    return Weights(table.ravel(), bias.ravel(), columns)


def _geometry(op: ConvOp, source: MapSpec, columns: int, limit: int) -> Geometry:
    channels, height, width = source.shape
    column_bytes = max(1, op.weight.nbytes // op.weight.shape[3])
    span = min(columns, max(1, CACHE_BYTES // (64 * column_bytes)) * 64)
    kernel_y, kernel_x = op.weight.shape[:2]
    return Geometry(
        *(height, width, channels // op.groups),
        *(kernel_y, kernel_x),
        *op.stride,
        *op.pads[:2],
        *op.dilation,
        groups=op.groups,
        limit=limit,
        span=span,
        blocks=-(-columns // span),
    )


def _flat_last(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(channels_last(array)).reshape(-1)
