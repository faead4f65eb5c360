"""Where a run stopped: a value, the same for every engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.frozen import Frozen, FrozenDict

__all__ = ["PlasticState"]

_LASTING = frozenset({"weights", "threshold", "draws"})
_NEVER = frozenset({"last_pre", "last_post"})


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

    def at_rest(self) -> "PlasticState":
        """Return the state in which only what was learned is left, between two stimuli say.

        Weights, adaptive thresholds, clocks and random numbers go on; potentials are at rest, synapses and traces at 0, and no
        spike is on its way.

        Examples
        --------
        >>> state = PlasticState(step=9, arrays={"cells.v": np.ones(2, np.float32), "wires.weights": np.ones(3, np.float32)})
        >>> {name: array.tolist() for name, array in state.at_rest().arrays.items()}
        {'cells.v': [0.0, 0.0], 'wires.weights': [1.0, 1.0, 1.0]}
        """
        return replace(
            self, arrays={name: _at_rest(name.rpartition(".")[2], array) for name, array in self.arrays.items()}
        )


def _at_rest(field_name: str, array: NDArray[Any]) -> NDArray[Any]:
    if field_name in _LASTING:
        return array
    if field_name == "recent":
        return array[:0]
    return np.full_like(array, -1 if field_name in _NEVER else 0)
