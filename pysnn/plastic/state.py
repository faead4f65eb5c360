"""Where a run stopped: a value, the same for every engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.frozen import Frozen, FrozenDict

__all__ = ["PlasticState"]


@dataclass(frozen=True, eq=False)
class PlasticState(Frozen):
    """Everything that goes on from one run to the next.

    Attributes
    ----------
    step
        The step that comes next.
    learned
        How many steps were run with learning: the clock of adaptive thresholds.
    arrays
        By name: ``"cells.v"`` (potentials relative to rest), ``"wires.weights"``, ``"wires.x"`` (a trace in the unit of its epoch), ...
    """

    step: int = 0
    learned: int = 0
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arrays = FrozenDict(self.arrays)
        for array in arrays.values():
            array.flags.writeable = False
        object.__setattr__(self, "arrays", arrays)

    def same_as(self, other: "PlasticState") -> bool:
        """Say if two states are equal to the bit (up to the sign of zero).

        Examples
        --------
        >>> PlasticState().same_as(PlasticState(step=1))
        False
        """
        if (self.step, self.learned, self.arrays.keys()) != (other.step, other.learned, other.arrays.keys()):
            return False
        return all(np.array_equal(array, other.arrays[name]) for name, array in self.arrays.items())
