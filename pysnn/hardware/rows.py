"""Rows of an estimate: schema "estimate"."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pysnn.hardware.chip import GRADES
from pysnn.hardware.interval import Interval

__all__ = ["Label", "not_priced", "priced", "weakest"]


@dataclass(frozen=True)
class Label:
    """What a row is about, without its numbers."""

    network: str
    chip: str
    layer: str = ""
    term: str = ""
    unit: str = ""
    scope: str = ""
    source: str = ""
    grade: str = ""

    def but(self, **changes: str) -> "Label":
        """Return the label with some words exchanged."""
        return replace(self, **changes)


def priced(label: Label, found: Interval, *, bounded: bool = True) -> dict[str, Any]:
    """Return a row; ``bounded`` false: something is missing, and the number is a lower bound, without ``high``.

    Examples
    --------
    >>> priced(Label("snn", "odin", term="energy_total"), Interval(1.0, 2.0, 3.0), bounded=False)["high"] is None
    True
    """
    words = {**vars(label)}
    # Ends and value may have been rounded along different ways.
    low, high = min(found.low, found.value), max(found.high, found.value)
    numbers = {"low": low, "value": found.value, "high": high if bounded else None}
    order = ("network", "chip", "layer", "term")
    return {**{k: words[k] for k in order}, **numbers, **{k: v for k, v in words.items() if k not in order}}


def not_priced(label: Label) -> dict[str, Any]:
    """Return a row without numbers.

    Examples
    --------
    >>> not_priced(Label("snn", "speck", term="energy_total"))["grade"]
    'not_priced'
    """
    row = priced(label.but(grade="not_priced"), Interval(0.0, 0.0, 0.0))
    return {**row, "low": None, "value": None, "high": None}


def weakest(grades: Iterable[str]) -> str:
    """Return the weakest of some evidence grades; "published" of none.

    Examples
    --------
    >>> weakest(["published", "inferred", "fitted"])
    'inferred'
    """
    return max(grades, key=GRADES.index, default=GRADES[0])
