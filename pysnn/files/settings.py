"""How a saved network is meant to be run."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from pysnn.encode import CODINGS
from pysnn.errors import DataError

__all__ = ["PRECISIONS", "Settings", "check_choice", "check_integer"]

PRECISIONS = ("float32", "int8")
"""Arithmetics that a network can be run in."""

_MOST_STEPS = 1 << 24


@dataclass(frozen=True)
class Settings:
    """How a network is meant to be run; what a run takes where nothing else is said.

    Parameters
    ----------
    steps
        Number of time-steps, or ``None`` where it is open.
    coding
        "constant", "poisson", "spikes", "events" or "frames".
    dt
        Seconds a step; ``None`` for networks without time constants.
    precision
        "float32" or "int8".
    seed
        Of the Poisson coding, 0..2^64 - 1.
    first_layer
        "float32", or "int8" weights on uint8 pixels where the precision is int8.

    Raises
    ------
    DataError
        A field has the wrong type or value.

    Examples
    --------
    >>> Settings(steps=32).precision
    'float32'
    """

    steps: int | None = None
    coding: Literal["constant", "poisson", "spikes", "events", "frames"] = "constant"
    dt: float | None = None
    precision: Literal["float32", "int8"] = "float32"
    seed: int = 0
    first_layer: Literal["float32", "int8"] = "float32"

    def __post_init__(self) -> None:
        if self.steps is not None:
            check_integer("steps", self.steps, 1, _MOST_STEPS)
        check_integer("seed", self.seed, 0, 2**64 - 1)
        check_choice("coding", self.coding, CODINGS)
        check_choice("precision", self.precision, PRECISIONS)
        check_choice("first_layer", self.first_layer, PRECISIONS)
        if self.first_layer == "int8" and (self.precision != "int8" or self.coding != "constant"):
            raise DataError("first_layer 'int8' needs precision 'int8' and coding 'constant'")
        if self.dt is not None:
            _check_dt(self.dt)

    @property
    def options(self) -> dict[str, Any]:
        """The same as keywords of :func:`pysnn.simulation.simulator.run` (all but ``steps``)."""
        return {
            "coding": self.coding,
            "dt": self.dt,
            "precision": self.precision,
            "seed": self.seed,
            "first_layer": self.first_layer,
        }


def check_integer(name: str, value: object, least: int, most: int) -> None:
    """Raise :class:`DataError` unless ``value`` is a Python integer in ``least..most``."""
    if type(value) is not int or not least <= value <= most:
        raise DataError(f"{name} must be an integer in {least}..{most}, got {value!r}")


def check_choice(name: str, value: object, choices: Sequence[str]) -> None:
    """Raise :class:`DataError` unless ``value`` is one of ``choices``."""
    if type(value) is not str or value not in choices:
        raise DataError(f"{name} must be one of {', '.join(choices)}, got {value!r}")


def _check_dt(value: object) -> None:
    if not isinstance(value, float) or not isfinite(value) or value <= 0:
        raise DataError(f"dt must be a positive float (seconds a step), got {value!r}")
