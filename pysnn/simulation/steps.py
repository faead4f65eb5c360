"""Numbers of time-steps of a run, checked."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pysnn.errors import DataError
from pysnn.simulation.options import check_integer

__all__ = ["MAX_STEPS", "checked_steps"]

MAX_STEPS = 1 << 24
"""Largest number of steps that a state may have behind it."""


def checked_steps(steps: Any, window: int | None = None) -> tuple[int, ...]:
    """Return ascending numbers of steps from a number or several.

    A network whose neurons have windows of ``window`` steps runs in one pass: it takes no number, or 1.

    Examples
    --------
    >>> checked_steps(4), checked_steps([1, 2]), checked_steps(None, window=16)
    ((4,), (1, 2), (1,))
    """
    if window is not None:
        if steps is not None and not (type(steps) is int and steps == 1) and steps not in ([1], (1,)):
            raise DataError(
                f"steps: a network of FirstSpike neurons runs in one pass, whose steps are those of its window ({window}); "
                f"leave steps out, got {steps!r}"
            )
        return (1,)
    if steps is None:
        raise DataError("steps: expected a number of time-steps, or several, got None")
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
