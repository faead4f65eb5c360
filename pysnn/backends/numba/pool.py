"""Sums and maxima over windows."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.jit import kernel
from pysnn.backends.numba.memory import Chunk, Step, channels_first, channels_last
from pysnn.plan.ops import MapSpec, MaxPoolOp, PoolOp

__all__ = ["MaxPoolStep", "PoolStep"]

LEAST = np.float32(-np.inf)


class Window(NamedTuple):
    """Where a window lies."""

    kernel_y: int
    kernel_x: int
    stride_y: int
    stride_x: int
    top: int
    left: int


def _window(op: PoolOp | MaxPoolOp) -> Window:
    return Window(*op.kernel, *op.stride, *op.pads[:2])


@kernel
def _sum_integers(x: NDArray[Any], window: Window, out: NDArray[Any]) -> None:
    frames, height, width, channels = out.shape
    for frame in range(frames):
        for row in range(height):
            for column in range(width):
                for c in range(channels):
                    out[frame, row, column, c] = 0
                for ky in range(window.kernel_y):
                    y = row * window.stride_y - window.top + ky
                    if y < 0 or y >= x.shape[1]:
                        continue
                    for kx in range(window.kernel_x):
                        at = column * window.stride_x - window.left + kx
                        if 0 <= at < x.shape[2]:
                            for c in range(channels):
                                out[frame, row, column, c] += x[frame, y, at, c]


@kernel
def _sum_reals(x: NDArray[np.float32], window: Window, weight: np.float32, out: NDArray[np.float32]) -> None:
    frames, height, width, channels = out.shape
    for frame in range(frames):
        for row in range(height):
            for column in range(width):
                for c in range(channels):
                    out[frame, row, column, c] = np.float32(0)
                for ky in range(window.kernel_y):
                    y = row * window.stride_y - window.top + ky
                    if y < 0 or y >= x.shape[1]:
                        continue
                    for kx in range(window.kernel_x):
                        at = column * window.stride_x - window.left + kx
                        if 0 <= at < x.shape[2]:
                            for c in range(channels):
                                out[frame, row, column, c] += x[frame, y, at, c] * weight


@kernel
def _maximum(x: NDArray[Any], window: Window, least: Any, out: NDArray[Any]) -> None:
    """``least`` is what padding counts as: it never wins."""
    frames, height, width, channels = out.shape
    for frame in range(frames):
        for row in range(height):
            for column in range(width):
                for c in range(channels):
                    out[frame, row, column, c] = least
                for ky in range(window.kernel_y):
                    y = row * window.stride_y - window.top + ky
                    if y < 0 or y >= x.shape[1]:
                        continue
                    for kx in range(window.kernel_x):
                        at = column * window.stride_x - window.left + kx
                        if 0 <= at < x.shape[2]:
                            for c in range(channels):
                                value = x[frame, y, at, c]
                                out[frame, row, column, c] = max(out[frame, row, column, c], value)


@kernel
def _add_step(x: NDArray[np.uint8], step: int, counts: NDArray[np.int32]) -> None:
    """``counts`` (samples, values) += step ``step`` of ``x`` (samples, steps, values)."""
    for sample in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            counts[sample, k] += np.int32(x[sample, step, k])


@kernel
def _rise(after: NDArray[np.int32], before: NDArray[np.int32], step: int, out: NDArray[np.uint8]) -> None:
    """Step ``step`` of ``out`` (samples, steps, values) = ``after - before``, and ``before = after``."""
    for sample in range(after.shape[0]):
        for k in range(after.shape[1]):
            out[sample, step, k] = np.uint8(after[sample, k] - before[sample, k])
            before[sample, k] = after[sample, k]


class PoolStep(Step):
    """A sum over windows."""

    def __init__(self, number: int, op: PoolOp) -> None:
        super().__init__(number)
        self.op, self.window, self.weight = op, _window(op), np.float32(op.weight)

    def advance(self, chunk: Chunk) -> None:
        """Sum the block."""
        x, out = chunk.map(self.op.source), chunk.map(self.number)
        if self.op.spec.kind == "real":
            _sum_reals(x, self.window, self.weight, out)
        else:
            _sum_integers(x, self.window, out)


class MaxPoolStep(Step):
    """Maximum over windows: of values, or of cumulative counts."""

    def __init__(self, number: int, op: MaxPoolOp, source: MapSpec) -> None:
        super().__init__(number)
        self.op, self.window = op, _window(op)
        self.source = source

    def begin(self, chunk: Chunk) -> None:
        """Counts so far, and the windows' largest."""
        if self.op.spec.kind != "count":
            return
        given = chunk.request.state
        channels, height, width = self.source.shape
        counts = np.zeros((chunk.samples, height, width, channels), dtype=np.int32)
        if given is not None:
            counts[:] = channels_last(given[self.number][chunk.range])
        channels, height, width = self.op.spec.shape
        largest = np.zeros((chunk.samples, height, width, channels), dtype=np.int32)
        _maximum(counts, self.window, np.int32(0), largest)
        chunk.state[self.number] = (counts, largest, np.empty_like(largest))

    def advance(self, chunk: Chunk) -> None:
        """One step after the other: the maximum is of counts so far."""
        x, out = chunk.map(self.op.source), chunk.map(self.number)
        if self.op.spec.kind != "count":
            _maximum(x, self.window, np.uint8(0) if self.op.spec.kind == "level" else LEAST, out)
            return
        counts, before, after = chunk.state[self.number]
        samples = chunk.samples
        for step in range(chunk.steps):
            _add_step(x.reshape(samples, chunk.steps, -1), step, counts.reshape(samples, -1))
            _maximum(counts, self.window, np.int32(0), after)
            rises = out.reshape(samples, chunk.steps, -1)
            _rise(after.reshape(samples, -1), before.reshape(samples, -1), step, rises)

    def end(self, chunk: Chunk) -> None:
        """Cumulative counts of the source."""
        if self.op.spec.kind == "count":
            chunk.output.state[self.number][chunk.range] = channels_first(chunk.state[self.number][0])
