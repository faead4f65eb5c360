"""Intervals of accuracies."""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["accuracy_cell", "half_width", "paired_half_width", "verdict"]

_Z = 1.959963984540054
"""97.5 % of a normal distribution lie below it."""


def half_width(share: float, samples: int) -> float:
    """Return half the width of the 95 % interval of a share of independent samples (Wilson's score interval).

    Examples
    --------
    >>> round(100 * half_width(0.9, 10_000), 2)
    0.59
    """
    spread = share * (1 - share) / samples + _Z**2 / (4 * samples**2)
    return _Z * math.sqrt(spread) / (1 + _Z**2 / samples)


def paired_half_width(changes: NDArray[np.int64]) -> float:
    """Return half the width of the 95 % interval of a mean difference of two networks on the same samples.

    ``changes`` is 1 for a sample that only the first gets right, -1 for one that only the second does, else 0; the interval is that of
    a mean of independent values.

    Examples
    --------
    >>> round(paired_half_width(np.array([1, -1] * 50 + [0] * 9_900)), 5)
    0.00196
    """
    return _Z * float(changes.std(ddof=1)) / math.sqrt(len(changes))


def accuracy_cell(share: float, samples: int) -> str:
    """Return an accuracy in %, with half the width of its 95 % interval.

    Examples
    --------
    >>> accuracy_cell(0.9, 10_000)
    '90.00 ± 0.59'
    """
    return f"{100 * share:.2f} ± {100 * half_width(share, samples):.2f}"


def verdict(share: float, asked: float, samples: int) -> str:
    """Return whether an accuracy is beyond what was asked: only an interval that lies wholly on one side says so.

    Examples
    --------
    >>> verdict(0.91, 0.9, 10_000), verdict(0.89, 0.9, 10_000), verdict(0.902, 0.9, 10_000)
    ('reached', 'not reached', 'undecided: inside the interval')
    """
    width = half_width(share, samples)
    if abs(share - asked) <= width:
        return "undecided: inside the interval"
    return "reached" if share > asked else "not reached"
