"""What is done to data in float64 before they become float32: the scalers in front of a network, as they were fitted."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError, NetworkError

__all__ = ["Scaling", "apply_scaling", "checked_scaling"]

Float64 = NDArray[np.float64]

Scaling: TypeAlias = tuple[tuple[str, Float64], ...]
"""Operations in order, each with its float64 values, one per channel."""

_OPERATIONS: dict[str, Callable[[Float64, Float64], Float64]] = {
    "subtract": np.subtract,
    "add": np.add,
    "multiply": np.multiply,
    "divide": np.divide,
    "at_least": np.maximum,
    "at_most": np.minimum,
}


def checked_scaling(scaling: Any, channels: int) -> Scaling | None:
    """Return scaling with frozen float64 arrays, or ``None`` for none.

    Raises
    ------
    NetworkError
        An operation is unknown, its values are not one per channel or not finite, or it divides by zero.

    Examples
    --------
    >>> checked_scaling([("subtract", [1.7e12, 0.0])], 2)[0][1].tolist()
    [1700000000000.0, 0.0]
    """
    if scaling is None:
        return None
    if not isinstance(scaling, tuple | list):
        raise NetworkError(f"Input: scaling: expected pairs (operation, values), got {type(scaling).__name__}")
    return tuple(_checked_step(step, channels) for step in scaling) or None


def apply_scaling(scaling: Scaling, x: NDArray[Any], axes: int) -> Float64:
    """Return ``(batch, channels, ...)`` behind each operation in turn, in float64; ``axes`` is how many a sample has."""
    values: Float64 = x.astype(np.float64)
    spread = (-1,) + (1,) * (axes - 1)
    with np.errstate(over="ignore", invalid="ignore"):
        for operation, numbers in scaling:
            values = _OPERATIONS[operation](values, numbers.reshape(spread))
    return values


def _checked_step(step: Any, channels: int) -> tuple[str, Float64]:
    if not isinstance(step, tuple | list) or len(step) != 2 or not isinstance(step[0], str):
        raise NetworkError(f"Input: scaling: expected pairs (operation, values), got {step!r:.200}")
    operation, given = step
    if operation not in _OPERATIONS:
        raise NetworkError(f"Input: scaling: expected one of {', '.join(_OPERATIONS)}, got {operation!r:.200}")
    try:
        values = np.array(as_numeric(given, f"Input: scaling: {operation}"), dtype=np.float64)
    except DataError as error:
        raise NetworkError(str(error)) from error
    if values.shape != (channels,) or not np.isfinite(values).all():
        raise NetworkError(
            f"Input: scaling: {operation} needs {channels} finite values (one per channel), got {given!r:.200}"
        )
    if operation == "divide" and not values.all():
        raise NetworkError(
            f"Input: scaling: divide needs values that are not 0, got 0 at {int(np.argmin(values != 0))}"
        )
    values.flags.writeable = False
    return operation, values
