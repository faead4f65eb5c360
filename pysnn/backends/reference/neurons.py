"""What a neuron does in one step, one function a kind of step: the definition.

A step takes one neuron's state, the current that enters and its constants, and gives the state before firing, the
potential ``v`` first; threshold and reset are the same for all (:func:`fire`). NumPy's arithmetic makes the same lines run for all
neurons at once.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.ops import NeuronOp
from pysnn.plan.steps import STEPS

__all__ = ["SCALAR_STEPS", "advance", "fire", "potential", "start"]

Array = NDArray[Any]
Values = tuple[Any, ...]


def if_step(state: Values, current: Any) -> Values:
    """``v + I``."""
    (v,) = state
    return (v + current,)


def lif_step(state: Values, current: Any, decay: Any, gain: Any, drive: Any) -> Values:
    """``(decay v + gain I) + drive``; in integers ``gain`` is ``None``, and ``decay`` in units of 2**-30."""
    (v,) = state
    if gain is None:
        kept = (np.int64(decay) * np.int64(v) + (1 << 29)) >> 30
        return (np.int32(kept) + current + drive,)
    return ((decay * v + gain * current) + drive,)


def cuba_lif_step(state: Values, current: Any, *constants: Any) -> Values:
    """``i = syn_decay i + syn_gain I``, then the leak with the new ``i`` in the place of the current."""
    v, i = state
    *leak, syn_decay, syn_gain = constants
    i = syn_decay * i + syn_gain * current
    return (*lif_step((v,), i, *leak), i)


SCALAR_STEPS: dict[str, Callable[..., Values]] = {"if": if_step, "lif": lif_step, "cuba_lif": cuba_lif_step}


def fire(v: Any, threshold: Any, after: Any, strict: bool) -> tuple[Any, Any]:
    """Return the potential, ``after`` where it fires, and whether it does: at the threshold, or only above."""
    fired = v > threshold if strict else v >= threshold
    return np.where(fired, after, v), fired


def advance(op: NeuronOp, current: Array, state: Array) -> Array:
    """Take one step of a layer: ``state`` (batch, values if several, C, H, W) is updated in place; return the spikes, uint8."""
    values = (state,) if op.values == 1 else tuple(state[:, k] for k in range(op.values))
    constants = (_everywhere(op.constant(name)) for name in STEPS[op.step].constants)
    v, *others = SCALAR_STEPS[op.step](values, current, *constants)
    threshold = _everywhere(op.threshold)
    after = v - threshold if op.reset == "subtract" else _everywhere(op.v_reset)
    values[0][:], fired = fire(v, threshold, after, op.compare == ">")
    for value, new in zip(values[1:], others, strict=True):
        value[:] = new
    return np.asarray(fired, dtype=np.uint8)


def start(op: NeuronOp, batch: int) -> Array:
    """Return the state at the start: ``v_init``, and 0 for what there is beside the potential."""
    state = np.zeros((batch, *op.state_shape), dtype=op.v_init.dtype)
    potential(op, state)[:] = op.v_init[:, None, None]
    return state


def potential(op: NeuronOp, state: Array) -> Array:
    """Return the potentials in a state."""
    return state if op.values == 1 else state[:, 0]


def _everywhere(channels: Array | None) -> Array | None:
    return None if channels is None else channels[:, None, None]
