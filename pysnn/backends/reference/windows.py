"""Neurons with windows, spike by spike: what the one pass of a plan stands for, simulated step by step.

Every layer of neurons has its opening, a whole number of windows; a neuron's spike sets out at a step of its layer's window, and arrives in the
window before the reader's opening: an edge that skips layers delays it by whole windows. There it adds its weight to a slope, and the slope is
added to a potential at every step until that window ends. Then the reader's own window begins.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.reference import ops
from pysnn.errors import PlanError
from pysnn.plan.fanout import sources_of
from pysnn.plan.ops import (
    AddOp,
    ByteOp,
    ClampOp,
    ConvOp,
    GatherOp,
    InputOp,
    MaxPoolOp,
    NeuronOp,
    Op,
    OutputOp,
    Plan,
    PoolOp,
    RoundOp,
    Term,
)

__all__ = ["SILENT", "WindowRun", "first_spikes", "simulate_windows"]

Array = NDArray[Any]

SILENT = -1
"""The time of a neuron that does not spike."""


@dataclass(frozen=True, eq=False)
class WindowRun:
    """What a simulation gives.

    Attributes
    ----------
    openings
        The step at which the window of each neuron operation opens.
    times
        int64 ``(samples, C, H, W)`` of each: the step of its spike, counted from the same start, or :data:`SILENT`.
    potentials
        float64 or int64: what has come together at the opening, half the threshold not counted.
    scores
        float32 ``(samples, classes)``.
    latency
        Steps until the last window has ended.
    """

    window: int
    openings: dict[int, int] = field(default_factory=dict)
    times: dict[int, Array] = field(default_factory=dict)
    potentials: dict[int, Array] = field(default_factory=dict)
    scores: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))
    latency: int = 0

    def levels(self, op: int) -> NDArray[np.uint8]:
        """Return the levels that an operation's spikes stand for."""
        early = self.window - (self.times[op] - self.openings[op])
        return np.where(self.times[op] == SILENT, 0, early).astype(np.uint8)


def first_spikes(potential: Array, threshold: Array, window: int) -> Array:
    """Return the step of each neuron's spike in its window, from the potential at its opening; :data:`SILENT` for none.

    Examples
    --------
    >>> first_spikes(np.array([1.0, 0.75, 0.3, 0.1]), np.array(0.25), 4).tolist()
    [0, 1, 3, -1]
    """
    found = np.full(potential.shape, SILENT, dtype=np.int64)
    potential = potential.copy()
    for step in range(window):
        found[(found == SILENT) & (potential >= window * threshold)] = step
        potential = np.where(found == SILENT, potential + threshold, potential)
    return found


Fire = Callable[[Array, Array, int], Array]


def simulate_windows(plan: Plan, values: NDArray[np.float32], fire: Fire = first_spikes) -> WindowRun:
    """Simulate the steps of every window for some samples.

    Parameters
    ----------
    plan
        A plan whose neurons have windows.
    values
        The input, float32 ``(samples, C, H, W)``, in the network's input space.
    fire
        What a neuron does in its window; tests put mutated neurons here.

    Raises
    ------
    PlanError
        The plan's neurons take steps.
    """
    if plan.window is None:
        raise PlanError("windows: expected a plan of FirstSpike neurons, got one whose neurons take steps")
    run = _Simulation(plan, values, WindowRun(plan.window), _spike_maps(plan))
    for k, op in enumerate(plan.ops):
        if isinstance(op, NeuronOp):
            run.neurons(k, op, fire)
        elif isinstance(op, OutputOp):
            return run.read(op)
    raise AssertionError("a plan ends with its output")


@dataclass(frozen=True, eq=False)
class _Simulation:
    plan: Plan
    values: NDArray[np.float32]
    run: WindowRun
    spikes: frozenset[int]
    """Maps of levels, and plain sums of them: spikes pass through what is before them."""

    def neurons(self, k: int, op: NeuronOp, fire: Fire) -> None:
        """Let a layer integrate what arrives, then have its window."""
        opening = self._opening(op.source)
        potential = self._potential(op.source, opening)
        threshold = op.threshold.astype(potential.dtype)[:, None, None]
        half = threshold >> 1 if potential.dtype == np.int64 else threshold / 2
        steps = fire(potential + half, threshold, self.run.window)
        self.run.openings[k], self.run.potentials[k] = opening, potential
        self.run.times[k] = np.where(steps == SILENT, SILENT, opening + steps)

    def read(self, op: OutputOp) -> WindowRun:
        """Read the potentials that the last window leaves."""
        end = self._opening(op.source)
        potential = self._potential(op.source, end)
        if op.unit is not None:
            potential = potential * op.unit[:, None, None]
        scores = potential.reshape(len(potential), -1).astype(np.float32)
        return replace(self.run, scores=scores, latency=end)

    def _opening(self, k: int) -> int:
        """Return the step by which all spikes that get to a map have come: the end of the latest window."""
        latest, seen, waiting = 0, {k}, [k]
        while waiting:
            here = waiting.pop()
            if here in self.run.times:
                latest = max(latest, self.run.openings[here] + self.run.window)
                continue
            before = [source for source in sources_of(self.plan.ops[here]) if source not in seen]
            seen.update(before)
            waiting += before
        return latest

    def _arriving(self, k: int, opening: int) -> Array:
        """Return the spikes that arrive at each step of the window before ``opening``, int64 ``(steps, samples, C, H, W)``."""
        op = self.plan.ops[k]
        if k in self.run.times:
            delay = opening - self.run.window - self.run.openings[k]
            steps = np.arange(opening - self.run.window, opening).reshape(-1, 1, 1, 1, 1)
            here = (self.run.times[k] != SILENT) & (self.run.times[k] + delay == steps)
            return np.asarray(here, dtype=np.int64)
        sources = [self._arriving(source, opening) for source in sources_of(op)]
        if isinstance(op, MaxPoolOp):
            return self._earliest(op, sources[0])
        if isinstance(op, ByteOp):
            return sources[0] if op.shift == 0 else np.zeros_like(sources[0])
        if isinstance(op, PoolOp):
            summed = replace(op, spec=replace(op.spec, kind="current"))
            return _each_step(lambda x: ops.pool(summed, x), *sources)
        if isinstance(op, GatherOp):
            return _each_step(lambda *x: ops.gather(op, x), *sources)
        assert isinstance(op, AddOp)
        return np.asarray(sum(sources))

    def _earliest(self, op: MaxPoolOp, spikes: Array) -> Array:
        """Let the first spike of each window of a max-pool through."""
        passed = _each_step(lambda x: ops.max_pool_values(op, x.astype(np.float64)) > 0, spikes)
        before = np.cumsum(passed, axis=0) - passed
        return np.asarray(passed & (before == 0), dtype=np.int64)

    def _potential(self, k: int, opening: int) -> Array:
        """Return what a current has come to at an opening."""
        op = self.plan.ops[k]
        wide = np.int64 if op.spec.kind == "current" else np.float64
        if op.spec.static:
            return self._static(k).astype(wide)
        if isinstance(op, AddOp):
            total = np.zeros((len(self.values), *op.spec.shape), dtype=wide)
            for term in op.terms:
                total += self._edge(term, op, opening)
            return total
        source = op.source if isinstance(op, ConvOp | PoolOp) else -1
        if isinstance(op, ConvOp | PoolOp) and source in self.spikes:
            return self._integrated(op, self._arriving(source, opening)).astype(wide)
        values = [self._potential(source, opening) for source in sources_of(op)]
        return np.asarray(_compute(op, *values)).astype(wide)

    def _edge(self, term: Term, op: AddOp, opening: int) -> Array:
        """Return what one edge of a sum brings: of spikes, what they weigh, added to a slope."""
        if not self.plan.ops[term.source].spec.holds_spikes:
            return ops.term_value(term, self._potential(term.source, opening), op.spec.kind)
        factor = term.scale if term.constant is None else term.constant
        assert factor is not None
        weighed = self._arriving(term.source, opening) * factor[:, None, None].astype(np.result_type(factor, np.int64))
        return _through_slopes(weighed)

    def _integrated(self, op: ConvOp | PoolOp, spikes: Array) -> Array:
        """Return the bias, and what the spikes of a window add through their slopes."""
        if isinstance(op, PoolOp):
            return _through_slopes(_each_step(lambda x: ops.pool(op, x), spikes))
        weights = replace(op, bias=np.zeros_like(op.bias))
        return _through_slopes(_each_step(lambda x: ops.conv(weights, x), spikes)) + op.bias[:, None, None]

    def _static(self, k: int) -> Array:
        op = self.plan.ops[k]
        if isinstance(op, InputOp):
            return self.values
        return np.asarray(_compute(op, *(self._static(source) for source in sources_of(op))))


def _spike_maps(plan: Plan) -> frozenset[int]:
    found: set[int] = set()
    for k, op in enumerate(plan.ops):
        terms = op.terms if isinstance(op, AddOp) else ()
        weighed = any(term.scale is not None or term.constant is not None or term.shift is not None for term in terms)
        passes = isinstance(op, PoolOp | GatherOp | ByteOp | AddOp) and op.spec.kind != "real" and not weighed
        if op.spec.kind == "level" or (passes and found.issuperset(sources_of(op))):
            found.add(k)
    return frozenset(found)


def _through_slopes(added: Array) -> Array:
    """Return the potential behind a window in which ``added[t]`` comes to the slope at step t, which counts from that step on."""
    slope: Array = np.zeros_like(added[0])
    potential: Array = np.zeros_like(added[0])
    for more in added:
        slope = slope + more
        potential = potential + slope
    return potential


def _each_step(compute: Callable[..., Array], *sources: Array) -> Array:
    """Apply an operation on maps ``(samples, C, H, W)`` to all steps at once."""
    steps, samples = sources[0].shape[:2]
    found = compute(*(source.reshape(-1, *source.shape[2:]) for source in sources))
    return found.reshape(steps, samples, *found.shape[1:])


def _compute(op: Op, *values: Array) -> Array:
    """Compute an operation that reads no spikes."""
    if isinstance(op, ConvOp):
        return ops.conv(op, values[0])
    if isinstance(op, PoolOp):
        return ops.pool(op, values[0].astype(np.float32) if op.spec.kind == "real" else values[0])
    if isinstance(op, MaxPoolOp):
        return ops.max_pool_values(op, values[0])
    if isinstance(op, GatherOp):
        return ops.gather(op, values)
    if isinstance(op, ClampOp):
        return ops.clamp(op, values[0])
    if isinstance(op, RoundOp):
        return ops.round_to_units(op, values[0])
    assert isinstance(op, AddOp)
    return ops.add(op, values)
