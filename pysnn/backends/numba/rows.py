"""The inner loop of every weight layer: sum the weight rows of the active inputs, in order.

``target[columns] = start[columns] + sum over listed inputs of weight_row[columns] (* value)``

The loop is written as LLVM vector code, because the sums then stay in registers over all the rows: the compiler's own
vectoriser loads and stores them once a row, which is three to five times slower. A vector of 64 values is legal
on every machine; LLVM cuts it into registers. No fast-math flag is set: products are rounded before they are added.

float32 weights: the terms are added in the order of the list. int8 weights: the terms of one call are summed in int16
(the caller keeps calls short enough, :func:`call_limit`) and then added to int32.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils as untyped_cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

__all__ = ["BINARY", "LANES", "Events", "Weights", "call_limit", "rows16", "rows32", "rows64"]

LANES = 16
"""Weight rows are padded to a multiple of this."""

BINARY = np.dtype(np.uint8)
"""dtype of ``Events.values`` that says: every listed input is 1, the values are not read."""

INT64 = ir.IntType(64)

cgutils: Any = untyped_cgutils


class Events(NamedTuple):
    """The non-zero inputs of a map, pixel by pixel and, within one, group by group.

    ``position[k]`` (int32) is ``x * C + c`` within the row of the map; ``value[k]`` what stands there; those of group ``g`` of
    pixel ``p`` are ``first[p * groups + g]:first[p * groups + g + 1]`` (int64).
    """

    position: NDArray[np.int32]
    value: NDArray[Any]
    first: NDArray[np.int64]


class Weights(NamedTuple):
    """``value``: rows of ``columns`` weights (float32 or int8), flat; ``bias``: where sums start (float32 or int32)."""

    value: NDArray[Any]
    bias: NDArray[Any]
    columns: int


def call_limit(largest: int) -> int:
    """How many int8 rows one call may sum in int16 when no input exceeds ``largest`` (1..255).

    Examples
    --------
    >>> call_limit(1), call_limit(4), call_limit(255)
    (255, 63, 1)
    """
    return int(np.iinfo(np.int16).max // (128 * largest))


class _Emitter:
    """Writes the vector code of one call; ``lanes`` columns wide."""

    def __init__(self, builder: Any, lanes: int, real: bool) -> None:
        self.builder = builder
        self.real = real
        self.row_type = ir.VectorType(ir.FloatType() if real else ir.IntType(8), lanes)
        self.sum_type = ir.VectorType(ir.FloatType() if real else ir.IntType(16), lanes)
        self.total_type = ir.VectorType(ir.FloatType() if real else ir.IntType(32), lanes)
        self.zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)

    def load(self, pointer: Any, vector: Any, align: int) -> Any:
        loaded = self.builder.load(self.builder.bitcast(pointer, vector.as_pointer()))
        loaded.align = align
        return loaded

    def row(self, pointer: Any) -> Any:
        if self.real:
            return self.load(pointer, self.row_type, 4)
        return self.builder.sext(self.load(pointer, self.row_type, 1), self.sum_type)

    def times(self, row: Any, value: Any) -> Any:
        undefined = ir.Constant(self.sum_type, ir.Undefined)
        one = self.builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
        spread = self.builder.shuffle_vector(one, undefined, self.zeros)
        return self.builder.fmul(row, spread) if self.real else self.builder.mul(row, spread)

    def add(self, left: Any, right: Any) -> Any:
        return self.builder.fadd(left, right) if self.real else self.builder.add(left, right)

    def begin(self, start: Any) -> Any:
        """A register variable for the sum, at its first value."""
        total = cgutils.alloca_once(self.builder, self.sum_type)
        first = self.load(start, self.total_type, 4) if self.real else ir.Constant(self.sum_type, None)
        self.builder.store(first, total)
        return total

    def end(self, total: Any, start: Any, target: Any) -> None:
        value = self.builder.load(total)
        if not self.real:
            widened = self.builder.sext(value, self.total_type)
            value = self.builder.add(self.load(start, self.total_type, 4), widened)
        stored = self.builder.store(value, self.builder.bitcast(target, self.total_type.as_pointer()))
        stored.align = 4


class _Arguments:
    """The arguments of one call, as LLVM values."""

    def __init__(self, context: Any, builder: Any, signature: Any, values: Any) -> None:
        def data(kind: Any, value: Any) -> Any:
            return context.make_array(kind)(context, builder, value).data

        def field(argument: int, index: int) -> Any:
            return builder.extract_value(values[argument], index)

        events, weights, windows, _, target = signature.args
        self.position = data(events.types[0], field(0, 0))
        self.value = data(events.types[1], field(0, 1))
        self.weight = data(weights.types[0], field(1, 0))
        self.bias = data(weights.types[1], field(1, 1))
        self.columns = field(1, 2)
        self.windows = data(windows, values[2])
        self.run, self.runs, self.base, self.start_at, self.target_at, fresh = (field(3, k) for k in range(6))
        self.target = data(target, values[4])
        self.fresh = builder.icmp_signed("!=", fresh, ir.Constant(INT64, 0))
        self.binary = events.types[1].dtype == types.uint8
        self.real = weights.types[0].dtype == types.float32


def _emit(builder: Any, given: _Arguments, lanes: int) -> None:
    emitter = _Emitter(builder, lanes, given.real)
    target = builder.gep(given.target, [given.target_at])
    start = builder.select(given.fresh, builder.gep(given.bias, [given.start_at]), target)
    total = emitter.begin(start)
    with cgutils.for_range(builder, given.runs) as window:
        at = builder.mul(builder.add(given.run, window.index), ir.Constant(INT64, 3))
        first, last, offset = (
            builder.load(builder.gep(given.windows, [builder.add(at, ir.Constant(INT64, k))])) for k in range(3)
        )
        base = builder.add(given.base, builder.mul(offset, given.columns))
        with cgutils.for_range_slice(builder, first, last, ir.Constant(INT64, 1)) as (k, _):
            position = builder.sext(builder.load(builder.gep(given.position, [k])), INT64)
            element = builder.add(base, builder.mul(position, given.columns))
            row = emitter.row(builder.gep(given.weight, [element]))
            if not given.binary:
                row = emitter.times(row, builder.load(builder.gep(given.value, [k])))
            builder.store(emitter.add(builder.load(total), row), total)
    emitter.end(total, start, target)


def _rows(lanes: int) -> Callable[..., None]:
    """``rows(events, weights, windows, cursor, target)`` for ``lanes`` columns.

    ``windows``: int64 triples (first, last, offset): the listed inputs ``first:last`` use the weight rows
    ``position + offset``. ``cursor``: int64 (first window, how many windows, element of row 0 in ``weights.value``, element of
    ``weights.bias`` to start from, element of ``target`` to write, 0 to start from what stands in ``target`` instead).
    """

    def rows(_: Any, events: Any, weights: Any, windows: Any, cursor: Any, target: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            _emit(builder, _Arguments(context, builder, signature, values), lanes)
            return context.get_dummy_value()

        return types.void(events, weights, windows, cursor, target), generate

    return intrinsic(rows)


rows64 = _rows(64)
rows32 = _rows(32)
rows16 = _rows(16)
