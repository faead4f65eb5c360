"""The inner loop of every weight layer: sum the weight rows of the active inputs, in order.

``target[columns] = start[columns] + sum over listed inputs of weight_row[columns] (* value)``

The loop is written as LLVM vector code, because the sums then stay in registers over all the rows: the compiler's own
vectoriser loads and stores them once a row, which is three to five times slower. A vector of 64 values is legal
on every machine; LLVM cuts it into registers. No fast-math flag is set: products are rounded before they are added.

float32 weights: the terms are added in the order of the list. int8 weights: the terms of one call are summed in int16
(the caller keeps calls short enough, :func:`call_limit`) and then added to int32.

The kernel stands in the same file as the loop that becomes part of it: numba's cache notices changes of that file only.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils as untyped_cgutils
from numpy.typing import NDArray

from pysnn.backends.numba.jit import inlined, instruction, kernel
from pysnn.backends.numba.layout import Events, Geometry, Inputs, Scratch, Weights

__all__ = ["rows16", "rows32", "rows64", "sum_events"]

INT64 = ir.IntType(64)

cgutils: Any = untyped_cgutils


class Cursor(NamedTuple):
    """One call of ``rows``: first and last of the inputs, and elements: of row 0 in the weights, of the bias to start from, of the target.

    ``fresh`` is 0 to start from what stands in the target instead.
    """

    first: int
    last: int
    base: int
    start: int
    target: int
    fresh: int


class _Pixel(NamedTuple):
    """An output pixel, and a group of its channels."""

    frame: int
    y: int
    x: int
    group: int


class _Stretch(NamedTuple):
    """Listed inputs that stand side by side, and how far behind their positions their weight rows are."""

    first: int
    last: int
    offset: int


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

        inputs, weights, _, target = signature.args
        self.position = data(inputs.types[0], field(0, 0))
        self.value = data(inputs.types[1], field(0, 1))
        self.weight = data(weights.types[0], field(1, 0))
        self.bias = data(weights.types[1], field(1, 1))
        self.columns = field(1, 2)
        self.first, self.last, self.base, self.start_at, self.target_at, fresh = (field(2, k) for k in range(6))
        self.target = data(target, values[3])
        self.fresh = builder.icmp_signed("!=", fresh, ir.Constant(INT64, 0))
        self.binary = inputs.types[1].dtype == types.uint8
        self.real = weights.types[0].dtype == types.float32


def _emit_rows(builder: Any, given: _Arguments, lanes: int) -> None:
    emitter = _Emitter(builder, lanes, given.real)
    target = builder.gep(given.target, [given.target_at])
    start = builder.select(given.fresh, builder.gep(given.bias, [given.start_at]), target)
    total = emitter.begin(start)
    with cgutils.for_range_slice(builder, given.first, given.last, ir.Constant(INT64, 1)) as (k, _):
        position = builder.sext(builder.load(builder.gep(given.position, [k])), INT64)
        element = builder.add(given.base, builder.mul(position, given.columns))
        row = emitter.row(builder.gep(given.weight, [element]))
        if not given.binary:
            row = emitter.times(row, builder.load(builder.gep(given.value, [k])))
        builder.store(emitter.add(builder.load(total), row), total)
    emitter.end(total, start, target)


def _rows(lanes: int) -> Callable[..., None]:
    """``rows(inputs, weights, cursor, target)`` for ``lanes`` columns; the :class:`Cursor` holds int64."""

    def rows(_: Any, inputs: Any, weights: Any, cursor: Any, target: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            _emit_rows(builder, _Arguments(context, builder, signature, values), lanes)
            return context.get_dummy_value()

        return types.void(inputs, weights, cursor, target), generate

    return instruction(rows)


rows64 = _rows(64)
rows32 = _rows(32)
rows16 = _rows(16)


@instruction
def _copy16(_: Any, source: Any, target: Any, where: Any) -> Any:
    """Copy 16 numbers: ``where`` = (from, to, what to add to rows). What is not wanted comes along: no branch to guess."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        def address(k: int) -> Any:
            data = context.make_array(signature.args[k])(context, builder, values[k]).data
            at = builder.extract_value(values[2], k)
            return builder.bitcast(builder.gep(data, [at]), vector.as_pointer())

        element = context.get_data_type(source.dtype)
        vector = ir.VectorType(element, 16)
        loaded = builder.load(address(0))
        loaded.align = 1
        if source.dtype == types.int32:
            undefined = ir.Constant(vector, ir.Undefined)
            offset = builder.trunc(builder.extract_value(values[2], 2), element)
            one = builder.insert_element(undefined, offset, ir.Constant(ir.IntType(32), 0))
            zeros = ir.Constant(ir.VectorType(ir.IntType(32), 16), None)
            loaded = builder.add(loaded, builder.shuffle_vector(one, undefined, zeros))
        builder.store(loaded, address(1)).align = 1
        return context.get_dummy_value()

    return types.void(source, target, where), generate


@inlined
def _join(events: Events, stretch: _Stretch, inputs: Inputs, found: int) -> int:
    """Append listed inputs; gives the new number of inputs."""
    size = stretch.last - stretch.first
    for done in range(0, max(size, 1), 16):
        where = (stretch.first + done, found + done, stretch.offset)
        _copy16(events.position, inputs.row, where)
        if events.value.size > 0:
            _copy16(events.value, inputs.value, where)
    return found + size


@inlined
def _find_inputs(events: Events, geometry: Geometry, pixel: _Pixel, inputs: Inputs) -> int:
    """List the inputs that an output pixel sees, ascending in (ky, kx, c); gives their number.

    Neighbouring pixels of a row stand side by side in the list, and so do the weights that they meet: without groups and
    dilation a row of the kernel is one run of the list.
    """
    whole_rows = geometry.groups == 1 and geometry.dilation_x == 1
    left = pixel.x * geometry.stride_x - geometry.left
    found = 0
    for ky in range(geometry.kernel_y):
        y = pixel.y * geometry.stride_y - geometry.top + ky * geometry.dilation_y
        if y < 0 or y >= geometry.height:
            continue
        line = (pixel.frame * geometry.height + y) * geometry.width
        for kx in range(1 if whole_rows else geometry.kernel_x):
            x = left + kx * geometry.dilation_x
            if whole_rows:
                begin = line + max(left, 0)
                end = line + min(left + geometry.kernel_x, geometry.width)
            elif x < 0 or x >= geometry.width:
                continue
            else:
                begin = (line + x) * geometry.groups + pixel.group
                end = begin + 1
            if begin < end:
                offset = (ky * geometry.kernel_x + kx - x * geometry.groups - pixel.group) * geometry.inputs
                found = _join(events, _Stretch(events.first[begin], events.first[end], offset), inputs, found)
    return found


@inlined
def _sum_columns(inputs: Inputs, weights: Weights, cursor: Cursor, columns: int, target: NDArray[Any]) -> None:
    """All columns of one pixel, from those at the cursor on."""
    first, last, base, start, at, fresh = cursor
    done = 0
    while done < columns:
        here = Cursor(first, last, base + done, start + done, at + done, fresh)
        if columns - done >= 64:
            rows64(inputs, weights, here, target)
            done += 64
        elif columns - done >= 32:
            rows32(inputs, weights, here, target)
            done += 32
        else:
            rows16(inputs, weights, here, target)
            done += 16


@kernel
def sum_events(events: Events, weights: Weights, geometry: Geometry, out: NDArray[Any], scratch: Scratch) -> None:
    """Fill ``out`` (frames, H, W, C) from the listed inputs of the source."""
    frames, out_height, out_width, channels = out.shape
    size = channels // geometry.groups
    table = geometry.kernel_y * geometry.kernel_x * geometry.inputs * weights.columns
    direct = weights.columns == size
    target = out.reshape(-1) if direct else scratch.sums
    for block in range(geometry.groups * geometry.blocks):
        group = block // geometry.blocks
        column = block % geometry.blocks * geometry.span
        span = min(geometry.span, weights.columns - column)
        base, start = group * table + column, group * weights.columns + column
        at = group * size + column
        for frame in range(frames):
            for y in range(out_height):
                for x in range(out_width):
                    found = _find_inputs(events, geometry, _Pixel(frame, y, x, group), scratch.inputs)
                    to = at if direct else 0
                    for first in range(0, max(found, 1), geometry.limit):
                        last = min(first + geometry.limit, found)
                        cursor = Cursor(first, last, base, start, to, int(first == 0))
                        _sum_columns(scratch.inputs, weights, cursor, span, target)
                    if not direct:
                        for k in range(min(span, size - column)):
                            out.reshape(-1)[at + k] = scratch.sums[k]
                    at += channels
