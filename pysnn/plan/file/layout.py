"""The numbers of a plan's bytes; ``rust/core/src/plan/file/layout.rs`` has the same, and ``docs/plan_format.md`` their meaning."""

import hashlib
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np

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
