"""How many weights an event of each source neuron meets."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["fanouts"]


class Slides(Protocol):
    """What a convolution says about its windows; padding is (top, left, bottom, right)."""

    @property
    def stride(self) -> tuple[int, int]: ...
    @property
    def padding(self) -> tuple[int, int, int, int]: ...
    @property
    def dilation(self) -> tuple[int, int]: ...
    @property
    def groups(self) -> int: ...


def fanouts(
    layer: Slides, weight: NDArray[Any], source: tuple[int, int, int], size: tuple[int, int]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return, for each source neuron, how many weights and how many non-zero ones an event of it meets."""
    outputs, inputs, kernel_h, kernel_w = weight.shape
    per_group = outputs // layer.groups
    nonzero = (weight != 0).reshape(layer.groups, per_group, inputs, kernel_h, kernel_w)
    nonzero = np.add.reduce(nonzero, axis=1, dtype=np.uint16 if per_group < 1 << 16 else np.uint32)
    nonzero = nonzero.reshape(layer.groups * inputs, kernel_h, kernel_w)
    found = np.zeros(source, dtype=np.uint32)
    total = np.zeros(source, dtype=np.uint32)
    top, left = layer.padding[:2]
    for ky in range(kernel_h):
        rows = _hits(source[1], size[0], layer.stride[0], ky * layer.dilation[0] - top)
        for kx in range(kernel_w):
            columns = _hits(source[2], size[1], layer.stride[1], kx * layer.dilation[1] - left)
            hit = np.outer(rows, columns).astype(np.uint32)
            total += np.uint32(per_group) * hit
            found += nonzero[:, ky, kx, None, None].astype(np.uint32) * hit
    return total, found


def _hits(source: int, outputs: int, stride: int, offset: int) -> NDArray[np.bool_]:
    """Which source positions does one tap see: those at ``output * stride + offset``."""
    positions = np.arange(outputs, dtype=np.int64) * stride + offset
    seen = np.zeros(source, dtype=np.bool_)
    seen[positions[(positions >= 0) & (positions < source)]] = True
    return seen
