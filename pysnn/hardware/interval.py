"""An interval with a nominal value, of quantities that are never negative."""

from typing import NamedTuple

from pysnn.hardware.chip import Quantity

__all__ = ["ZERO", "Interval", "exactly", "of_quantity"]


class Interval(NamedTuple):
    """``low <= value <= high``, all 0 or more."""

    low: float
    value: float
    high: float

    def plus(self, other: "Interval") -> "Interval":
        """Return the sum."""
        return Interval(self.low + other.low, self.value + other.value, self.high + other.high)

    def times(self, other: "Interval") -> "Interval":
        """Return the product."""
        return Interval(self.low * other.low, self.value * other.value, self.high * other.high)

    def scaled(self, factor: float) -> "Interval":
        """Return the product with a number that is not negative.

        Examples
        --------
        >>> Interval(1.0, 2.0, 3.0).scaled(2.0).high
        6.0
        """
        return Interval(self.low * factor, self.value * factor, self.high * factor)

    def over(self, count: float) -> "Interval":
        """Return the interval divided by a positive number."""
        return Interval(self.low / count, self.value / count, self.high / count)

    def spread(self, share: float) -> "Interval":
        """Return the interval made wider by a share of either end, not below 0."""
        return Interval(self.low * max(0.0, 1.0 - share), self.value, self.high * (1.0 + share))


ZERO = Interval(0.0, 0.0, 0.0)


def exactly(value: float) -> Interval:
    """Return the interval that is one number.

    Examples
    --------
    >>> exactly(2).plus(exactly(1)).value
    3.0
    """
    return Interval(float(value), float(value), float(value))


def of_quantity(quantity: Quantity) -> Interval:
    """Return a quantity's interval."""
    return Interval(float(quantity.low), float(quantity.value), float(quantity.high))
