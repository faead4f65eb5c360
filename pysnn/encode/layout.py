"""Data that fit an input's shape up to how it is written down."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["laid_out"]


def laid_out(x: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Return ``(samples, ...)`` as samples of ``shape`` where there is one way to read them so, else ``None``.

    Axes of size 1 may be missing or more, a map of one channel may be flat, and channels may come last.

    Examples
    --------
    >>> laid_out(np.zeros((9, 28, 28)), (1, 28, 28)).shape, laid_out(np.zeros((9, 32, 32, 3)), (3, 32, 32)).shape
    ((9, 1, 28, 28), (9, 3, 32, 32))
    >>> laid_out(np.zeros((9, 5)), (4,))
    """
    if x.ndim < 1:
        return None
    if x.shape[1:] == shape:
        return x
    given, wanted = _large(x.shape[1:]), _large(shape)
    flat = len(given) == 1 and len(wanted) == 2 and prod(given) == prod(wanted)
    last = len(shape) == 3 and x.shape[1:] == (*shape[1:], shape[0])
    if x.ndim > 1 and (given == wanted or flat):
        return None if last and shape[0] > 1 and len(wanted) > 1 else x.reshape(len(x), *shape)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) if last else None


def _large(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(size for size in shape if size != 1)
