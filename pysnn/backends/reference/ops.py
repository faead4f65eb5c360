"""One function an operation of a plan, on maps ``(batch, C, H, W)``: the definition, in plain NumPy.

Every float32 sum adds its terms one at a time, in the order of docs/numerics.md; NumPy's own sums do not.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import RangeError
from pysnn.plan.ops import CURRENT_LIMIT, AddOp, ByteOp, ClampOp, ConvOp, GatherOp, MaxPoolOp, PoolOp, RoundOp, Term

__all__ = [
    "add",
    "byte",
    "clamp",
    "conv",
    "gather",
    "max_pool_rise",
    "max_pool_values",
    "pool",
    "round_to_units",
]

Array = NDArray[Any]


def _tap(padded: Array, size: tuple[int, int], start: tuple[int, int], stride: tuple[int, int]) -> Array:
    """Return what one tap of a window sees at every output position."""
    (height, width), (y, x), (sy, sx) = size, start, stride
    return padded[:, :, y : y + (height - 1) * sy + 1 : sy, x : x + (width - 1) * sx + 1 : sx]


def _padded(x: Array, pads: tuple[int, int, int, int], fill: float = 0) -> Array:
    top, left, bottom, right = pads
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)


def conv(op: ConvOp, x: Array) -> Array:
    """``I = bias``, then ``I = I + x * w`` over the receptive field, ascending in (ky, kx, c_in)."""
    kernel_h, kernel_w, inputs, outputs = op.weight.shape
    accumulator = np.int32 if op.weight.dtype == np.int8 else np.float32
    size = op.spec.shape[1:]
    padded = _padded(x.astype(accumulator), op.pads)
    total: Array = np.broadcast_to(op.bias[:, None, None], (x.shape[0], outputs, *size)).copy()
    per_group = outputs // op.groups
    for ky in range(kernel_h):
        for kx in range(kernel_w):
            seen = _tap(padded, size, (ky * op.dilation[0], kx * op.dilation[1]), op.stride)
            for group in range(op.groups):
                out = slice(group * per_group, (group + 1) * per_group)
                for channel in range(inputs):
                    row = op.weight[ky, kx, channel, out].astype(accumulator)
                    total[:, out] += seen[:, group * inputs + channel, None] * row[:, None, None]
    return total


def pool(op: PoolOp, x: Array) -> Array:
    """Sum over windows; the terms of a real source times the weight."""
    real = op.spec.kind == "real"
    padded = _padded(x, op.pads)
    total: Array = np.zeros((x.shape[0], *op.spec.shape), dtype=np.int32 if op.spec.kind == "current" else x.dtype)
    for ky in range(op.kernel[0]):
        for kx in range(op.kernel[1]):
            seen = _tap(padded, op.spec.shape[1:], (ky, kx), op.stride)
            term: Array = seen * np.float32(op.weight) if real else seen
            total += term
    return total


def _window_maximum(op: MaxPoolOp, padded: Array) -> Array:
    largest = None
    for ky in range(op.kernel[0]):
        for kx in range(op.kernel[1]):
            seen = _tap(padded, op.spec.shape[1:], (ky, kx), op.stride)
            largest = seen.copy() if largest is None else np.maximum(largest, seen)
    assert largest is not None
    return largest


def max_pool_values(op: MaxPoolOp, x: Array) -> Array:
    """Maximum over windows of real values or levels; padding never wins."""
    return _window_maximum(op, _padded(x, op.pads, 0 if x.dtype == np.uint8 else -np.inf))


def max_pool_rise(op: MaxPoolOp, x: Array, counts: Array) -> Array:
    """Rise of the window's largest cumulative count; ``counts`` (int32, the source's shape) is updated in place."""
    before = _window_maximum(op, _padded(counts, op.pads))
    counts += x
    return (_window_maximum(op, _padded(counts, op.pads)) - before).astype(np.uint8)


def gather(op: GatherOp, sources: tuple[Array, ...]) -> Array:
    """Values moved; -1 is zero."""
    batch = sources[0].shape[0]
    everything = np.concatenate([source.reshape(batch, -1) for source in sources], axis=1)
    moved = everything[:, op.index.ravel()]
    return np.where(op.index.ravel() >= 0, moved, moved.dtype.type(0)).reshape(batch, *op.spec.shape)


def clamp(op: ClampOp, x: Array) -> Array:
    """Values limited by 0 from below, and by ``high`` from above; what is not a number is 0."""
    positive = np.where(x > 0, x, np.float32(0))
    if op.high is None:
        return positive
    high = op.high[:, None, None]
    return np.where(positive > high, high, positive)


def round_to_units(op: RoundOp, x: Array) -> Array:
    """Real currents in integer units, or :class:`RangeError`."""
    integers = np.rint(x.astype(np.float64) / op.unit[:, None, None])
    if (np.abs(integers) > CURRENT_LIMIT).any():
        raise RangeError(f"node '{op.node}': an analogue current exceeds {CURRENT_LIMIT} integer units")
    return integers.astype(np.int32)


def byte(op: ByteOp, x: Array) -> Array:
    """A byte of sums of levels."""
    return ((x >> op.shift) & 255).astype(np.uint8)


def term_value(term: Term, x: Array, kind: str) -> Array:
    if kind in ("count", "level") or (term.scale is None and term.constant is None and term.multiplier is None):
        return x
    if term.scale is not None:
        return x.astype(np.float32) * term.scale[:, None, None]
    if term.constant is not None:
        return x.astype(np.int32) * term.constant[:, None, None]
    assert term.multiplier is not None
    assert term.shift is not None
    multiplier = term.multiplier[:, None, None].astype(np.int64)
    shift = term.shift[:, None, None].astype(np.int64)
    return ((x.astype(np.int64) * multiplier + (np.int64(1) << (shift - 1))) >> shift).astype(np.int32)


def add(op: AddOp, sources: tuple[Array, ...]) -> Array:
    """Terms added in order, starting from the first."""
    total = term_value(op.terms[0], sources[0], op.spec.kind).copy()
    for term, x in zip(op.terms[1:], sources[1:], strict=True):
        total += term_value(term, x, op.spec.kind)
    return total
