"""Weight layers: for every output pixel, the rows of the inputs that are not zero."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.events import list_events, tally_events
from pysnn.backends.numba.jit import inlined, kernel
from pysnn.backends.numba.memory import Chunk, Step, channels_last
from pysnn.backends.numba.rows import LANES, Events, Weights, call_limit, rows16, rows32, rows64
from pysnn.plan.ops import ConvOp, MapSpec

__all__ = ["ConvStep"]

EVERYTHING = 1 << 62
"""No limit on the rows of one call."""

CACHE_BYTES = 1 << 20
"""Weights of a layer that are worked on before the next ones: what a core's own cache holds."""


class Geometry(NamedTuple):
    """What a convolution does in space; ``limit`` is how many rows one call of the inner loop may sum.

    ``span`` columns are worked on before the next ones, so that their weights stay in the cache.
    """

    height: int
    width: int
    channels: int
    kernel_y: int
    kernel_x: int
    stride_y: int
    stride_x: int
    top: int
    left: int
    dilation_y: int
    dilation_x: int
    groups: int
    limit: int
    span: int
    blocks: int


@inlined
def _find_windows(
    first: NDArray[np.int64], geometry: Geometry, at: tuple[int, int, int, int], windows: NDArray[np.int64]
) -> int:
    """Write the runs of listed inputs that output pixel ``at`` = (frame, y, x, group) sees, ascending in (ky, kx, c).

    Neighbouring pixels of a row stand side by side in the list, and so do the weights that they meet: without groups and
    dilation a row of the kernel is one run. Longer ones than ``limit`` are cut. Returns how many runs.
    """
    frame, out_y, out_x, group = at
    size = geometry.channels // geometry.groups
    whole_rows = geometry.groups == 1 and geometry.dilation_x == 1
    left = out_x * geometry.stride_x - geometry.left
    found = 0
    for ky in range(geometry.kernel_y):
        y = out_y * geometry.stride_y - geometry.top + ky * geometry.dilation_y
        if y < 0 or y >= geometry.height:
            continue
        line = (frame * geometry.height + y) * geometry.width
        for kx in range(1 if whole_rows else geometry.kernel_x):
            x = left + kx * geometry.dilation_x
            if whole_rows:
                begin = line + max(left, 0)
                end = line + min(left + geometry.kernel_x, geometry.width)
            elif x < 0 or x >= geometry.width:
                continue
            else:
                begin = (line + x) * geometry.groups + group
                end = begin + 1
            if begin >= end:
                continue
            place, last = first[begin], first[end]
            while place < last:
                windows[3 * found] = place
                place = min(place + geometry.limit, last)
                windows[3 * found + 1] = place
                windows[3 * found + 2] = (ky * geometry.kernel_x + kx - x * geometry.groups - group) * size
                found += 1
    return found


@inlined
def _sum_columns(
    events: Events,
    weights: Weights,
    windows: NDArray[np.int64],
    cursor: tuple[int, int, int, int, int, int, int],
    target: NDArray[Any],
) -> None:
    """All columns of one pixel. ``cursor``: that of ``rows``, and how many columns."""
    run, runs, base, start_at, target_at, fresh, columns = cursor
    done = 0
    while done < columns:
        here = (run, runs, base + done, start_at + done, target_at + done, fresh)
        if columns - done >= 64:
            rows64(events, weights, windows, here, target)
            done += 64
        elif columns - done >= 32:
            rows32(events, weights, windows, here, target)
            done += 32
        else:
            rows16(events, weights, windows, here, target)
            done += 16


@kernel
def sum_events(
    events: Events,
    weights: Weights,
    geometry: Geometry,
    out: NDArray[Any],
    scratch: tuple[NDArray[np.int64], NDArray[Any]],
) -> None:
    """Fill ``out`` (frames, H, W, C). ``scratch``: room for the runs of one pixel, and for one padded row of sums."""
    frames, out_height, out_width, channels = out.shape
    windows, padded = scratch
    size = channels // geometry.groups
    table = geometry.kernel_y * geometry.kernel_x * (geometry.channels // geometry.groups) * weights.columns
    direct = weights.columns == size
    target = out.reshape(-1) if direct else padded
    for block in range(geometry.groups * geometry.blocks):
        group = block // geometry.blocks
        column = block % geometry.blocks * geometry.span
        span = min(geometry.span, weights.columns - column)
        at = group * size + column
        for frame in range(frames):
            for y in range(out_height):
                for x in range(out_width):
                    found = _find_windows(events.first, geometry, (frame, y, x, group), windows)
                    run, fresh = 0, 1
                    while fresh == 1 or run < found:
                        runs, inputs = 0, 0
                        while run + runs < found:
                            inputs += windows[3 * (run + runs) + 1] - windows[3 * (run + runs)]
                            if inputs > geometry.limit:
                                break
                            runs += 1
                        cursor = (
                            run,
                            runs,
                            group * table + column,
                            group * weights.columns + column,
                            at if direct else 0,
                            fresh,
                            span,
                        )
                        _sum_columns(events, weights, windows, cursor, target)
                        run, fresh = run + runs, 0
                    if not direct:
                        for k in range(min(span, size - column)):
                            out.reshape(-1)[at + k] = padded[k]
                    at += channels


class ConvStep(Step):
    """A weight layer, event-driven: its cost follows the non-zero inputs."""

    word = "event"

    def __init__(self, number: int, op: ConvOp, source: MapSpec) -> None:
        super().__init__(number)
        self.op, self.source = op, source
        self.integer = op.weight.dtype == np.int8
        self.weights = _pack(op)
        largest = source.max_count if source.kind == "count" else 0
        self.value_type: type[Any] = np.uint8 if largest == 1 else np.int16 if self.integer else np.float32
        self.geometry = _geometry(op, source, self.weights.columns, call_limit(largest) if self.integer else EVERYTHING)
        self.fanout = _flat_last(op.fanout)
        self.fanout_nonzero = _flat_last(op.fanout_nonzero)

    def advance(self, chunk: Chunk) -> None:
        """List the inputs, sum their weights."""
        x, out, geometry = chunk.map(self.op.source), chunk.map(self.number), self.geometry
        memory = chunk.memory
        kept = 0 if self.value_type is np.uint8 else x.size + 1
        events = Events(
            memory.scratch("position", x.size + 1, np.int32),
            memory.scratch("value", kept, self.value_type)[:kept],
            memory.scratch("first", x.shape[0] * x.shape[1] * x.shape[2] * geometry.groups + 1, np.int64),
        )
        list_events(x, geometry.groups, events)
        taps, rows = geometry.kernel_y * geometry.kernel_x, self.op.weight[..., 0].size
        windows = memory.scratch("windows", 3 * (taps + rows // geometry.limit + 1), np.int64)
        padded = memory.scratch("padded", self.weights.columns, out.dtype.type)
        sum_events(events, self.weights, geometry, out, (windows, padded))
        if chunk.request.count:
            self._tally(chunk, x)

    def _tally(self, chunk: Chunk, x: NDArray[Any]) -> None:
        size = self.source.size
        totals = chunk.memory.scratch("totals", size, np.int32)
        number, edges, nonzero = tally_events(x.reshape(-1, size), self.fanout, self.fanout_nonzero, totals)
        if self.source.kind == "count":
            chunk.count(self.number, "events", number)
            chunk.count(self.number, "synops", nonzero)
            chunk.count(self.number, "synops_zero", edges - nonzero)
        elif not self.source.static or chunk.request.start == 0:
            chunk.count(self.number, "macs", nonzero)


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
        *(height, width, channels),
        *(kernel_y, kernel_x),
        *op.stride,
        *op.pads[:2],
        *op.dilation,
        groups=op.groups,
        limit=limit,
        span=span,
        blocks=-(-columns // span),
    )


def _flat_last(array: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return np.ascontiguousarray(channels_last(array)).reshape(-1)
