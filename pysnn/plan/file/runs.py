"""Runs of a gather's table: rising or standing numbers in fewer bytes."""

from bisect import bisect_left
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.file.layout import LONGEST_RUN, RUN

__all__ = ["index_of", "runs_of"]


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
