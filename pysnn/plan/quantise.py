"""Numbers of int8 plans: units, rounding, fixed-point multipliers."""

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError
from pysnn.plan.builder import MapValue

__all__ = [
    "first_units",
    "fixed_point",
    "integers",
    "largest_unit",
    "next_powers_of_two",
    "own_or_one",
    "quantise_weights",
    "same_unit",
    "weight_units",
]

Float64 = NDArray[np.float64]

_LARGEST = 127
_CACHED = 1 << 16
_MOST_SHIFT = 62
_SMALLEST_UNIT = 2.0**-16


def weight_units(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ``max|w_c| / 127`` for each output channel of ``(O, ...)``, at least ``|bias_c| * 2**-16``.

    It is 0 where weights and bias are zero: such a channel has no unit of its own.

    Examples
    --------
    >>> weight_units(np.float32([[127, -254], [0, 0]]), np.float32([1, 0])).tolist()
    [2.0, 0.0]
    """
    flat = weight.reshape(weight.shape[0], -1)
    largest = np.maximum(flat.max(axis=1), -flat.min(axis=1)).astype(np.float64)
    return np.asarray(np.maximum(largest / _LARGEST, np.abs(bias.astype(np.float64)) * _SMALLEST_UNIT))


def next_powers_of_two(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least power of two that is not below each unit; 0 stays 0.

    Examples
    --------
    >>> next_powers_of_two(np.array([0.0, 0.25, 0.3])).tolist()
    [0.0, 0.25, 0.5]
    """
    mantissa, exponent = np.frexp(units)
    return np.where(units > 0, np.ldexp(1.0, np.where(mantissa == 0.5, exponent - 1, exponent)), 0.0)


def own_or_one(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return units to divide by: 1 where a channel has none, whose values are all zero.

    Examples
    --------
    >>> own_or_one(np.array([0.5, 0.0])).tolist()
    [0.5, 1.0]
    """
    return np.where(units > 0, units, 1.0)


def quantise_weights(weight: NDArray[np.float32], units: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return ``round_half_even(w / unit)`` in int8.

    Examples
    --------
    >>> quantise_weights(np.float32([[127, -254]]), np.array([2.0])).tolist()
    [[64, -127]]
    """
    flat = weight.reshape(weight.shape[0], -1)
    result = np.empty(flat.shape, dtype=np.int8)
    # Some channels at a time: what lies between is float64, and stays cached.
    together = max(1, _CACHED // max(1, flat.shape[1]))
    for first in range(0, len(flat), together):
        part = slice(first, first + together)
        quotient = np.divide(flat[part], units[part, None], dtype=np.float64)
        result[part] = np.rint(quotient, out=quotient)
    return result.reshape(weight.shape)


def integers(what: str, values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Round half to even into int32, or raise :class:`PlanError` if a value does not fit.

    Examples
    --------
    >>> integers("IF 'a'", np.array([0.5, 1.5])).tolist()
    [0, 2]
    """
    rounded = np.rint(values)
    if not (np.abs(rounded) <= 2**30).all():
        raise PlanError(
            f"{what}: a threshold, start, reset or shortcut is {float(np.abs(values).max()):.3g} times the integer unit of its "
            "weights, more than int8 networks hold; use precision 'float32'"
        )
    return rounded.astype(np.int32)


def fixed_point(what: str, ratio: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return multiplier and shift with ``multiplier / 2**shift`` close to ``ratio`` (not negative).

    Examples
    --------
    >>> multiplier, shift = fixed_point("IF 'a'", np.array([0.75]))
    >>> float(multiplier[0] / 2.0 ** shift[0])
    0.75
    """
    _, exponent = np.frexp(ratio)
    shift = np.clip(30 - exponent, 1, _MOST_SHIFT)
    multiplier = np.rint(np.ldexp(ratio, shift))
    if (multiplier > 2**31 - 1).any():
        raise PlanError(
            f"{what}: the scales of two edges differ by a factor of {float(ratio.max()):.3g}, more than int8 networks "
            "hold; use precision 'float32'"
        )
    return multiplier.astype(np.int32), shift.astype(np.int32)


def largest_unit(values: tuple[MapValue, ...], like: Float64) -> Float64:
    """Return for each channel the largest unit of an edge that is a current; zeros ``like`` an array where there is none.

    Examples
    --------
    >>> largest_unit((), np.ones(2)).tolist()
    [0.0, 0.0]
    """
    units = [value.unit for value in values if value.spec.kind == "current" and value.unit is not None]
    return np.asarray(np.max(units, axis=0)) if units else np.zeros_like(like)


def first_units(values: tuple[MapValue, ...], least_static: Float64, least: Float64, free: Float64) -> Float64:
    """Return for each channel the first edge's unit that is positive and at least ``least``, or ``free``.

    Examples
    --------
    >>> first_units((), np.zeros(1), np.zeros(1), np.full(1, 0.5)).tolist()
    [0.5]
    """
    unit = np.zeros_like(free)
    for value in values:
        if value.unit is not None:
            lowest = least_static if value.spec.kind == "real" else least
            unit = np.where((unit == 0) & (value.unit >= lowest), value.unit, unit)
    return np.where(unit == 0, free, unit)


def same_unit(own: Float64, unit: Float64) -> bool:
    """Say whether values in ``own`` units are also in ``unit``: channels without a unit of their own are zero in any.

    Examples
    --------
    >>> same_unit(np.array([0.5, 0.0]), np.array([0.5, 2.0]))
    True
    """
    return bool(((own == unit) | (own == 0)).all())
