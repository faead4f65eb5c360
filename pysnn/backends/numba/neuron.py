"""Integrate and fire."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import Probe
from pysnn.backends.numba.jit import inlined, kernel
from pysnn.backends.numba.memory import FIELD, Chunk, Step, channels_first, channels_last
from pysnn.backends.numba.stages import Family, family, run_float, run_integer, stages
from pysnn.nodes.neuron_model import NeuronModel
from pysnn.plan.ops import NeuronOp

__all__ = ["NeuronStep"]


PIECE = 512
"""Values that are taken through all steps of a block before the next ones: they stay in the first cache."""


class Cell(NamedTuple):
    """A neuron's constants, repeated over some pixels; those that have no part in its step are empty.

    A neuron fires at ``v >= limit``: the threshold, or the next number where only more than the threshold fires.
    """

    limit: NDArray[Any]
    threshold: NDArray[Any]
    v_reset: NDArray[Any]
    decay: NDArray[Any]
    gain: NDArray[Any]
    drive: NDArray[Any]
    syn_decay: NDArray[Any]
    syn_gain: NDArray[Any]
    subtract: bool


class Layer(NamedTuple):
    """What changes.

    The state (values per neuron, samples, values), potentials first; spike counts (samples, values); of every frame spikes, and potentials
    or nothing.
    """

    state: NDArray[Any]
    totals: NDArray[np.int32]
    spikes: NDArray[np.uint8]
    potentials: NDArray[Any]


@inlined
def _fire(cell: Cell, layer: Layer, frame: int, sample: int, piece: tuple[int, int]) -> None:
    """Compare, reset and count; short loops, because each is then vector code."""
    begin, end = piece
    v, spikes = layer.state[0, sample, begin:end], layer.spikes[frame, begin:end]
    if cell.subtract:
        for k in range(v.size):
            fired = v[k] >= cell.limit[k]
            spikes[k] = fired
            lower = v[k] - cell.threshold[k]
            v[k] = lower if fired else v[k]
    else:
        for k in range(v.size):
            fired = v[k] >= cell.limit[k]
            spikes[k] = fired
            v[k] = cell.v_reset[k] if fired else v[k]
    totals = layer.totals[sample, begin:end]
    for k in range(v.size):
        totals[k] += np.int32(spikes[k])
    if layer.potentials.shape[0] > 0:
        layer.potentials[frame, begin:end] = v


@kernel
def _run_float(current: NDArray[np.float32], hold: int, cell: Cell, layer: Layer) -> None:
    """``current`` (frames, values), each of its frames for ``hold`` steps."""
    _, samples, size = layer.state.shape
    steps = layer.spikes.shape[0] // samples
    for sample in range(samples):
        for begin in range(0, size, cell.limit.size):
            end = min(begin + cell.limit.size, size)
            v = layer.state[0, sample, begin:end]
            for frame in range(sample * steps, (sample + 1) * steps):
                entering = current[frame // hold, begin:end]
                if cell.syn_decay.size > 0:
                    synaptic = layer.state[1, sample, begin:end]
                    for k in range(v.size):
                        synaptic[k] = cell.syn_decay[k] * synaptic[k] + cell.syn_gain[k] * entering[k]
                    entering = synaptic
                if cell.decay.size > 0:
                    for k in range(v.size):
                        v[k] = (cell.decay[k] * v[k] + cell.gain[k] * entering[k]) + cell.drive[k]
                else:
                    for k in range(v.size):
                        v[k] += entering[k]
                _fire(cell, layer, frame, sample, (begin, end))


@kernel
def _run_integer(current: NDArray[np.int32], hold: int, cell: Cell, layer: Layer) -> None:
    """The same in int32; the leak's factor is in units of 2**-30, its product has 64 bits."""
    _, samples, size = layer.state.shape
    steps = layer.spikes.shape[0] // samples
    half = np.int64(1 << 29)
    for sample in range(samples):
        for begin in range(0, size, cell.limit.size):
            end = min(begin + cell.limit.size, size)
            v = layer.state[0, sample, begin:end]
            for frame in range(sample * steps, (sample + 1) * steps):
                entering = current[frame // hold, begin:end]
                if cell.decay.size > 0:
                    for k in range(v.size):
                        kept = (np.int64(cell.decay[k]) * np.int64(v[k]) + half) >> np.int64(30)
                        v[k] = np.int32(kept + entering[k] + cell.drive[k])
                else:
                    for k in range(v.size):
                        v[k] += entering[k]
                _fire(cell, layer, frame, sample, (begin, end))


class _State:
    """Of one chunk: potentials, synaptic currents, spike counts since the run's start, and the probe's sums."""

    def __init__(self, op: NeuronOp, samples: int, probe: bool) -> None:
        channels, height, width = op.spec.shape
        shape = (samples, height, width, channels)
        self.values: NDArray[Any] = np.empty((op.values, *shape), dtype=op.v_init.dtype)
        self.v = self.values[0]
        self.totals = np.zeros(shape, dtype=np.int32)
        self.sum = np.zeros(shape if probe else 0)
        self.squares = np.zeros(shape if probe else 0)


class NeuronStep(Step):
    """A layer of neurons."""

    def __init__(self, number: int, op: NeuronOp) -> None:
        super().__init__(number)
        self.op = op
        self.constants: tuple[Any, ...] = (_cell(op),)
        real = op.threshold.dtype == np.float32
        self.run: Any = _run_float if real else _run_integer
        if not _has_kernel(op.model):
            self.run = run_float if real else run_integer
            self.constants = (stages(op), _family(op))

    def begin(self, chunk: Chunk) -> None:
        """Potentials: as given, or ``v_init``."""
        state = chunk.state[self.number] = _State(self.op, chunk.samples, chunk.request.probe)
        given = chunk.request.state
        if given is None:
            start = self.op.v_init
            state.values[0], state.values[1:] = channels_last(start) if self.op.per_neuron else start, 0
            return
        for value, array in zip(state.values, _by_value(self.op, given[self.number][chunk.range]), strict=True):
            value[:] = channels_last(array)

    def advance(self, chunk: Chunk) -> None:
        """Integrate and fire through the block."""
        state: _State = chunk.state[self.number]
        size = self.op.spec.size
        current = chunk.map(self.op.source).reshape(-1, size)
        out = chunk.map(self.number).reshape(-1, size)
        record = self.number in chunk.request.record_potentials
        if self.op.model.fire == "never":
            spikes, potentials = chunk.memory.scratch("spikes", out.size, np.uint8)[: out.size].reshape(-1, size), out
        else:
            kept = out.size if record else 0
            spikes, potentials = (
                out,
                chunk.memory.scratch("potentials", kept, state.v.dtype.type)[:kept].reshape(-1, size),
            )
        layer = Layer(
            state.values.reshape(self.op.values, -1, size),
            state.totals.reshape(-1, size),
            spikes,
            potentials,
        )
        self.run(current, chunk.hold(self.op.source, self.number), *self.constants, layer)
        if record:
            frames = potentials.reshape(chunk.samples, chunk.steps, *state.v.shape[1:])
            chunk.output.potentials[self.number][chunk.time, chunk.range] = channels_first(frames).swapaxes(0, 1)
        if chunk.request.probe:
            _observe(state, current.reshape(chunk.samples, -1, *state.v.shape[1:]), chunk.steps)

    def read(self, chunk: Chunk, index: int) -> None:
        """Counts and probe up to here."""
        state: _State = chunk.state[self.number]
        steps = chunk.step + chunk.steps
        if chunk.request.count:
            row = chunk.tally[self.number]
            row[FIELD["updates"]] = state.totals.size * steps
            if self.op.spec.kind == "level":
                # What is added up in the only step are levels; each stands for one spike.
                row[FIELD["updates"]] = state.totals.size * 2 * self.op.spec.max_count
                spikes = (state.totals > 0).reshape(chunk.samples, -1)
                chunk.by_sample[self.number] = spikes.sum(axis=1, dtype=np.int64)
                row[FIELD["spikes"]] = chunk.by_sample[self.number].sum()
                row[FIELD["silent"]] = np.count_nonzero(state.totals == 0)
                row[FIELD["saturated"]] = np.count_nonzero(state.totals == self.op.spec.max_count)
            elif self.op.spec.kind == "count":
                chunk.by_sample[self.number] = state.totals.reshape(chunk.samples, -1).sum(axis=1, dtype=np.int64)
                row[FIELD["spikes"]] = chunk.by_sample[self.number].sum()
                row[FIELD["silent"]] = np.count_nonzero(state.totals == 0)
                row[FIELD["saturated"]] = np.count_nonzero(state.totals >= steps)
        if chunk.request.probe:
            probe = chunk.output.probes[self.number]
            for target, source in _columns(probe, state):
                target[index, chunk.range] = channels_first(source)

    def end(self, chunk: Chunk) -> None:
        """What the neurons remember behind the last step."""
        state: _State = chunk.state[self.number]
        kept = _by_value(self.op, chunk.output.state[self.number][chunk.range])
        for value, array in zip(state.values, kept, strict=True):
            array[:] = channels_first(value)


def _by_value(op: NeuronOp, state: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Return views of a state array, one for each value of a neuron."""
    return (state,) if op.values == 1 else tuple(state[:, k] for k in range(op.values))


def _observe(state: _State, current: NDArray[Any], steps: int) -> None:
    """Sum a block of currents (samples, steps or 1, H, W, C) in float64, one step after the other."""
    for step in range(steps):
        now = current[:, step if current.shape[1] > 1 else 0].astype(np.float64)
        state.sum += now
        state.squares += now * now


def _columns(probe: Probe, state: _State) -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
    return (
        (probe.current_sum, state.sum),
        (probe.current_square_sum, state.squares),
        (probe.potential, state.v),
        (probe.spikes, state.totals),
    )


def _has_kernel(model: NeuronModel) -> bool:
    """Say whether a model has a kernel of its own: those of integrate-and-fire, with leak and synaptic current, as they are most often."""
    known = (("none", "none"), ("euler", "none"), ("euler", "decay_first"))
    usual = NeuronModel(leak=model.leak, synapse=model.synapse, reset=model.reset, compare=model.compare)
    return model == usual and model.reset != "none" and (model.leak, model.synapse) in known


def _limit(op: NeuronOp) -> NDArray[Any]:
    """Return what a potential must reach: the threshold, or the next number where only more than that fires."""
    threshold: NDArray[Any] = op.threshold
    if op.model.compare == ">=":
        return threshold
    above = np.nextafter(threshold, np.float32(np.inf)) if threshold.dtype == np.float32 else threshold + 1
    return np.asarray(above.astype(threshold.dtype))


def _spread(op: NeuronOp, array: NDArray[Any]) -> NDArray[Any]:
    """Repeat a value per channel over some pixels; lay out a value per neuron as maps are."""
    if op.per_neuron:
        return np.ascontiguousarray(channels_last(array)).reshape(-1)
    return np.tile(array, -(-PIECE // array.size))


def _family(op: NeuronOp) -> Family:
    return family(op, _spread(op, _limit(op)), partial(_spread, op))


def _cell(op: NeuronOp) -> Cell:
    nothing = np.zeros(0, dtype=op.threshold.dtype)

    def constant(name: str) -> NDArray[Any]:
        return _spread(op, op.constants[name]) if name in op.constants else nothing

    return Cell(
        limit=_spread(op, _limit(op)),
        threshold=_spread(op, op.threshold),
        v_reset=_spread(op, op.v_reset),
        decay=constant("decay"),
        gain=constant("gain"),
        drive=constant("drive"),
        syn_decay=constant("syn_decay"),
        syn_gain=constant("syn_gain"),
        subtract=op.model.reset == "subtract",
    )
