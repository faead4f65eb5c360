"""What a first-spike engine takes and gives: raw arrays of exact dtypes, nothing that a person reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

__all__ = [
    "Decisions",
    "FirstSpikeEngine",
    "GradientRule",
    "Gradients",
    "LayerPasses",
    "SpikePass",
    "default_step_kernel",
    "first_output_spike",
]

Float: TypeAlias = NDArray[Any]
"""float32; the reference takes and gives float64 as well."""


class SpikePass(Protocol):
    """What a forward pass keeps for the backward pass."""

    def times(self, layer: int) -> Float:
        """Spike times of a layer's neurons, ``(batch, size)``, ``inf`` = silent."""
        ...

    def marks(self, layer: int) -> Float:
        """What a neuron had when it fired, ``(batch, size)``: ramp: the slope of its potential; step: its potential.

        With windows: its potential when the window opened. 0 for a silent neuron; pools have the times only, and marks of 0.
        """
        ...

    def spikes(self, layer: int) -> NDArray[np.int64]:
        """How many samples of the batch each neuron fired in, ``(size,)``."""
        ...


class _Kept(Protocol):
    """What an engine keeps of a layer; most keep more."""

    times: Float
    marks: Float


K = TypeVar("K", bound=_Kept)


@dataclass(eq=False)
class LayerPasses(Generic[K]):
    """A :class:`SpikePass` of engines that keep something of each layer."""

    layers: list[K] = field(default_factory=list)

    def times(self, layer: int) -> Float:
        """See :class:`SpikePass`."""
        return self.layers[layer].times

    def marks(self, layer: int) -> Float:
        """See :class:`SpikePass`."""
        return self.layers[layer].marks

    def spikes(self, layer: int) -> NDArray[np.int64]:
        """See :class:`SpikePass`."""
        counts: NDArray[np.int64] = np.isfinite(self.times(layer)).sum(axis=0)
        return counts


def default_step_kernel(steps: int) -> NDArray[np.float32]:
    """Return the step function as a learning kernel: ``dt_j/dw_ij = -1`` where ``t_i <= t_j``, else 0.

    Examples
    --------
    >>> default_step_kernel(2).tolist()
    [0.0, 0.0, -1.0, -1.0, -1.0]
    """
    return np.where(np.arange(-steps, steps + 1) >= 0, -1, 0).astype(np.float32)


@dataclass(frozen=True, eq=False)
class GradientRule:
    """How times depend on weights.

    Attributes
    ----------
    min_slope
        Ramp: 1/A in the derivatives becomes 1/max(A, min_slope). 0 leaves them exact.
    step_kernel
        Step: ``dt_j/dw_ij`` by ``t_j - t_i``, float32 ``(2 * steps + 1,)``, the first for ``-steps``. A silent neuron
        j has ``t_j = steps``. ``None``: :func:`default_step_kernel`.
    inputs
        Whether the gradient by the network's input times is wanted.
    early_outputs
        Windows: an output neuron that is above its threshold when its window opens has the gradient of one that is not. False
        leaves it at 0, which is exact.
    """

    min_slope: float = 0.0
    step_kernel: NDArray[np.float32] | None = None
    inputs: bool = False
    early_outputs: bool = False


@dataclass(frozen=True, eq=False)
class Gradients:
    """``weights``: one array for each layer with weights, summed over the batch; ``inputs``: ``(batch, in_size)``."""

    weights: list[Float]
    inputs: Float | None = field(default=None)


@dataclass(frozen=True, eq=False)
class Decisions:
    """The first output spike of each sample: its neuron (int64, -1 = none) and its time (float32, ``inf`` = none)."""

    winner: NDArray[np.int64]
    time: NDArray[np.float32]


class FirstSpikeEngine(Protocol):
    """A plan made ready by a backend. ``weights``: float32 ``(rows, columns)`` of each layer with weights.

    ``times`` are float32 ``(batch, in_size)``, 0 or more, ``inf`` = no spike. Results do not depend on ``threads``.
    """

    name: str

    def forward(self, weights: Sequence[Float], times: Float, *, threads: int = 1) -> SpikePass:
        """Compute the spike times of every layer."""
        ...

    def backward(
        self, weights: Sequence[Float], passed: SpikePass, gradient: Float, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back from ``gradient`` (by the output times, ``(batch, out_size)``) with the weights of the forward pass."""
        ...

    def decide(self, weights: Sequence[Float], times: Float, *, threads: int = 1) -> Decisions:
        """Compute up to the first output spike."""
        ...


def first_output_spike(plan: FirstSpikePlan, times: Float, marks: Float) -> Decisions:
    """Choose the earliest output spike; of equal ones (all but ramp) the larger potential, then the lower index.

    With the ramp kernel potentials are equal where times are: each stands at its threshold.
    """
    earliest = times.min(axis=1, keepdims=True)
    rank = marks if plan.neuron != "ramp" and isinstance(plan.layers[-1], WeightLayer) else np.zeros_like(times)
    winner = np.where(times == earliest, rank, -np.inf).argmax(axis=1)
    fires = np.isfinite(earliest[:, 0])
    return Decisions(np.where(fires, winner, -1).astype(np.int64), earliest[:, 0].astype(np.float32))
