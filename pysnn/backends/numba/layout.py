"""How lists of events, weights and geometry lie in memory."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["LANES", "SLACK", "Events", "Geometry", "Inputs", "Scratch", "Weights", "call_limit"]

LANES = 16
"""Weight rows are padded to a multiple of this."""


SLACK = 16
"""Lists are read and written 16 entries at a time, and so up to this far behind their last one."""


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


class Inputs(NamedTuple):
    """The inputs of one output pixel, in order: the weight row of each (int32), and its value."""

    row: NDArray[np.int32]
    value: NDArray[Any]


class Scratch(NamedTuple):
    """Working memory: the inputs of one pixel, and one padded row of sums. Lists have room for ``SLACK`` more."""

    inputs: Inputs
    sums: NDArray[Any]


class Geometry(NamedTuple):
    """What a convolution does in space, from ``inputs`` channels a group.

    ``limit`` is how many rows one call of the inner loop may sum.

    ``span`` columns are worked on before the next ones, so that their weights stay in the cache.
    """

    height: int
    width: int
    inputs: int
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


def call_limit(largest: int) -> int:
    """How many int8 rows one call may sum in int16 when no input exceeds ``largest`` (1..255).

    Examples
    --------
    >>> call_limit(1), call_limit(4), call_limit(255)
    (255, 63, 1)
    """
    return int(np.iinfo(np.int16).max // (128 * largest))
