"""The one place where arrays from outside become pysnn's own: checked, converted, frozen."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, NetworkError
from pysnn.foreign import as_numpy

__all__ = ["Parameter", "as_numeric", "as_parameter", "as_weight", "is_finite", "per_channel"]

Parameter: TypeAlias = float | NDArray[np.float32]
"""One value for a layer, or a float32 array of one value per channel."""

_MOST_DIMENSIONS = 8
_NUMERIC = (np.ndarray, np.generic, list, tuple, int, float)


def as_numeric(value: Any, what: str) -> NDArray[Any]:
    """Return ``value`` as a numeric NumPy array, without copying where it is one, or raise :class:`DataError`.

    Tensors of PyTorch, frames and series of pandas and Polars are taken; objects of other libraries are refused by name
    rather than converted by guesswork.

    Examples
    --------
    >>> as_numeric([1, 2], "x").dtype.kind
    'i'
    """
    value = as_numpy(value, what)
    if not isinstance(value, _NUMERIC):
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise DataError(f"{what}: expected a NumPy array, got {kind}; convert it first, for example with numpy.asarray")
    if isinstance(value, np.ma.MaskedArray):
        raise DataError(f"{what}: expected every value, got a masked array; fill it first")
    try:
        array = np.asarray(value)
    except Exception as error:  # what a list holds may be anything, and raise anything
        raise DataError(f"{what}: expected a rectangular array of numbers, got ragged or foreign elements") from error
    if array.dtype.kind not in "fiub":
        raise DataError(f"{what}: expected numbers, got an array of dtype {array.dtype}")
    if array.ndim > _MOST_DIMENSIONS:
        raise DataError(f"{what}: expected at most {_MOST_DIMENSIONS} dimensions, got {array.ndim}")
    return array


def is_finite(array: NDArray[Any]) -> bool:
    """Say if all values of a float array are finite.

    If the sum of their squares is finite, they are, which is told faster than by looking at each.

    Examples
    --------
    >>> is_finite(np.array([1e30, -1e30], dtype=np.float32)), is_finite(np.array([1.0, np.nan]))
    (True, False)
    """
    return math.isfinite(np.vdot(array, array)) or bool(np.isfinite(array).all())


def as_weight(value: Any, what: str, ndim: int) -> NDArray[np.float32]:
    """Return a frozen, C-contiguous float32 copy with ``ndim`` axes, all finite and none empty.

    Raises
    ------
    NetworkError
        With ``what`` in front, saying what was expected and what came.

    Examples
    --------
    >>> as_weight([[1.0, 2.0]], "Linear: weight", 2).shape
    (1, 2)
    """
    try:
        array = as_numeric(value, what)
    except DataError as error:
        raise NetworkError(str(error)) from error
    if array.ndim != ndim:
        raise NetworkError(f"{what}: expected {ndim} dimensions, got shape {array.shape}")
    if array.size == 0:
        raise NetworkError(f"{what}: expected at least one value, got shape {array.shape}")
    with np.errstate(over="ignore"):
        result: NDArray[np.float32] = np.array(array, dtype=np.float32, order="C", copy=True)
    if not np.isfinite(result).all():
        bad = tuple(int(i) for i in np.argwhere(~np.isfinite(result))[0])
        raise NetworkError(f"{what}: expected finite float32 values, got {array[bad]} at {bad}")
    result.flags.writeable = False
    return result


def as_parameter(value: Any, what: str) -> Parameter:
    """Return a float for a number, or a frozen float32 vector (one value per channel) for an array.

    Examples
    --------
    >>> as_parameter(1, "IF: v_threshold")
    1.0
    """
    value = as_numpy(value, what)
    if isinstance(value, int | float | np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return float(as_weight(value, what, 0))
    return as_weight(value, what, 1)


def per_channel(value: Parameter, channels: int, what: str) -> NDArray[np.float32]:
    """Spread a parameter over ``channels``, float32 ``(channels,)``.

    Raises
    ------
    NetworkError
        If an array has another length.

    Examples
    --------
    >>> per_channel(0.5, 2, "IF 'a': v_threshold").tolist()
    [0.5, 0.5]
    """
    if isinstance(value, float):
        return np.full(channels, value, dtype=np.float32)
    if value.shape != (channels,):
        raise NetworkError(f"{what}: expected one value or {channels} (one per channel), got {value.shape[0]}")
    return value
