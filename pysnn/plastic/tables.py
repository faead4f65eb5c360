"""Numbers that every engine of plastic networks reads: made once, in float64, by additions and products alone, and rounded once.

Libraries' ``exp`` and ``pow`` differ by a last digit between systems. Here a decay is a fixed series, and its powers are
repeated products, so that all machines have the same bits.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import PlanError

__all__ = ["FLUSH", "PowerTable", "TraceTable", "check_decay", "decay", "gap_table", "power_table", "trace_table"]

FLUSH = np.float32(1e-30)
"""What is smaller becomes 0 where an epoch ends."""

_TERMS = 10
_MOST_DECAY = 20.0
_MOST_STEPS = 4096
_POWER_BITS = 10
_GAPS = 4096
_WORD = 2.0**32


def decay(x: float) -> float:
    """Return ``exp(-x)`` for ``x >= 0``: halved until below 2^-8, ten terms of Taylor's series, squared back.

    Examples
    --------
    >>> round(decay(1.0), 12)
    0.367879441171
    """
    halvings = 0
    while x >= 2.0**-8:
        x, halvings = x / 2, halvings + 1
    value = 1.0
    for term in range(_TERMS, 0, -1):
        value = 1.0 - x * value / term
    for _ in range(halvings):
        value *= value
    return value


@dataclass(frozen=True, eq=False)
class TraceTable:
    """The unit of a trace within an epoch of ``R = len(down)`` steps, R a power of two.

    Attributes
    ----------
    down, up
        ``exp(-k dt/tau)`` and ``exp(+k dt/tau)`` for k = 0 .. R - 1, float32.
    epoch
        ``exp(-R dt/tau)``, float32.
    """

    down: NDArray[np.float32]
    up: NDArray[np.float32]
    epoch: np.float32

    @property
    def mask(self) -> int:
        """R - 1: a step's place in its epoch is ``step & mask``."""
        return len(self.down) - 1


def check_decay(dt: float, tau: float, what: str) -> float:
    """Return ``dt / tau``.

    Raises
    ------
    PlanError
        It exceeds 20.

    Examples
    --------
    >>> check_decay(1e-3, 20e-3, "x")
    0.05
    """
    ratio = dt / tau
    if ratio > _MOST_DECAY:
        raise PlanError(
            f"{what}: expected a time constant of at least dt/{_MOST_DECAY:.0f}, got tau={tau} s with dt={dt} s"
        )
    return ratio


def trace_table(dt: float, tau: float, what: str) -> TraceTable:
    """Return the table of a trace; R is the largest power of two with ``R dt/tau <= 20``, 4096 at most.

    Raises
    ------
    PlanError
        ``dt`` exceeds 20 tau: nothing of the trace would be left after a step, and its unit would overflow.

    Examples
    --------
    >>> table = trace_table(1e-3, 20e-3, "x")
    >>> len(table.down), round(float(table.down[20]), 6)
    (256, 0.367879)
    """
    ratio = check_decay(dt, tau, what)
    steps = 1
    while steps < _MOST_STEPS and 2 * steps * ratio <= _MOST_DECAY:
        steps *= 2
    powers = [1.0]
    one = decay(ratio)
    for _ in range(steps):
        powers.append(powers[-1] * one)
    down = np.array(powers[:steps])
    return TraceTable(down.astype(np.float32), (1.0 / down).astype(np.float32), np.float32(powers[steps]))


@dataclass(frozen=True, eq=False)
class PowerTable:
    """``q ** mu`` for float32 ``q`` in 0..1 by the parts of ``q``: ``exponents[e] * m ** mu`` with ``q = 2^(e - 127) m``.

    Attributes
    ----------
    exponents
        256 values, one for each exponent field of a float32; 0 for the first one, that of zero.
    mantissas
        1025 values of ``m ** mu`` for m in 1..2, between which lines are drawn (error below 3e-8).
    """

    exponents: NDArray[np.float32]
    mantissas: NDArray[np.float32]


def power_table(mu: float) -> PowerTable:
    """Return the table of an exponent.

    Examples
    --------
    >>> table = power_table(0.5)
    >>> float(table.exponents[125]), round(float(table.mantissas[-1]), 6)
    (0.5, 1.414214)
    """
    intervals = 1 << _POWER_BITS
    mantissas = [_exp(mu * _log(1.0 + k / intervals)) for k in range(intervals + 1)]
    exponents = [0.0] + [_exp((e - 127) * mu * _log(2.0)) for e in range(1, 256)]
    with np.errstate(over="ignore", under="ignore"):
        return PowerTable(np.array(exponents).astype(np.float32), np.array(mantissas).astype(np.float32))


def gap_table(p: float) -> NDArray[np.uint64]:
    """Return ``floor(2^32 (1 - (1-p)^(g+1)))`` for g = 0, 1, ..: a 32-bit word stands for the first gap whose entry exceeds it.

    Of a word that no entry exceeds the whole table is a part of the gap, and another word says the rest.

    Examples
    --------
    >>> gap_table(0.5)[:2].tolist()
    [2147483648, 3221225472]
    """
    entries, left = [], 1.0
    for _ in range(_GAPS):
        left *= 1.0 - p
        entries.append(math.floor(_WORD * (1.0 - left)))
        if entries[-1] >= int(_WORD) - 1:
            break
    return np.array(entries, dtype=np.uint64)


def _log(x: float) -> float:
    """Return ln x for 1 <= x <= 2: 2 artanh((x-1)/(x+1)) by its series."""
    t = (x - 1.0) / (x + 1.0)
    value = 0.0
    for k in range(41, 0, -2):
        value = 1.0 / k + t * t * value
    return 2.0 * t * value


def _exp(x: float) -> float:
    return 1.0 / decay(x) if x > 0 else decay(-x)
