"""From maps to lists of their non-zero values, and the counts that come with them."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numpy.typing import NDArray

from pysnn.backends.numba.jit import inlined, instruction, kernel
from pysnn.backends.numba.layout import Events

__all__ = ["list_events", "tally_events"]


INT16 = ir.IntType(16)
INT64 = ir.IntType(64)


@instruction
def _nonzero16(_: Any, x: Any, at: Any) -> Any:  # noqa: ARG001 - numba counts the arguments
    """Bit k of the result (int64) says whether value ``at + k`` of the flat array is not zero, k < 16."""

    def generate(context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        vector = ir.VectorType(context.get_data_type(x.dtype), 16)
        pointer = builder.gep(context.make_array(x)(context, builder, values[0]).data, [values[1]])
        loaded = builder.load(builder.bitcast(pointer, vector.as_pointer()))
        loaded.align = x.dtype.bitwidth // 8
        zero = ir.Constant(vector, None)
        if isinstance(x.dtype, types.Float):
            mask = builder.fcmp_unordered("!=", loaded, zero)
        else:
            mask = builder.icmp_unsigned("!=", loaded, zero)
        return builder.zext(builder.bitcast(mask, INT16), INT64)

    return types.int64(x, types.int64), generate


@instruction
def _lowest(_: Any, bits: Any) -> Any:  # noqa: ARG001 - as above
    """Place of the lowest bit that is set, in 0..15; 0 if none is."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        place = builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))
        return builder.and_(place, ir.Constant(INT64, 15))

    return types.int64(types.int64), generate


@instruction
def _population(_: Any, bits: Any) -> Any:  # noqa: ARG001 - as above
    """Number of bits that are set."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.int64(types.int64), generate


@inlined
def _list16(flat: NDArray[Any], at: int, position: int, events: Events, found: int) -> int:
    """List the non-zero ones of 16 values, four at a time: most often there are no more, and no branch is guessed wrong."""
    bits = _nonzero16(flat, at)
    number: int = _population(bits)
    for done in range(0, max(number, 1), 4):
        for k in range(4):
            place = _lowest(bits)
            events.position[found + done + k] = position + place
            if events.value.shape[0] > 0:
                events.value[found + done + k] = flat[at + place]
            bits &= bits - 1
    return found + number


@kernel
def list_events(x: NDArray[Any], groups: int, events: Events) -> None:
    """List the non-zero values of ``x`` (frames, H, W, C); they are kept too where ``events.value`` has room."""
    frames, height, width, channels = x.shape
    size = channels // groups
    flat = x.reshape(-1)
    found, at, segment = 0, 0, 0
    for _ in range(frames * height):
        for position in range(0, width * channels, size):
            events.first[segment] = found
            segment += 1
            for k in range(0, size - 15, 16):
                found = _list16(flat, at + k, position + k, events, found)
            # Every value is written and the place moves on only behind non-zero ones: again no branch.
            for k in range(size // 16 * 16, size):
                events.position[found] = position + k
                if events.value.shape[0] > 0:
                    events.value[found] = flat[at + k]
                found += flat[at + k] != 0
            at += size
    events.first[segment] = found


@kernel
def tally_events(
    x: NDArray[Any], fanout: NDArray[np.uint32], fanout_nonzero: NDArray[np.uint32], totals: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Sums over the frames of each of ``x`` (samples, frames, positions), as rows of an array.

    Of the values, and of these times the fan-out, all of it and to non-zero weights. ``totals`` is working memory, one for each
    position. A real value that is not zero counts as one.
    """
    samples, frames, size = x.shape
    sums = np.zeros((3, samples), dtype=np.int64)
    for sample in range(samples):
        totals[:size] = 0
        for frame in range(frames):
            for k in range(size):
                value = x[sample, frame, k]
                totals[k] += np.int32(value) if x.itemsize == 1 else np.int32(value != 0)
        number, edges, nonzero = np.int64(0), np.int64(0), np.int64(0)
        for k in range(size):
            n = np.int64(totals[k])
            number += n
            edges += n * np.int64(fanout[k])
            nonzero += n * np.int64(fanout_nonzero[k])
        sums[0, sample], sums[1, sample], sums[2, sample] = number, edges, nonzero
    return sums
