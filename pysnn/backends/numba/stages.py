"""Any member of the family of neurons, stage by stage: what ``neuron.py`` has no kernel of its own for."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.numba.jit import inlined, kernel
from pysnn.nodes.neuron_model import FIRES, LEAKS, RESET_TIMES, RESETS, SYNAPSES
from pysnn.plan.ops import NeuronOp

__all__ = ["Family", "Stages", "family", "run_float", "run_integer", "stages"]

NO_SYNAPSE, DECAY_FIRST, DECAY_LAST, JUMP = range(len(SYNAPSES))
ADD, EULER, RELAX, RELAX_DIVIDED, BOX, PLAIN, PLAIN_DIVIDED, LAPICQUE = range(len(LEAKS))
ONCE, COUNT, NEVER, LEVEL = range(len(FIRES))
SUBTRACT, ZERO, NO_RESET = range(len(RESETS))
NOW, LATE, BOTH = range(len(RESET_TIMES))

_LEAK_ROWS, _SYNAPSE_ROWS = 4, 2


class Stages(NamedTuple):
    """The choices of a model as numbers; ``i``, ``a`` and ``wait`` are rows of the state, 0 where the model has them not."""

    leak: int
    synapse: int
    fire: int
    reset: int
    reset_time: int
    strict: bool
    floor: bool
    i: int
    a: int
    wait: int
    most: int


class Family(NamedTuple):
    """Constants, repeated over some pixels; those of leak, synapse and adaptation in rows."""

    limit: NDArray[Any]
    threshold: NDArray[Any]
    v_reset: NDArray[Any]
    leak: NDArray[Any]
    synapse: NDArray[Any]
    floor: NDArray[Any]
    refractory: NDArray[Any]
    adapt: NDArray[Any]


def stages(op: NeuronOp) -> Stages:
    """Return the choices of an operation's model."""
    model = op.model
    row = {name: k for k, name in enumerate(model.state)}
    return Stages(
        LEAKS.index(model.leak),
        SYNAPSES.index(model.synapse),
        FIRES.index(model.fire),
        RESETS.index(model.reset),
        RESET_TIMES.index(model.reset_time),
        model.compare == ">",
        model.floor,
        row.get("i", 0),
        row.get("a", 0),
        row.get("wait", 0),
        op.spec.max_count,
    )


def family(op: NeuronOp, limit: NDArray[Any], spread: Any) -> Family:
    """Return the constants of an operation; ``spread`` repeats an array, ``limit`` is what a potential must reach."""
    names = op.names
    head = next(
        (k for k, name in enumerate(names) if name.startswith(("syn_", "floor", "refractory", "adapt_"))), len(names)
    )
    nothing = np.zeros_like(limit)

    def rows(chosen: list[str], count: int) -> NDArray[Any]:
        found = [spread(op.constants[name]) for name in chosen]
        return np.stack([*found, *[nothing] * (count - len(found))])

    def one(name: str) -> NDArray[Any]:
        return spread(op.constants[name]) if name in op.constants else nothing

    return Family(
        limit,
        spread(op.threshold),
        spread(op.v_reset),
        rows(list(names[:head]), _LEAK_ROWS),
        rows([name for name in names if name.startswith("syn_")], _SYNAPSE_ROWS),
        one("floor"),
        one("refractory"),
        np.stack((one("adapt_decay"), one("adapt_jump"))),
    )


@inlined
def _leak(kind: int, v: Any, x: Any, own: tuple[Any, Any, Any, Any]) -> Any:
    """Take the current in; every line rounds in the order of its brackets."""
    a, b, c, d = own
    if kind == ADD:
        return v + x
    if kind == EULER:
        return (a * v + b * x) + c
    if kind == RELAX:
        return v + a * ((b - v) + x)
    if kind == RELAX_DIVIDED:
        return v + ((b - v) + x) / a
    if kind == BOX:
        return v + a * ((x + b) - v)
    if kind == PLAIN:
        return (v + a * (b - v)) + x
    if kind == PLAIN_DIVIDED:
        return (v + (b - v) / a) + x
    return ((x * b) * c) * d + a * v


@inlined
def _synapse(how: Stages, cell: Family, where: tuple[int, int], state: NDArray[Any], entering: Any) -> Any:
    """Return what the potential takes in; ``where``: places of a neuron's constants and of its ``state`` (rows, values), which gets the new current."""
    k, place = where
    if how.synapse == NO_SYNAPSE:
        return entering
    decay = cell.synapse[0, k]
    i = state[how.i, place]
    if how.synapse == DECAY_FIRST:
        i = decay * i + cell.synapse[1, k] * entering
    elif how.synapse == DECAY_LAST:
        i = decay * (i + entering)
    else:
        raised = i + entering
        state[how.i, place] = raised - decay * raised
        return raised
    state[how.i, place] = i
    return i


@inlined
def _fits(how: Stages, v: Any, threshold: Any) -> int:
    """How often the threshold fits into a potential that has reached it."""
    return int(min(max(np.trunc(v / threshold), np.float32(1)), np.float32(how.most)))


@inlined
def _count(how: Stages, cell: Family, k: int, v: Any, rise: Any) -> int:
    """How many spikes."""
    if how.fire == NEVER:
        return 0
    if how.a > 0:
        threshold = cell.threshold[k] + rise
        return int(v > threshold) if how.strict else int(v >= threshold)
    if not v >= cell.limit[k]:
        return 0
    return _fits(how, v, cell.threshold[k]) if how.fire in (COUNT, LEVEL) else 1


@inlined
def _late(how: Stages, v: Any, before: Any, own: tuple[Any, Any]) -> Any:
    """Apply the reset of the step before; ``own``: threshold and ``v_reset``."""
    if before and how.reset_time != NOW and how.reset != NO_RESET:
        return v - own[0] if how.reset == SUBTRACT else own[1]
    return v


@inlined
def _reset(how: Stages, v: Any, events: tuple[Any, Any], own: tuple[Any, Any, Any]) -> Any:
    """Apply the reset of this step; ``events``: spikes now and before; ``own``: threshold, ``v_reset``, spikes times threshold."""
    spikes, before = events
    if how.reset_time == BOTH:
        if spikes > 0 and not before:
            return v - own[0]
        if before and spikes == 0:
            return v + own[0]
    elif spikes > 0 and how.reset_time == NOW and how.reset != NO_RESET:
        return v - own[2] if how.reset == SUBTRACT else own[1]
    return v


@inlined
def _waits(how: Stages, state: NDArray[Any], place: int, one: Any) -> bool:
    """Say whether a neuron waits behind a spike, and count that down; ``one`` is a step in the state's type."""
    if how.wait == 0 or not state[how.wait, place] > 0:
        return False
    state[how.wait, place] -= one
    return True


@kernel
def run_float(current: NDArray[np.float32], hold: int, how: Stages, cell: Family, layer: Any) -> None:
    """``current`` (frames, values), each of its frames for ``hold`` steps."""
    _, samples, size = layer.state.shape
    steps = layer.spikes.shape[0] // samples
    for sample in range(samples):
        state = layer.state[:, sample]
        for frame in range(sample * steps, (sample + 1) * steps):
            for place in range(size):
                k = place % cell.limit.size
                threshold, v_reset, v = cell.threshold[k], cell.v_reset[k], state[0, place]
                own = (cell.leak[0, k], cell.leak[1, k], cell.leak[2, k], cell.leak[3, k])
                x = _synapse(how, cell, (k, place), state, current[frame // hold, place])
                before = v >= cell.limit[k]
                raised, spikes = v, 0
                if not _waits(how, state, place, np.float32(1)):
                    raised = _late(how, _leak(how.leak, v, x, own), before, (threshold, v_reset))
                    spikes = _count(how, cell, k, raised, state[how.a, place])
                raised = _reset(how, raised, (spikes, before), (threshold, v_reset, np.float32(spikes) * threshold))
                if how.floor:
                    over = raised - cell.floor[k]
                    raised = (over if over > 0 else np.float32(0)) + cell.floor[k]
                if how.wait > 0 and spikes > 0:
                    state[how.wait, place] = cell.refractory[k]
                if how.a > 0:
                    state[how.a, place] = cell.adapt[0, k] * state[how.a, place] + cell.adapt[1, k] * np.float32(spikes)
                state[0, place] = raised
                layer.spikes[frame, place] = spikes
                layer.totals[sample, place] += np.int32(spikes)
            if layer.potentials.shape[0] > 0:
                layer.potentials[frame] = state[0]


@inlined
def _leak_integer(how: Stages, cell: Family, k: int, v: Any) -> Any:
    """Return what the leak leaves, in 64 bits; its factor is in units of 2**-30."""
    if how.leak == ADD:
        return v
    return ((np.int64(cell.leak[0, k]) * v + np.int64(1 << 29)) >> np.int64(30)) + np.int64(cell.leak[1, k])


@inlined
def _count_integer(how: Stages, v: Any, limit: Any, threshold: Any) -> Any:
    """How many spikes."""
    if v < limit:
        return np.int64(0)
    return min(max(v // threshold, np.int64(1)), np.int64(how.most)) if how.fire in (COUNT, LEVEL) else np.int64(1)


@kernel
def run_integer(current: NDArray[np.int32], hold: int, how: Stages, cell: Family, layer: Any) -> None:
    """The same in int32, with the members that integers have."""
    _, samples, size = layer.state.shape
    steps = layer.spikes.shape[0] // samples
    for sample in range(samples):
        state = layer.state[:, sample]
        for frame in range(sample * steps, (sample + 1) * steps):
            for place in range(size):
                k = place % cell.limit.size
                limit, threshold, v_reset = (
                    np.int64(cell.limit[k]),
                    np.int64(cell.threshold[k]),
                    np.int64(cell.v_reset[k]),
                )
                v = np.int64(state[0, place])
                before = v >= limit
                raised, spikes = v, np.int64(0)
                if not _waits(how, state, place, np.int32(1)):
                    raised = _leak_integer(how, cell, k, v) + np.int64(current[frame // hold, place])
                    raised = _late(how, raised, before, (threshold, v_reset))
                    spikes = _count_integer(how, raised, limit, threshold)
                raised = _reset(how, raised, (spikes, before), (threshold, v_reset, spikes * threshold))
                if how.floor:
                    raised = max(raised, np.int64(cell.floor[k]))
                if how.wait > 0 and spikes > 0:
                    state[how.wait, place] = cell.refractory[k]
                state[0, place] = np.int32(raised)
                layer.spikes[frame, place] = np.uint8(spikes)
                layer.totals[sample, place] += np.int32(spikes)
            if layer.potentials.shape[0] > 0:
                layer.potentials[frame] = state[0]
