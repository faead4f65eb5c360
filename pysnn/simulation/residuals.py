"""What the potentials that a first pass leaves say about its spikes, and where the second pass starts for it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.streams import fresh_state
from pysnn.nodes.neuron_model import NeuronModel
from pysnn.plan.neuron_op import everywhere
from pysnn.plan.ops import NeuronOp, Plan
from pysnn.simulation.state import State

__all__ = ["is_plain", "next_state", "offset_starts", "silenced_starts"]

Potentials = NDArray[Any]

_FLOAT_SILENT = -(2.0**100)
"""No sum of currents below 2**75 changes it in float32."""

_FLOAT_MARGIN = np.float32(2.0**-10)
"""In thresholds: by how much a float32 potential is moved past the threshold, which rounding could leave it at."""


def is_plain(op: NeuronOp) -> bool:
    """Say whether neurons integrate, fire once a step at most, and subtract the threshold: the only ones that the methods are made for."""
    return op.model == NeuronModel(compare=op.model.compare)


def next_state(plan: Plan, samples: int, starts: Mapping[int, Potentials]) -> State:
    """Return the state in which runs start, but for the initial potentials ``starts``, by operation."""
    fresh = fresh_state(plan, samples)
    return State(0, {node: starts.get(k, fresh[k]) for node, k in plan.stateful.items()})


def _silent_start(op: NeuronOp, steps: int) -> float:
    """Return an initial potential from which no neuron of ``op`` fires within ``steps`` steps, whatever arrives.

    In int8 plans it is as far below zero as the largest currents that the plan allows can carry in these steps, which is a proof;
    in float32 plans, which have no such bound, ``-2**100``: sums of currents below ``2**75`` leave it as it is.
    """
    if op.threshold.dtype == np.float32:
        return _FLOAT_SILENT
    return -float(steps * op.max_current)


def silenced_starts(op: NeuronOp, residual: Potentials, steps: int) -> Potentials:
    """Return initial potentials for ``steps`` more steps: that of the neuron, or of those with a residual below 0 one that keeps them silent.

    Parameters
    ----------
    op
        The neurons.
    residual
        Potentials that the first pass left, ``(samples, C, H, W)``, in the plan's units.
    steps
        Steps of the second pass.
    """
    start = np.broadcast_to(everywhere(op.v_init), residual.shape)
    return np.where(residual < 0, np.asarray(_silent_start(op, steps), residual.dtype), start)


def offset_starts(op: NeuronOp, potentials: Potentials, spikes: NDArray[np.uint8]) -> Potentials:
    """Return initial potentials that take away one spike where there was one too many, and add one where one was missing.

    With the threshold th, and u the potential before the reset: a neuron that has fired and whose residual is below 0 starts lower by
    ``max(th, min(u at its spikes) - th)`` and a margin; one that could fire at once after the last step starts higher by
    ``max(th, th - max(u at its silent steps))`` and a margin. One that fired at every step cannot fire more often, and is left alone.

    Parameters
    ----------
    op
        The neurons.
    potentials
        Behind each step of the first pass, after the reset, ``(lead, samples, C, H, W)``, in the plan's units.
    spikes
        Of the same steps, 0 or 1.
    """
    residual, strict = potentials[-1], op.model.compare == ">"
    threshold = np.broadcast_to(everywhere(op.threshold), residual.shape)
    start = np.array(np.broadcast_to(everywhere(op.v_init), residual.shape))
    more = (residual < 0) & spikes.any(axis=0)
    fewer = (residual > threshold if strict else residual >= threshold) & ~spikes.all(axis=0)
    # Just the threshold fires with ">=" alone; float32 needs a margin in any case, since sums are rounded.
    exact = potentials.dtype.kind == "i"
    th, after, fired = threshold[more], potentials[:, more], spikes[:, more] > 0
    margin = int(not strict) if exact else th * _FLOAT_MARGIN
    start[more] -= np.maximum(th, np.where(fired, after, _above_all(th)).min(axis=0) + margin)
    th, after, fired = threshold[fewer], potentials[:, fewer], spikes[:, fewer] > 0
    margin = int(strict) if exact else th * _FLOAT_MARGIN
    start[fewer] += np.maximum(th, th - np.where(fired, -_above_all(th), after).max(axis=0) + margin)
    return start


def _above_all(like: NDArray[Any]) -> Any:
    """Return a value above all potentials, of the same type."""
    return np.iinfo(like.dtype).max if like.dtype.kind == "i" else like.dtype.type(np.inf)
