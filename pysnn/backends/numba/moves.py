"""Rearrangements, sums of edges, and real values limited or in integer units."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.jit import kernel
from pysnn.backends.numba.memory import Chunk, Step, channels_last
from pysnn.errors import RangeError
from pysnn.plan.ops import CURRENT_LIMIT, AddOp, ByteOp, ClampOp, GatherOp, MapSpec, RoundOp, Term

__all__ = ["AddStep", "ByteStep", "ClampStep", "GatherStep", "RoundStep"]


@kernel
def _move(x: NDArray[Any], hold: int, pairs: NDArray[np.int64], out: NDArray[Any]) -> None:
    """``out[f, pairs[1]] = x[f // hold, pairs[0]]``; both (frames, values)."""
    for frame in range(out.shape[0]):
        source = frame // hold
        for k in range(pairs.shape[1]):
            out[frame, pairs[1, k]] = x[source, pairs[0, k]]


@kernel
def _add_plain(x: NDArray[Any], hold: int, out: NDArray[Any]) -> None:
    for frame in range(out.shape[0]):
        source = frame // hold
        for k in range(out.shape[1]):
            out[frame, k] += x[source, k]


@kernel
def _add_scaled(x: NDArray[Any], hold: int, factor: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    for frame in range(out.shape[0]):
        source = frame // hold
        for k in range(out.shape[1]):
            out[frame, k] += np.float32(x[source, k]) * factor[k]


@kernel
def _add_multiples(x: NDArray[np.uint8], hold: int, factor: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    for frame in range(out.shape[0]):
        source = frame // hold
        for k in range(out.shape[1]):
            out[frame, k] += np.int32(x[source, k]) * factor[k]


@kernel
def _add_fixed_point(x: NDArray[np.int32], hold: int, ratio: NDArray[np.int64], out: NDArray[np.int32]) -> None:
    """``ratio``: multipliers and shifts, (2, values)."""
    for frame in range(out.shape[0]):
        source = frame // hold
        for k in range(out.shape[1]):
            shift = ratio[1, k]
            product = np.int64(x[source, k]) * ratio[0, k]
            out[frame, k] += np.int32((product + (np.int64(1) << (shift - 1))) >> shift)


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    return array.reshape(array.shape[0], -1)


class GatherStep(Step):
    """Values moved; what no source fills is zero."""

    def __init__(self, number: int, op: GatherOp, sources: tuple[MapSpec, ...]) -> None:
        super().__init__(number)
        self.op = op
        index = channels_last(op.index).reshape(-1).astype(np.int64)
        self.pairs: list[NDArray[np.int64]] = []
        begin = 0
        for spec in sources:
            filled = np.flatnonzero((index >= begin) & (index < begin + spec.size))
            channel, pixel = np.divmod(index[filled] - begin, spec.shape[1] * spec.shape[2])
            self.pairs.append(np.stack((pixel * spec.shape[0] + channel, filled)))
            begin += spec.size
        self.holes = bool((index < 0).any())

    def advance(self, chunk: Chunk) -> None:
        """Move the block."""
        out = _rows(chunk.map(self.number))
        if self.holes:
            out.fill(0)
        for source, pairs in zip(self.op.sources, self.pairs, strict=True):
            _move(_rows(chunk.map(source)), chunk.hold(source, self.number), pairs, out)


class AddStep(Step):
    """A sum of edges. It starts from zero: adding the first term to that is the first term."""

    def __init__(self, number: int, op: AddOp) -> None:
        super().__init__(number)
        self.op = op
        pixels = op.spec.shape[1] * op.spec.shape[2]
        self.factors = [_factor(term, pixels) for term in op.terms]

    def advance(self, chunk: Chunk) -> None:
        """Sum the block, term by term."""
        out = _rows(chunk.map(self.number))
        out.fill(0)
        for term, factor in zip(self.op.terms, self.factors, strict=True):
            x, hold = _rows(chunk.map(term.source)), chunk.hold(term.source, self.number)
            if factor is None:
                _add_plain(x, hold, out)
            elif term.multiplier is not None:
                _add_fixed_point(x, hold, factor, out)
            elif term.scale is not None:
                _add_scaled(x, hold, factor, out)
            else:
                _add_multiples(x, hold, factor, out)


def _factor(term: Term, pixels: int) -> NDArray[Any] | None:
    """Spread a term's numbers from channels to values."""
    if term.multiplier is not None and term.shift is not None:
        return np.tile(np.stack((term.multiplier, term.shift)).astype(np.int64), (1, pixels))
    factor = term.scale if term.scale is not None else term.constant
    return None if factor is None else np.tile(factor, pixels)


class ClampStep(Step):
    """A static real map, limited."""

    def __init__(self, number: int, op: ClampOp) -> None:
        super().__init__(number)
        self.op = op

    def advance(self, chunk: Chunk) -> None:
        """Limit, once a sample."""
        x, out = chunk.map(self.op.source), chunk.map(self.number)
        out[:] = np.where(x > 0, x, np.float32(0))
        if self.op.high is not None:
            out[:] = np.where(out > self.op.high, self.op.high, out)


class ByteStep(Step):
    """A byte of sums of levels."""

    def __init__(self, number: int, op: ByteOp) -> None:
        super().__init__(number)
        self.op = op

    def advance(self, chunk: Chunk) -> None:
        """Take it out."""
        chunk.map(self.number)[:] = (chunk.map(self.op.source) >> self.op.shift) & 255


class RoundStep(Step):
    """A static real map in integer units."""

    def __init__(self, number: int, op: RoundOp) -> None:
        super().__init__(number)
        self.op = op

    def advance(self, chunk: Chunk) -> None:
        """Round, once a sample."""
        integers = np.rint(chunk.map(self.op.source).astype(np.float64) / self.op.unit)
        if (np.abs(integers) > CURRENT_LIMIT).any():
            raise RangeError(f"node '{self.op.node}': an analogue current exceeds {CURRENT_LIMIT} integer units")
        chunk.map(self.number)[:] = integers
