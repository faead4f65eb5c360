"""The arithmetic of prices on intervals: the reference, which the compiled core repeats with ``==``."""

from collections.abc import Sequence
from typing import NamedTuple

from pysnn.hardware.compiled import compiled_core
from pysnn.hardware.interval import ZERO, Interval

__all__ = ["PJ_PER_MW_MS", "Ranked", "Total", "products", "products_reference", "totals", "totals_reference"]

PJ_PER_MW_MS = 1e6
"""Picojoules in a milliwatt over a millisecond."""

Ranked = tuple[int, Interval]
"""The rank of a scope (an outer one has a higher rank, and holds the inner ones), and an energy in pJ or a power in mW."""


class Total(NamedTuple):
    """Of a scope: energy in pJ, power in mW and energy-delay product in pJ ms, the last two ``None`` where no time is known."""

    energy: Interval
    power: Interval | None = None
    product: Interval | None = None


def products(left: Sequence[Interval], right: Sequence[Interval], scale: float = 1.0) -> list[Interval]:
    """Return products of intervals, end by end, times a number; in the compiled core where there is one.

    Examples
    --------
    >>> products([Interval(1.0, 2.0, 3.0)], [Interval(2.0, 2.0, 4.0)], 0.5)
    [Interval(low=1.0, value=2.0, high=6.0)]
    """
    core = compiled_core()
    if core is None:
        return products_reference(left, right, scale)
    return [Interval(*found) for found in core.interval_products(list(left), list(right), scale)]


def products_reference(left: Sequence[Interval], right: Sequence[Interval], scale: float = 1.0) -> list[Interval]:
    """Return what :func:`products` returns, in Python."""
    return [a.times(b).scaled(scale) for a, b in zip(left, right, strict=True)]


def totals(
    parts: Sequence[Ranked], powers: Sequence[Ranked], time: Interval | None, scopes: Sequence[int]
) -> list[Total]:
    """Return the totals of scopes from energies, and from powers over the time (ms) of a sample; compiled where it can be.

    Examples
    --------
    >>> one, two = Interval(1e6, 1e6, 1e6), Interval(2.0, 2.0, 2.0)
    >>> totals([(0, one)], [], two, [0])[0].power
    Interval(low=0.5, value=0.5, high=0.5)
    """
    core = compiled_core()
    if core is None:
        return totals_reference(parts, powers, time, scopes)
    found = core.energy_totals(list(parts), list(powers), time, list(scopes))
    return [Total(Interval(*energy), *(Interval(*rate) for rate in rates or ())) for energy, rates in found]


def totals_reference(
    parts: Sequence[Ranked], powers: Sequence[Ranked], time: Interval | None, scopes: Sequence[int]
) -> list[Total]:
    """Return what :func:`totals` returns, in Python."""
    found = []
    for scope in scopes:
        energy = _sum_within(parts, scope)
        if time is None or time.low == 0:
            found.append(Total(energy))
        else:
            found.append(Total(energy, _mean_power(energy, _sum_within(powers, scope), time), energy.times(time)))
    return found


def _sum_within(parts: Sequence[Ranked], scope: int) -> Interval:
    total = ZERO
    for rank, part in parts:
        if rank <= scope:
            total = total.plus(part)
    return total


def _mean_power(energy: Interval, steady: Interval, time: Interval) -> Interval:
    """Return energy over time: powers that act all the time keep their own interval, and only the rest is divided by the time's."""
    low, _, high = (max(0.0, e - s * t * PJ_PER_MW_MS) for e, s, t in zip(energy, steady, time, strict=True))
    return Interval(
        steady.low + low / time.high / PJ_PER_MW_MS,
        energy.value / time.value / PJ_PER_MW_MS,
        steady.high + high / time.low / PJ_PER_MW_MS,
    )
