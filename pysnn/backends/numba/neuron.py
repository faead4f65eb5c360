"""Integrate and fire."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.base import Probe
from pysnn.backends.numba.jit import inlined, kernel
from pysnn.backends.numba.memory import FIELD, Chunk, Step, channels_first, channels_last
from pysnn.plan.ops import NeuronOp

__all__ = ["NeuronStep"]


class Cell(NamedTuple):
    """A neuron's constants, ``(C,)`` each; ``decay``, ``gain`` and ``drive`` are empty where they have no part.

    A neuron fires at ``v >= limit``: the threshold, or the next number where only more than the threshold fires.
    """

    limit: NDArray[Any]
    threshold: NDArray[Any]
    v_reset: NDArray[Any]
    decay: NDArray[Any]
    gain: NDArray[Any]
    drive: NDArray[Any]
    subtract: bool


class Result(NamedTuple):
    """Where a block's results go: spikes (frames, pixels, C), spike counts (samples, pixels, C), potentials or nothing."""

    spikes: NDArray[np.uint8]
    totals: NDArray[np.int32]
    potentials: NDArray[Any]


@inlined
def _fire(cell: Cell, v: NDArray[Any], result: Result, frame: int, place: tuple[int, int]) -> None:
    """Compare, reset and count one pixel's neurons; short loops, because each is then vector code."""
    sample, pixel = place
    spikes, totals = result.spikes, result.totals
    channels = v.shape[2]
    if cell.subtract:
        for c in range(channels):
            fired = v[sample, pixel, c] >= cell.limit[c]
            spikes[frame, pixel, c] = fired
            lower = v[sample, pixel, c] - cell.threshold[c]
            v[sample, pixel, c] = lower if fired else v[sample, pixel, c]
    else:
        for c in range(channels):
            fired = v[sample, pixel, c] >= cell.limit[c]
            spikes[frame, pixel, c] = fired
            v[sample, pixel, c] = cell.v_reset[c] if fired else v[sample, pixel, c]
    for c in range(channels):
        totals[sample, pixel, c] += np.int32(spikes[frame, pixel, c])
    if result.potentials.shape[0] > 0:
        for c in range(channels):
            result.potentials[frame, pixel, c] = v[sample, pixel, c]


@kernel
def _run_float(current: NDArray[np.float32], hold: int, cell: Cell, v: NDArray[np.float32], result: Result) -> None:
    """``current`` (frames, pixels, C), each of its frames for ``hold`` steps; ``v`` (samples, pixels, C)."""
    samples, pixels, channels = v.shape
    steps = result.spikes.shape[0] // samples
    leak = cell.decay.shape[0] > 0
    for frame in range(samples * steps):
        sample, source = frame // steps, frame // hold
        for pixel in range(pixels):
            if leak:
                for c in range(channels):
                    kept = cell.decay[c] * v[sample, pixel, c]
                    v[sample, pixel, c] = (kept + cell.gain[c] * current[source, pixel, c]) + cell.drive[c]
            else:
                for c in range(channels):
                    v[sample, pixel, c] += current[source, pixel, c]
            _fire(cell, v, result, frame, (sample, pixel))


@kernel
def _run_integer(current: NDArray[np.int32], hold: int, cell: Cell, v: NDArray[np.int32], result: Result) -> None:
    """The same in int32; the leak's factor is in units of 2**-30, its product has 64 bits."""
    samples, pixels, channels = v.shape
    steps = result.spikes.shape[0] // samples
    leak = cell.decay.shape[0] > 0
    half = np.int64(1 << 29)
    for frame in range(samples * steps):
        sample, source = frame // steps, frame // hold
        for pixel in range(pixels):
            if leak:
                for c in range(channels):
                    kept = (np.int64(cell.decay[c]) * np.int64(v[sample, pixel, c]) + half) >> np.int64(30)
                    v[sample, pixel, c] = np.int32(kept + current[source, pixel, c] + cell.drive[c])
            else:
                for c in range(channels):
                    v[sample, pixel, c] += current[source, pixel, c]
            _fire(cell, v, result, frame, (sample, pixel))


class _State:
    """Of one chunk: potentials, spike counts since the run's start, and the probe's sums."""

    def __init__(self, op: NeuronOp, samples: int, probe: bool) -> None:
        channels, height, width = op.spec.shape
        shape = (samples, height * width, channels)
        self.v: NDArray[Any] = np.empty(shape, dtype=op.v_init.dtype)
        self.totals = np.zeros(shape, dtype=np.int32)
        self.sum = np.zeros(shape if probe else 0)
        self.squares = np.zeros(shape if probe else 0)


class NeuronStep(Step):
    """A layer of neurons."""

    def __init__(self, number: int, op: NeuronOp) -> None:
        super().__init__(number)
        self.op = op
        self.cell = _cell(op)
        self.run: Any = _run_float if op.threshold.dtype == np.float32 else _run_integer

    def begin(self, chunk: Chunk) -> None:
        """Potentials: as given, or ``v_init``."""
        state = chunk.state[self.number] = _State(self.op, chunk.samples, chunk.request.probe)
        given = chunk.request.state
        if given is None:
            state.v[:] = self.op.v_init
        else:
            state.v[:] = channels_last(given[self.number][chunk.range]).reshape(state.v.shape)

    def advance(self, chunk: Chunk) -> None:
        """Integrate and fire through the block."""
        state: _State = chunk.state[self.number]
        _, pixels, channels = state.v.shape
        current = chunk.map(self.op.source).reshape(-1, pixels, channels)
        hold = chunk.hold(self.op.source, self.number)
        spikes = chunk.map(self.number).reshape(-1, pixels, channels)
        record = self.number in chunk.request.record_potentials
        size = spikes.size if record else 0
        potentials = chunk.memory.scratch("potentials", size, state.v.dtype.type)[:size].reshape(-1, pixels, channels)
        self.run(current, hold, self.cell, state.v, Result(spikes, state.totals, potentials))
        if record:
            self._record(chunk, potentials)
        if chunk.request.probe:
            _observe(state, current.reshape(chunk.samples, -1, pixels, channels), chunk.steps)

    def _record(self, chunk: Chunk, potentials: NDArray[Any]) -> None:
        channels, height, width = self.op.spec.shape
        frames = potentials.reshape(chunk.samples, chunk.steps, height, width, channels)
        chunk.output.potentials[self.number][chunk.time, chunk.range] = channels_first(frames).swapaxes(0, 1)

    def read(self, chunk: Chunk, index: int) -> None:
        """Counts and probe up to here."""
        state: _State = chunk.state[self.number]
        steps = chunk.step + chunk.steps
        if chunk.request.count:
            row = chunk.tally[self.number]
            row[FIELD["updates"]] = state.totals.size * steps
            row[FIELD["spikes"]] = state.totals.sum(dtype=np.int64)
            row[FIELD["silent"]] = np.count_nonzero(state.totals == 0)
            row[FIELD["saturated"]] = np.count_nonzero(state.totals == steps)
        if chunk.request.probe:
            probe = chunk.output.probes[self.number]
            for target, source in _columns(probe, state):
                target[index, chunk.range] = self._maps(source)

    def end(self, chunk: Chunk) -> None:
        """Potentials behind the last step."""
        chunk.output.state[self.number][chunk.range] = self._maps(chunk.state[self.number].v)

    def _maps(self, values: NDArray[Any]) -> NDArray[Any]:
        channels, height, width = self.op.spec.shape
        return channels_first(values.reshape(-1, height, width, channels))


def _observe(state: _State, current: NDArray[Any], steps: int) -> None:
    """Sum a block of currents (samples, steps or 1, pixels, C) in float64, one step after the other."""
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


def _cell(op: NeuronOp) -> Cell:
    threshold: NDArray[Any] = op.threshold
    limit = threshold
    if op.compare == ">":
        above = np.nextafter(threshold, np.float32(np.inf)) if threshold.dtype == np.float32 else threshold + 1
        limit = above.astype(threshold.dtype)
    nothing = np.zeros(0, dtype=threshold.dtype)
    decay, gain, drive = (nothing if array is None else array for array in (op.decay, op.gain, op.drive))
    return Cell(limit, threshold, op.v_reset, decay, gain, drive, op.reset == "subtract")
