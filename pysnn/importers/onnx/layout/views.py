"""How the values of a layer are read in another order or shape, without a copy: what Transpose and Reshape make of them.

A view is a sequence of ``(size, step)``, the outermost first: its k-th value, counted row by row, lies in the layer's own
flat values where the steps lead. Only rearrangements are views: every value is there once.
"""

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from pysnn.importers.onnx.file.model import UnsupportedError

__all__ = ["View", "axis_map", "inverse", "is_plain", "order", "plain", "strided", "transposed"]

View = tuple[tuple[int, int], ...]

_MOST_VALUES = 1 << 24


def plain(size: int) -> View:
    """Return the view that changes nothing.

    Examples
    --------
    >>> plain(12)
    ((12, 1),)
    """
    return _merged([(size, 1)])


def is_plain(view: View) -> bool:
    """Return whether a view changes nothing."""
    return len(view) < 2


def strided(sizes: Sequence[int], axes: Sequence[int]) -> View:
    """Return the view that reads an array of ``sizes`` with its axes in another order.

    Examples
    --------
    >>> strided((2, 3, 4), (1, 2, 0))
    ((12, 1), (2, 12))
    """
    return _merged([(sizes[axis], prod(sizes[axis + 1 :])) for axis in axes])


def transposed(view: View, sizes: Sequence[int], axes: Sequence[int]) -> View:
    """Return the view behind a transposition of a value that has ``sizes``.

    Raises
    ------
    UnsupportedError
        An axis mixes values that do not lie apart by one step.

    Examples
    --------
    >>> transposed(plain(12), (3, 4), (1, 0))
    ((4, 1), (3, 4))
    """
    groups = _split(view, sizes)
    return _merged([part for axis in axes for part in groups[axis]])


def inverse(view: View) -> View:
    """Return the view that undoes another one.

    Examples
    --------
    >>> inverse(((4, 1), (3, 4)))
    ((3, 1), (4, 3))
    """
    steps = [prod(size for size, _ in view[k + 1 :]) for k in range(len(view))]
    pairs = sorted(zip(view, steps, strict=True), key=lambda pair: -pair[0][1])
    return _merged([(size, step) for (size, _), step in pairs])


def order(view: View) -> NDArray[np.int64]:
    """Return where each value of a view lies in the layer's flat values.

    Examples
    --------
    >>> order(((2, 1), (3, 2))).tolist()
    [0, 2, 4, 1, 3, 5]
    """
    total = prod(size for size, _ in view)
    if total > _MOST_VALUES:
        raise UnsupportedError(f"it rearranges {total} values; at most {_MOST_VALUES} are supported")
    places = np.zeros(1, dtype=np.int64)
    for size, step in view:
        places = (places[:, None] + step * np.arange(size, dtype=np.int64)).reshape(-1)
    return places


def axis_map(view: View, sizes: Sequence[int], core: Sequence[int]) -> tuple[int | None, ...] | None:
    """Return which axis of a layer of shape ``core`` each axis of a value of ``sizes`` is.

    Axes of size 1 are given to what is left, in order; ``None`` stands for an axis that the layer does not have. The
    result is ``None`` where the axes do not belong together one to one.

    Examples
    --------
    >>> axis_map(strided((3, 5, 5), (1, 2, 0)), (5, 5, 3), (3, 5, 5))
    (1, 2, 0)
    """
    steps = {(size, prod(core[axis + 1 :])): axis for axis, size in enumerate(core) if size > 1}
    found: list[int | None] = []
    for size, parts in zip(sizes, _split(view, sizes), strict=True):
        merged = _merged(parts)
        if size > 1 and (len(merged) != 1 or merged[0] not in steps):
            return None
        found.append(steps.pop(merged[0]) if size > 1 else None)
    if steps:
        return None
    spare = iter([axis for axis, size in enumerate(core) if size == 1])
    return tuple(next(spare, None) if size == 1 else axis for size, axis in zip(sizes, found, strict=True))


def _merged(parts: Sequence[tuple[int, int]]) -> View:
    """Return the shortest form of a view, which is the same for equal ones."""
    merged: list[tuple[int, int]] = []
    for size, step in parts:
        if size == 1:
            continue
        if merged and merged[-1][1] == size * step:
            merged[-1] = (merged[-1][0] * size, step)
        else:
            merged.append((size, step))
    return tuple(merged)


def _split(view: View, sizes: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Return the parts of a view that each axis of a value covers."""
    waiting = list(reversed(view))
    groups: list[list[tuple[int, int]]] = []
    for size in sizes:
        missing, group = size, []
        while missing > 1:
            count, step = waiting.pop()
            if count > missing and count % missing == 0:
                waiting.append((count // missing, step))
                group.append((missing, step * (count // missing)))
                missing = 1
            elif missing % count == 0:
                group.append((count, step))
                missing //= count
            else:
                raise UnsupportedError(f"its rearrangement of values cannot be read in the shape {tuple(sizes)}")
        groups.append(group)
    return groups
