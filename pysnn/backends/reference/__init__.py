"""The definition of what a plan computes: plain NumPy, one step at a time, slow and readable."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.adam import AdamStep, Moments, adam_step
from pysnn.backends.base import (
    ConstantInput,
    EventInput,
    FrameInput,
    PixelInput,
    PoissonInput,
    Probe,
    RunOutput,
    RunRequest,
    StreamStart,
)
from pysnn.backends.reference import neurons, ops
from pysnn.backends.reference.count import Counter
from pysnn.backends.reference.first_spike import ReferenceFirstSpike
from pysnn.backends.streams import RunStream, fresh_state
from pysnn.backends.windowed import WindowedFirstSpike
from pysnn.errors import DataError
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plan.ops import AddOp, DelayOp, GatherOp, InputOp, MaxPoolOp, NeuronOp, Op, OutputOp, Plan
from pysnn.random import poisson_spikes

__all__ = ["ReferenceBackend", "ReferenceExecutable"]

Array = NDArray[Any]

_PROGRESS_SECONDS = 0.1


class ReferenceBackend:
    """Plain NumPy."""

    name = "reference"

    def compile(self, plan: Plan) -> "ReferenceExecutable":
        """Make a plan ready."""
        return ReferenceExecutable(plan)

    def first_spike(self, plan: FirstSpikePlan) -> ReferenceFirstSpike | WindowedFirstSpike:
        """Make the plan of a first-spike network ready."""
        return WindowedFirstSpike(plan) if plan.windowed else ReferenceFirstSpike(plan)

    def adam(self, step: AdamStep, moments: Moments, *, threads: int) -> None:
        """Take a step of Adam in place, in NumPy, which has no threads."""
        del threads
        adam_step(step, moments)


@dataclass(eq=False)
class _Running:
    """What changes while a plan runs."""

    maps: dict[int, Array] = field(default_factory=dict)
    state: dict[int, Array] = field(default_factory=dict)
    probes: dict[int, dict[str, Array]] = field(default_factory=dict)


def _begin(plan: Plan, request: RunRequest) -> dict[int, Array]:
    if request.state is None:
        return fresh_state(plan, request.input.batch)
    return {k: array.copy() for k, array in request.state.items()}


class ReferenceExecutable:
    """A plan, ready to run."""

    name = "reference"
    parts: tuple[str, ...] = ()

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def stream(self, start: StreamStart) -> RunStream:
        """Open a stream: runs of one step."""
        return RunStream(self, self.plan, start)

    @np.errstate(over="ignore", invalid="ignore")
    def run(self, request: RunRequest) -> RunOutput:
        """Run all steps; see :class:`~pysnn.backends.base.RunRequest`."""
        ops_ = self.plan.ops
        running = _Running(state=_begin(self.plan, request))
        counter = Counter(self.plan, request)
        spikes = {k: [] for k in request.record_spikes}  # type: dict[int, list[Array]]
        potentials = {k: [] for k in request.record_potentials}  # type: dict[int, list[Array]]
        scores, probes = [], []
        shown = time.monotonic()
        for step in range(request.steps):
            for k, op in enumerate(ops_):
                known = op.spec.static and k in running.maps
                if not known or isinstance(op, OutputOp):
                    running.maps[k] = self._value(k, request, step, running)
                    _probe(k, op, running)
            self._remember(running)
            counter.step(running.maps, step)
            for k, recorded in spikes.items():
                recorded.append(running.maps[k].copy())
            for k, recorded in potentials.items():
                op = ops_[k]
                assert isinstance(op, NeuronOp)
                recorded.append(neurons.potential(op, running.state[k]).copy())
            if step + 1 in request.read_at:
                scores.append(_scores(ops_[-1], running.state[len(ops_) - 1], request.start + step + 1))
                counter.read(step + 1)
                probes.append({k: {n: a.copy() for n, a in found.items()} for k, found in running.probes.items()})
            if request.progress is not None and time.monotonic() - shown > _PROGRESS_SECONDS:
                shown = time.monotonic()
                request.progress((step + 1) * request.input.batch // request.steps)
        return RunOutput(
            scores=np.stack(scores),
            counts=np.stack(counter.reads),
            by_sample=np.stack(counter.sample_reads),
            by_step={k: np.stack(maps) for k, maps in counter.by_step.items()},
            state=running.state,
            spikes={k: np.stack(recorded) for k, recorded in spikes.items()},
            potentials={k: np.stack(recorded) for k, recorded in potentials.items()},
            probes=_stacked(probes) if request.probe else {},
            kernels=tuple("numpy" for _ in ops_),
        )

    def _remember(self, running: _Running) -> None:
        """Keep the step's maps that will be read later."""
        for k, op in enumerate(self.plan.ops):
            if isinstance(op, DelayOp):
                latest = running.maps[op.source][:, None]
                running.state[k] = np.concatenate((running.state[k][:, 1:], latest), axis=1)

    def _value(self, k: int, request: RunRequest, step: int, running: _Running) -> Array:
        op, maps = self.plan.ops[k], running.maps
        if isinstance(op, InputOp):
            return _input(op, request, step)
        if isinstance(op, AddOp):
            return ops.add(op, tuple(maps[term.source] for term in op.terms))
        if isinstance(op, GatherOp):
            return ops.gather(op, tuple(maps[source] for source in op.sources))
        if isinstance(op, DelayOp):
            return np.asarray(running.state[k][:, 0])
        x = maps[op.source]
        if isinstance(op, NeuronOp):
            return neurons.advance(op, x, running.state[k])
        if isinstance(op, OutputOp):
            return _read(op, x, running.state[k], request.start + step)
        if isinstance(op, MaxPoolOp):
            return ops.max_pool_rise(op, x, running.state[k]) if k in running.state else ops.max_pool_values(op, x)
        return np.asarray(_PLAIN[op.kind](op, x))


_PLAIN: dict[str, Any] = {
    "conv": ops.conv,
    "pool": ops.pool,
    "clamp": ops.clamp,
    "round": ops.round_to_units,
    "byte": ops.byte,
}


def _input(op: InputOp, request: RunRequest, step: int) -> Array:
    given = request.input
    if isinstance(given, ConstantInput):
        return given.values
    if isinstance(given, PixelInput):
        return given.pixels
    if isinstance(given, FrameInput):
        return np.asarray(given.frames[step])
    if isinstance(given, PoissonInput):
        return poisson_spikes(given.rates, given.seed, given.first_sample, request.start + step)
    assert isinstance(given, EventInput)
    counts = np.zeros((given.batch, op.spec.size), dtype=np.int64)
    for sample in range(given.batch):
        start, end = given.offsets[sample * request.steps + step : sample * request.steps + step + 2]
        np.add.at(counts[sample], given.index[start:end], 1)
    if (counts > op.spec.max_count).any():
        raise DataError(f"node '{op.node}': more than {op.spec.max_count} events at one input in one step")
    return counts.astype(np.uint8).reshape(given.batch, *op.spec.shape)


def _read(op: OutputOp, x: Array, state: Array, step: int) -> Array:
    flat = x.reshape(x.shape[0], -1)
    if op.readout == "first_spike":
        state[(flat > 0) & (state < 0)] = step
    else:
        state += flat
    return x


def _scores(op: Op, state: Array, steps: int) -> NDArray[np.float32]:
    assert isinstance(op, OutputOp)
    if op.readout == "first_spike":
        return np.where(state >= 0, -state.astype(np.float32), np.float32(-np.inf))
    if op.unit is None:
        sums = state.astype(np.float32)
        return sums / np.float32(steps) if op.readout == "mean_current" else sums
    area = op.spec.size // op.spec.shape[0]
    values = state.astype(np.float64) * np.repeat(op.unit, area)
    return (values / steps if op.readout == "mean_current" else values).astype(np.float32)


def _probe(k: int, op: Op, running: _Running) -> None:
    if not isinstance(op, NeuronOp):
        return
    current = running.maps[op.source].astype(np.float64)
    if k not in running.probes:
        zero = np.zeros(current.shape)
        running.probes[k] = {"sum": zero, "squares": zero.copy(), "spikes": np.zeros(current.shape, dtype=np.int32)}
    found = running.probes[k]
    found["sum"] += current
    found["squares"] += current * current
    if op.spec.holds_spikes:
        found["spikes"] += running.maps[k]
    found["potential"] = neurons.potential(op, running.state[k])


def _stacked(reads: list[dict[int, dict[str, Array]]]) -> dict[int, Probe]:
    return {
        k: Probe(*(np.stack([read[k][name] for read in reads]) for name in ("sum", "squares", "potential", "spikes")))
        for k in reads[0]
    }
