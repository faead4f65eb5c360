"""The numbers of a plan's bytes; ``rust/core/src/plan/file/layout.rs`` has the same, and ``docs/plan_format.md`` their meaning."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Buffer: TypeAlias = bytes | bytearray | memoryview

__all__ = [
    "ADAPTIVE",
    "ARRAY",
    "BOTH",
    "CODINGS",
    "DIGEST",
    "DTYPES",
    "ENTRIES",
    "FIRST",
    "FLOOR",
    "KINDS",
    "LATE",
    "LONGEST_RUN",
    "MAGIC",
    "MAPS",
    "NO_RESET",
    "OP",
    "PER_NEURON",
    "PRECISIONS",
    "READOUTS",
    "REFRACTORY",
    "RUN",
    "SECTIONS",
    "SECTIONS_AT",
    "SOURCE",
    "STRICT",
    "VERSION",
    "WITH_RUNS",
    "ZERO",
    "aligned",
    "digest",
    "index_of",
    "runs_of",
]

MAGIC, VERSION = b"PYSNNPLN", 2
WITH_RUNS = 2
"""From this version on gathers may have runs."""
SECTIONS_AT, SECTIONS, FIRST = 64, 5, 192
DIGEST = slice(32, 64)

OP = np.dtype(
    [
        (name, "<u4", size) if size > 1 else (name, "<u4")
        for name, size in (
            ("kind", 1),
            ("map", 1),
            ("static", 1),
            ("max_count", 1),
            ("shape", 3),
            ("name", 2),
            ("sources", 2),
            ("arrays", 2),
            ("kernel", 2),
            ("stride", 2),
            ("pads", 4),
            ("dilation", 2),
            ("groups", 1),
            ("mode", 1),
            ("flags", 1),
            ("weight", 1),
            ("max_current", 1),
            ("states", 1),
            ("fire", 1),
            ("synapse", 1),
            ("reserved", 1),
        )
    ]
)
"""An operation: 32 words."""

SOURCE = np.dtype([("map", "<u4"), ("entry", "<u4"), ("delay", "<u4"), ("reserved", "<u4")])
ARRAY = np.dtype([("dtype", "<u8"), ("offset", "<u8"), ("count", "<u8")])

KINDS = ("input", "conv", "pool", "maxpool", "gather", "clamp", "round", "add", "neuron", "output", "delay", "byte")
"""From 1."""
MAPS = ("real", "count", "current", "level")
"""From 0, like those that follow without a word."""
PRECISIONS = ("float32", "int8")
ENTRIES = ("plain", "scale", "constant", "ratio")
CODINGS = ("constant", "poisson", "events", "frames", "pixels")
"""From 1."""
READOUTS = ("mean_current", "potential", "count", "first_spike")
"""From 1."""
ZERO, STRICT, NO_RESET, LATE, BOTH, FLOOR, REFRACTORY, ADAPTIVE, PER_NEURON = (1 << bit for bit in range(9))
"""Flags of a neuron."""
RUN = np.dtype([("end", "<u4"), ("first", "<i4"), ("step", "<i4")])
"""Values ``first``, ``first + step``, ... of a gather's table, up to position ``end``."""
LONGEST_RUN = 256
"""Values of a run, at most: so a table is bounded by the bytes that hold it."""
DTYPES = (*map(np.dtype, ("<f4", "<f8", "<i1", "<i4")), RUN)
"""Types of arrays, from 1."""


def aligned(at: int) -> int:
    """Return the next multiple of 64.

    Examples
    --------
    >>> aligned(0), aligned(65)
    (0, 128)
    """
    return -(-at // 64) * 64


def digest(parts: Iterable[Buffer]) -> bytes:
    """Return the SHA-256 of a plan's bytes, given in parts, the first of which reaches beyond the place of the digest.

    The bytes at :data:`DIGEST` count as zeros.
    """
    found = hashlib.sha256()
    for number, part in enumerate(parts):
        if number:
            found.update(part)
            continue
        first = memoryview(part)
        for piece in (first[: DIGEST.start], bytes(32), first[DIGEST.stop :]):
            found.update(piece)
    return found.digest()


def runs_of(index: NDArray[np.int32]) -> NDArray[Any] | None:
    """Return the runs of a gather's table, each as long as it can be, or ``None`` where they take no fewer bytes.

    Examples
    --------
    >>> runs_of(np.array([0, 2, 4, 6, -1, -1, -1], dtype=np.int32)).tolist()
    [(4, 0, 2), (7, -1, 0)]
    >>> runs_of(np.array([7, 8, 9], dtype=np.int32))
    """
    flat = index.reshape(-1).astype(np.int64)
    steps, other = np.diff(flat), np.diff(flat < 0)
    # Values that do not go on from the two before them: the least ends of runs that have two values.
    ends = (np.flatnonzero((steps[1:] != steps[:-1]) | other[1:]) + 2).tolist()
    runs: list[tuple[int, int, int]] = []
    begin = 0
    while begin < flat.size:
        alone = begin + 1 == flat.size or other[begin]
        at = bisect_left(ends, begin + 2)
        end = begin + 1 if alone else min(begin + LONGEST_RUN, *ends[at : at + 1], flat.size)
        runs.append((end, int(flat[begin]), 0 if alone else int(steps[begin])))
        if len(runs) * RUN.itemsize >= index.nbytes:
            return None
        begin = end
    return np.array(runs, dtype=RUN)


def index_of(runs: NDArray[Any]) -> NDArray[np.int32]:
    """Return the table of these runs.

    Raises
    ------
    ValueError
        A run has no values or too many, or one of them is no int32.

    Examples
    --------
    >>> index_of(runs_of(np.arange(8, dtype=np.int32))).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    ends = runs["end"].astype(np.int64)
    lengths = np.diff(ends, prepend=0)
    if not ((lengths >= 1) & (lengths <= LONGEST_RUN)).all():
        raise ValueError(f"runs of a gather: expected 1 to {LONGEST_RUN} values each")
    behind = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
    found = np.repeat(runs["first"].astype(np.int64), lengths) + np.repeat(runs["step"], lengths) * behind
    index: NDArray[np.int32] = found.astype(np.int32)
    if (found != index).any():
        raise ValueError("runs of a gather: a value is beyond int32")
    return index
