"""How many weights an event of each source neuron meets; worked out where operations are counted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.ops import ConvOp

__all__ = ["FanOuts", "fan_outs"]


class FanOuts(NamedTuple):
    """Weights that an event of each source neuron meets, uint32 ``(C, H, W)``: all of them, and those that are not zero."""

    total: NDArray[np.uint32]
    nonzero: NDArray[np.uint32]


def fan_outs(op: ConvOp, source: tuple[int, int, int]) -> FanOuts:
    """Return the fan-outs of a source map of shape ``(C, H, W)`` into a weight operation; padding is met by nobody."""
    kernel_h, kernel_w, inputs, outputs = op.weight.shape
    per_group = outputs // op.groups
    nonzero = (op.weight != 0).reshape(kernel_h, kernel_w, inputs, op.groups, per_group)
    met = np.add.reduce(nonzero, axis=4, dtype=np.uint16 if per_group < 1 << 16 else np.uint32)
    met = met.transpose(0, 1, 3, 2).reshape(kernel_h, kernel_w, op.groups * inputs).astype(np.uint32)
    found = np.zeros(source, dtype=np.uint32)
    total = np.zeros(source, dtype=np.uint32)
    top, left = op.pads[:2]
    for ky in range(kernel_h):
        rows = _hits(source[1], op.spec.shape[1], op.stride[0], ky * op.dilation[0] - top)
        for kx in range(kernel_w):
            columns = _hits(source[2], op.spec.shape[2], op.stride[1], kx * op.dilation[1] - left)
            hit = np.outer(rows, columns).astype(np.uint32)
            total += np.uint32(per_group) * hit
            found += met[ky, kx, :, None, None] * hit
    return FanOuts(total, found)


def _hits(source: int, outputs: int, stride: int, offset: int) -> NDArray[np.bool_]:
    """Which source positions does one tap see: those at ``output * stride + offset``."""
    positions = np.arange(outputs, dtype=np.int64) * stride + offset
    seen = np.zeros(source, dtype=np.bool_)
    seen[positions[(positions >= 0) & (positions < source)]] = True
    return seen
