"""What a neuron does in one step, one function a stage: the definition.

The stages take numbers of one neuron, or arrays of them: NumPy's arithmetic makes the same lines run for all neurons at once.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plan.neuron_op import everywhere
from pysnn.plan.ops import NeuronOp

__all__ = ["advance", "fire", "leak", "potential", "synapse"]

Array = NDArray[Any]
Constants = Mapping[str, Any]


def synapse(kind: str, i: Any, current: Any, c: Constants) -> tuple[Any, Any]:
    """Return what the potential takes in, and the synaptic current behind the step."""
    if kind == "decay_first":
        i = c["syn_decay"] * i + c["syn_gain"] * current
        return i, i
    if kind == "decay_last":
        i = c["syn_decay"] * (i + current)
        return i, i
    raised = i + current
    return raised, raised - c["syn_rate"] * raised


def leak(kind: str, v: Any, x: Any, c: Constants) -> Any:  # noqa: PLR0911 - one return for each order of operations
    """Return the potential with ``x`` taken in; every order of float32 operations is a member of the family."""
    if kind == "none":
        return v + x
    if kind == "euler":
        if "gain" not in c:  # integers: decay in units of 2**-30, and the gain is part of the unit
            return np.int32((np.int64(c["decay"]) * np.int64(v) + (1 << 29)) >> 30) + x + c["drive"]
        return (c["decay"] * v + c["gain"] * x) + c["drive"]
    if kind == "lapicque":
        return ((x * c["r"]) * c["inverse_tau"]) * c["dt"] + c["decay"] * v
    if kind == "box":
        return v + c["rate"] * ((x + c["v_leak"]) - v)
    pull = c["v_leak"] - v
    if kind == "relax":
        return v + c["rate"] * (pull + x)
    if kind == "relax_divided":
        return v + (pull + x) / c["tau"]
    if kind == "plain":
        return (v + c["rate"] * pull) + x
    assert kind == "plain_divided"
    return (v + pull / c["tau"]) + x


def fire(v: Any, threshold: Any, strict: bool) -> Any:
    """Say whether it fires: at the threshold, or only above."""
    return v > threshold if strict else v >= threshold


def _spikes(op: NeuronOp, v: Array, threshold: Array) -> Array:
    """Return the number of spikes: 0 or 1; or how often the threshold fits into the potential, up to the map's largest count (or level)."""
    if op.model.fire == "never":
        return np.zeros(v.shape, dtype=v.dtype)
    fired = fire(v, threshold, op.model.compare == ">")
    if op.model.fire == "once":
        return np.asarray(fired, dtype=v.dtype)
    fits = v // threshold if v.dtype == np.int32 else np.trunc(v / threshold)
    return np.where(fired, np.clip(fits, 1, op.spec.max_count), 0).astype(v.dtype)


def _reset(op: NeuronOp, v: Array, spikes: Array, before: Array, values: tuple[Array, Array]) -> Array:
    """Return the potential behind the spikes of this step; ``before``: who fired by the potential of the step before."""
    threshold, v_reset = values
    if op.model.reset == "none" or op.model.reset_time == "late":
        return v
    if op.model.reset_time == "both":
        return np.where(spikes > before, v - threshold, np.where(spikes < before, v + threshold, v))
    after = v - spikes * threshold if op.model.reset == "subtract" else v_reset
    return np.where(spikes > 0, after, v)


def advance(op: NeuronOp, current: Array, state: Array) -> Array:
    """Take one step of a layer: ``state`` (batch, values if several, C, H, W) is updated in place; return the map."""
    model, c = op.model, {name: everywhere(array) for name, array in op.constants.items()}
    threshold, v_reset = everywhere(op.threshold), everywhere(op.v_reset)
    kept = dict(zip(model.state, (state,) if op.values == 1 else np.moveaxis(state, 1, 0), strict=True))
    v, x = kept["v"], current
    if model.synapse != "none":
        x, kept["i"][:] = synapse(model.synapse, kept["i"], current, c)
    before = fire(v, threshold, model.compare == ">")
    raised = leak(model.leak, v, x, c)
    if model.reset_time != "now" and model.reset != "none":
        raised = np.where(before, raised - threshold if model.reset == "subtract" else v_reset, raised)
    if model.refractory:
        raised = np.where(kept["wait"] > 0, v, raised)
    spikes = _spikes(op, raised, threshold + kept["a"] if model.adaptive else threshold)
    if model.refractory:
        spikes = np.where(kept["wait"] > 0, 0, spikes)
        kept["wait"][:] = np.where(spikes > 0, c["refractory"], np.maximum(kept["wait"] - 1, 0))
    after = _reset(op, raised, spikes, before, (threshold, v_reset))
    if model.floor:
        after = (
            np.maximum(after, c["floor"])
            if v.dtype == np.int32
            else np.maximum(after - c["floor"], np.float32(0)) + c["floor"]
        )
    if model.adaptive:
        kept["a"][:] = c["adapt_decay"] * kept["a"] + c["adapt_jump"] * spikes
    v[:] = after
    return v.copy() if model.fire == "never" else np.asarray(spikes, dtype=np.uint8)


def potential(op: NeuronOp, state: Array) -> Array:
    """Return the potentials in a state."""
    return state if op.values == 1 else state[:, 0]
