"""What a plan depends on besides the network."""

import sys
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pysnn.errors import PlanError
from pysnn.plan.ops import MAX_COUNT

__all__ = ["CODINGS", "FIRST_LAYERS", "PRECISIONS", "UNITS", "PlanOptions"]

PRECISIONS = ("float32", "int8")
UNITS = ("exact", "power_of_two")
CODINGS = ("constant", "poisson", "events", "frames")
FIRST_LAYERS = ("float32", "int8")


@dataclass(frozen=True)
class PlanOptions:
    """What a plan depends on besides the network.

    ``dt`` is seconds a step, needed by neurons with a time constant. ``max_count`` bounds the count of one input
    in one step where ``coding`` is "events". ``units`` are those of int8 weights, per output channel: "exact" uses all 127 steps for
    the largest weight; "power_of_two" rounds the unit up to a power of two, so that currents that meet differ by shifts alone and
    no multiplication is needed, for up to one bit of the weights. ``first_layer``, of int8 plans with coding "constant": "float32" arithmetic of
    normalised values, or "int8" weights on uint8 pixels, mean and std folded in.
    """

    precision: Literal["float32", "int8"] = "float32"
    coding: Literal["constant", "poisson", "events", "frames"] = "constant"
    dt: float | None = None
    max_count: int = 1
    units: Literal["exact", "power_of_two"] = "exact"
    first_layer: Literal["float32", "int8"] = "float32"

    def __post_init__(self) -> None:
        if not isinstance(self.precision, str) or self.precision not in PRECISIONS:
            raise PlanError(f"precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")
        if not isinstance(self.coding, str) or self.coding not in CODINGS:
            raise PlanError(f"coding must be one of {', '.join(CODINGS)}, got {self.coding!r}")
        if not isinstance(self.units, str) or self.units not in UNITS:
            raise PlanError(f"units must be one of {', '.join(UNITS)}, got {self.units!r}")
        if not isinstance(self.first_layer, str) or self.first_layer not in FIRST_LAYERS:
            raise PlanError(f"first_layer must be one of {', '.join(FIRST_LAYERS)}, got {self.first_layer!r}")
        if self.first_layer == "int8" and (self.precision != "int8" or self.coding != "constant"):
            raise PlanError(
                f"first_layer 'int8' needs precision 'int8' and coding 'constant', got '{self.precision}' and '{self.coding}'"
            )
        if self.dt is not None and not _is_positive(self.dt):
            raise PlanError(f"dt must be a positive number of seconds, got {self.dt!r}")
        if not 1 <= self.max_count <= MAX_COUNT:
            raise PlanError(f"one input can have at most {MAX_COUNT} events in one step, got {self.max_count}")
        if self.dt is not None:
            object.__setattr__(self, "dt", float(self.dt))


def _is_positive(value: Any) -> bool:
    """Say if it is a positive number (no bool) that float64 holds."""
    number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return bool(number and 0 < value <= sys.float_info.max)
