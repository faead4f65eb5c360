"""Neurons as an operation of a plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.nodes.neuron_model import NeuronModel
from pysnn.plan.map import MapSpec

__all__ = ["NeuronOp", "everywhere"]

Float32: TypeAlias = NDArray[np.float32]
Int32: TypeAlias = NDArray[np.int32]


def everywhere(constants: NDArray[Any]) -> NDArray[Any]:
    """Return constants ``(C,)`` or ``(C, H, W)`` so that they go with ``(..., C, H, W)``.

    Examples
    --------
    >>> everywhere(np.ones(3)).shape
    (3, 1, 1)
    """
    return constants if constants.ndim == 3 else constants[:, None, None]


@dataclass(frozen=True, eq=False)
class NeuronOp:
    """Neurons: float32 on a real source, int32 on a current source.

    ``model`` says what a step does, and which ``constants`` there are. In int8 plans ``decay`` (int32) is in units of 2**-30, and there is
    no ``gain``, which is part of the unit. Every array but ``unit`` is ``(C,)``, or ``(C, H, W)`` where each neuron has its own.
    ``unit`` is float64 ``(C,)``: the value of one integer unit of the potential (ones in float32 plans).
    ``max_current`` bounds the magnitude of an integer current (0 in float32 plans).

    The map holds spikes or their counts, or potentials (real) where the model never fires.
    """

    node: str
    spec: MapSpec
    source: int
    model: NeuronModel
    threshold: Float32 | Int32
    v_init: Float32 | Int32
    v_reset: Float32 | Int32
    unit: NDArray[np.float64]
    constants: Mapping[str, Float32 | Int32]
    max_current: int = 0
    kind: Literal["neuron"] = "neuron"

    @property
    def values(self) -> int:
        """How many values the state of one neuron has."""
        return len(self.model.state)

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of a sample's state: that of the map, behind an axis for the values where there are several."""
        return self.spec.shape if self.values == 1 else (self.values, *self.spec.shape)

    @property
    def per_neuron(self) -> bool:
        """Whether each neuron has constants of its own, not each channel."""
        return self.threshold.ndim == 3

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the constants, in their order."""
        return tuple(name for name in self.model.constants if name != "gain" or self.threshold.dtype == np.float32)

    @cached_property
    def extremes(self) -> tuple[int, int, int]:
        """Largest magnitudes of ``v_init``, of thresholds, resets and floors, and of ``drive``; of int8 plans."""
        edges = (self.threshold, self.v_reset, self.constants.get("floor"))
        return _magnitude(self.v_init), max(map(_magnitude, edges)), _magnitude(self.constants.get("drive"))


def _magnitude(array: NDArray[np.generic] | None) -> int:
    return 0 if array is None else int(np.abs(array.astype(np.int64)).max(initial=0))
