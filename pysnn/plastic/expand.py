"""Carry out the recipes of projections: the definition, row by row in NumPy."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.plan import ProjectionPlan
from pysnn.random import philox

__all__ = ["CONNECT", "WEIGH", "Rows", "expand", "targets_of", "words"]

CONNECT, WEIGH = 16, 17
"""Third words of the generator's counter: which random numbers are asked for."""


class Rows(NamedTuple):
    """Synapses by source: those of source i are ``row[i] .. row[i + 1]``."""

    row: NDArray[np.int64]
    to: NDArray[np.int64]
    weight: NDArray[np.float32]


def words(count: int, counter: tuple[int, int, int], seed: int, first: int = 0) -> NDArray[np.uint64]:
    """Return the random words ``first .. first + count`` of a stream: word k is word k % 4 of counter (k // 4, ...).

    Examples
    --------
    >>> words(5, (0, 16, 0), 1)[3:].tolist() == words(2, (0, 16, 0), 1, first=3).tolist()
    True
    """
    begin, end = first // 4, -(-(first + count) // 4)
    block = np.arange(begin, end, dtype=np.uint64)
    others = (np.full_like(block, word) for word in counter)
    made = np.stack(philox((block, *others), seed), axis=1).ravel()  # type: ignore[arg-type]
    return made[first - 4 * begin :][:count]


def expand(plan: ProjectionPlan) -> Rows:
    """Return the synapses of a projection with their first weights."""
    sources = plan.sizes[0]
    if plan.given is not None:
        row = np.searchsorted(plan.given.pre, np.arange(sources + 1)).astype(np.int64)
        to = plan.given.post
    else:
        rows = [targets_of(plan, source) for source in range(sources)]
        row = np.concatenate([[0], np.cumsum([len(targets) for targets in rows])]).astype(np.int64)
        to = np.concatenate(rows)
    if plan.given is not None and plan.given.weight is not None:
        return Rows(row, to, plan.given.weight.copy())
    if plan.span == 0:
        return Rows(row, to, np.full(len(to), plan.low, dtype=np.float32))
    weights = [_weights(plan, source, int(row[source + 1] - row[source])) for source in range(sources)]
    return Rows(row, to, np.concatenate(weights))


def targets_of(plan: ProjectionPlan, source: int) -> NDArray[np.int64]:
    """Return the targets of a source that a recipe draws, ascending."""
    size = plan.sizes[1]
    if plan.recipe == "one":
        return np.array([source], dtype=np.int64)
    if plan.recipe == "all":
        targets = np.arange(size, dtype=np.int64)
    else:
        targets = _drawn(plan, source, size)
    return targets if plan.loops else targets[targets != source]


def _drawn(plan: ProjectionPlan, source: int, size: int) -> NDArray[np.int64]:
    whole = len(plan.gaps)
    first, at, found = 0, 0, []
    batch = int(size * float(plan.gaps[0]) / 2.0**32) + size // whole + 16
    while at < size:
        drawn = words(batch, (source, CONNECT, 0), plan.seed, first)
        gap = np.searchsorted(plan.gaps, drawn, side="right")
        ends = at + np.cumsum(np.where(gap < whole, gap + 1, whole))
        found.append(ends[gap < whole] - 1)
        at, first = int(ends[-1]), first + batch
    targets = np.concatenate(found)
    return targets[targets < size].astype(np.int64)


def _weights(plan: ProjectionPlan, source: int, count: int) -> NDArray[np.float32]:
    unit = (words(count, (source, WEIGH, 0), plan.weight_seed) >> np.uint64(8)).astype(np.float32) * np.float32(
        2.0**-24
    )
    weights: NDArray[np.float32] = np.minimum(plan.low + plan.span * unit, plan.high)
    return weights
