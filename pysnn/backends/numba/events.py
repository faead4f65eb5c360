"""From maps to lists of their non-zero values, and the counts that come with them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.jit import kernel
from pysnn.backends.numba.rows import Events

__all__ = ["list_events", "tally_events"]


@kernel
def list_events(x: NDArray[Any], groups: int, events: Events) -> None:
    """List the non-zero values of ``x`` (frames, H, W, C); they are kept too where ``events.value`` has room."""
    frames, height, width, channels = x.shape
    size = channels // groups
    keep = events.value.shape[0] > 0
    flat = x.reshape(-1)
    found = 0
    for segment in range(frames * height * width * groups):
        events.first[segment] = found
        begin = segment * size
        within = (segment // groups) % width * channels + segment % groups * size
        # Every value is written and the place moves on only behind non-zero ones: there is no branch to guess.
        if keep:
            for k in range(size):
                events.position[found] = within + k
                events.value[found] = flat[begin + k]
                found += flat[begin + k] != 0
        else:
            for k in range(size):
                events.position[found] = within + k
                found += flat[begin + k] != 0
    events.first[frames * height * width * groups] = found


@kernel
def tally_events(
    x: NDArray[Any], fanout: NDArray[np.uint32], fanout_nonzero: NDArray[np.uint32], totals: NDArray[np.int32]
) -> tuple[np.int64, np.int64, np.int64]:
    """Sums over ``x`` (frames, positions): of the values, and of these times the fan-out, all of it and to non-zero weights.

    ``totals`` is working memory, one for each position. A real value that is not zero counts as one.
    """
    frames, size = x.shape
    totals[:size] = 0
    for frame in range(frames):
        for k in range(size):
            totals[k] += np.int32(x[frame, k]) if x.itemsize == 1 else np.int32(x[frame, k] != 0)
    number, edges, nonzero = np.int64(0), np.int64(0), np.int64(0)
    for k in range(size):
        n = np.int64(totals[k])
        number += n
        edges += n * np.int64(fanout[k])
        nonzero += n * np.int64(fanout_nonzero[k])
    return number, edges, nonzero
