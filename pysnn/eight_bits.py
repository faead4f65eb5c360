"""Weights of 8 bits: those of a neuron are whole multiples, -127 to 127, of one number, its unit.

Neurons lie along one axis of a weight array, ``own``; all other axes are what a neuron sees.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["from_units", "in_units", "rounded"]

_LEVELS = 127
# Units have 12 binary digits, so that multiples are exact in float32, and lie where all multiples are normal numbers.
_MANTISSA = 4096.0
_LEAST_UNIT = 2.0**-126
_LARGEST_UNIT = 2064 * 2.0**110


def rounded(weight: NDArray[np.float32], own: int) -> NDArray[np.float32]:
    """Return weights rounded to 8 bits, as float32.

    The unit of a neuron is its largest weight over 127, rounded up to 12 binary digits. A neuron whose unit would be below
    2**-126 gets zeros.

    Examples
    --------
    >>> rounded(np.float32([[1, 0.3]]), own=0).round(3)
    array([[1.   , 0.299]], dtype=float32)
    """
    mantissa, exponent = np.frexp(_largest(weight, own).astype(np.float64) / _LEVELS)
    unit = np.minimum(np.ldexp(np.ceil(mantissa * _MANTISSA) / _MANTISSA, exponent), _LARGEST_UNIT)
    unit[unit < _LEAST_UNIT] = 0
    return _products(np.rint(weight / np.where(unit > 0, unit, 1)).astype(np.int8), unit.astype(np.float32))


def in_units(weight: NDArray[np.float32], own: int) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """Return whole numbers and each neuron's unit if their products are the weights to the bit, else ``None``.

    The weights must be finite. A unit is 1/127 of the largest weight.

    Examples
    --------
    >>> in_units(np.float32([[127, -2], [0, 0]]), own=0)
    (array([[127,  -2],
           [  0,   0]], dtype=int8), array([1., 0.], dtype=float32))
    >>> in_units(np.float32([[127, 0.5]]), own=0)
    """
    largest = _largest(weight, own)
    unit = largest / np.float32(_LEVELS)
    if not np.array_equal(_products(np.int8(_LEVELS), unit), largest):
        return None
    whole = np.rint(weight / np.where(unit > 0, unit, np.float32(1))).astype(np.int8)
    if not _same_bits(_products(whole, unit), weight):
        return None
    return whole, unit.reshape(-1)


def from_units(whole: NDArray[np.int8], unit: NDArray[np.float32], own: int) -> NDArray[np.float32] | None:
    """Return the weights whose :func:`in_units` are these numbers, or ``None`` if there are none.

    Examples
    --------
    >>> from_units(np.int8([[127, -2]]), np.float32([0.5]), own=0)
    array([[63.5, -1. ]], dtype=float32)
    >>> from_units(np.int8([[126, -2]]), np.float32([0.5]), own=0)
    """
    weight = _products(whole, np.expand_dims(unit, _others(whole, own)))
    found = in_units(weight, own) if np.isfinite(weight).all() else None
    if found is None or not (np.array_equal(found[0], whole) and _same_bits(found[1], unit)):
        return None
    return weight


def _others(weight: NDArray[Any], own: int) -> tuple[int, ...]:
    return tuple(axis for axis in range(weight.ndim) if axis != own)


def _largest(weight: NDArray[np.float32], own: int) -> NDArray[np.float32]:
    """Return each neuron's largest magnitude, with the axes of the weights, never a negative zero."""
    axes = _others(weight, own)
    most, least = (find(weight, axis=axes, initial=0, keepdims=True) for find in (np.max, np.min))
    return np.asarray(np.abs(np.maximum(most, -least)))


def _products(whole: Any, unit: NDArray[np.float32]) -> NDArray[np.float32]:
    """Multiply in float32; what is too large becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(whole * unit)


def _same_bits(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    return np.array_equal(a.view(np.int32), b.view(np.int32))
