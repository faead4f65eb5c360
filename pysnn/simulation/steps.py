"""Numbers of time-steps of a run, checked."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pysnn.errors import DataError
from pysnn.simulation.options import check_integer

__all__ = ["MAX_STEPS", "checked_steps"]

MAX_STEPS = 1 << 24
"""Largest number of steps that a state may have behind it."""


def checked_steps(steps: Any) -> tuple[int, ...]:
    """Return ascending numbers of steps from a number or several.

    Examples
    --------
    >>> checked_steps(4), checked_steps([1, 2])
    ((4,), (1, 2))
    """
    if type(steps) is int and 1 <= steps <= MAX_STEPS:
        return (steps,)
    several = isinstance(steps, Sequence) and not isinstance(steps, str)
    listed: list[Any] = list(steps) if several or (isinstance(steps, np.ndarray) and steps.ndim == 1) else [steps]
    if not listed:
        raise DataError("steps: expected a number of time-steps, or several, got none")
    for value in listed:
        check_integer("steps", value, 1, MAX_STEPS)
    if sorted(set(listed)) != listed:
        raise DataError(f"steps: expected ascending numbers, got {listed}")
    return tuple(int(value) for value in listed)
