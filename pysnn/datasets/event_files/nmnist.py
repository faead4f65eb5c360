"""``.bin`` files of N-MNIST and N-Caltech101 (Orchard et al. 2015): 5 bytes an event."""

from pathlib import Path

import numpy as np

from pysnn.datasets.event_files.raw import RawRecording
from pysnn.errors import DataError

__all__ = ["read_nmnist"]

_OVERFLOW_ROW = 240
_OVERFLOW_US = 1 << 13


def read_nmnist(path: Path) -> list[RawRecording]:
    """Read a file: x, y, polarity in the top bit of the third byte, and 23 bits of time, most significant first.

    An event of row 240 stands for an overflow of the time: 2^13 us are added from there on, and it is left out.
    """
    data = np.frombuffer(path.read_bytes(), np.uint8)
    if data.size % 5:
        raise DataError(f"'{path}': expected 5 bytes an event, got {data.size} bytes")
    x, y, high, middle, low = data.reshape(-1, 5).astype(np.int64).T
    t = ((high & 127) << 16) | (middle << 8) | low
    overflow = y == _OVERFLOW_ROW
    t = t + _OVERFLOW_US * np.cumsum(overflow)
    kept = ~overflow
    return [RawRecording({"x": x[kept], "y": y[kept], "t": t[kept], "p": (high >> 7)[kept]})]
