"""The reference with its loops compiled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.engines.base import Counts, RunPart, RunRecord
from pysnn.plastic.engines.numba import kernels
from pysnn.plastic.engines.numba.whole import WholeRun, is_plain, suits
from pysnn.plastic.engines.reference import Indices, ReferenceEngine, Values, pairs
from pysnn.plastic.engines.runtime import RunningPopulation, RunningProjection
from pysnn.plastic.plan import ChangePlan, PlasticPlan
from pysnn.plastic.state import PlasticState

__all__ = ["NumbaEngine"]

_KINDS = {"delta": 0, "current": 1, "conductance": 2}
_DEPENDENCES = {"none": 0, "weight": 1, "room": 2}
_NO_FLOATS = np.zeros(0, dtype=np.float32)
_NO_STEPS = np.zeros(0, dtype=np.int64)


class NumbaEngine(ReferenceEngine):
    """Numba, the eager store; see :class:`pysnn.plastic.engines.base.PlasticEngine`."""

    name = "numba/eager"

    def __init__(self, plan: PlasticPlan) -> None:
        largest = max((one.size for one in plan.populations), default=0)
        self._room = np.zeros(largest, dtype=np.int64)
        super().__init__(plan)

    def load(self, state: PlasticState | None) -> None:
        """Go on from a state; ``None``: from the start."""
        super().load(state)
        key = np.array([self.plan.seed & 0xFFFFFFFF, self.plan.seed >> 32], dtype=np.uint64)
        self.populations = [_with_poisson(one, key, self._room) for one in self.populations]
        self._whole = WholeRun(self.populations, self.projections, key) if suits(self.plan) else None
        self._places = [] if self._whole else [_Places(one) for one in self.projections]

    def run(self, part: RunPart) -> RunRecord:
        """Run some steps."""
        if self._whole is None:
            return super().run(part)
        self._whole.take_up(self.step)
        try:
            kept = self._run_whole(part, self._whole)
        finally:
            self._whole.put_down(self.step)
        wires = len(self.projections)
        updates = [tuple(int(count) for count in self._whole.counts[:wires, kind]) for kind in range(3)]
        counts = Counts(tuple(int(count) for count in self._whole.counts[wires:, 0]), *updates)
        return RunRecord({k: pairs(found) for k, found in kept.items()}, counts)

    def _run_whole(self, part: RunPart, whole: WholeRun) -> dict[int, list[tuple[int, Indices]]]:
        kept: dict[int, list[tuple[int, Indices]]] = {k: [] for k in part.record}
        for done in range(0, part.steps, whole.chunk):
            steps = min(whole.chunk, part.steps - done)
            whole.run(steps, self.step, learn=part.learn)
            for k in part.record:
                kept[k] += [(step, whole.spikes(k, step)) for step in range(self.step, self.step + steps)]
            self.step += steps
            self.learned += steps * part.learn
            if part.progress is not None:
                part.progress(done + steps)
        return kept

    def _deliver(self, k: int, sums: Values, arrivals: Indices) -> None:
        running = self.projections[k]
        kernels.deliver(arrivals, running.row, self._places[k].to, running.w, sums)

    def _rows(self, k: int, sums: Values, arrivals: Indices, scales: Values) -> None:
        running = self.projections[k]
        kernel, y = running.plan.kernel, running.y
        assert kernel is not None
        assert y is not None
        if is_plain(running.plan, kernel.pre, -1.0):
            kernels.lose(arrivals, scales, running.row, self._places[k].to, running.w, sums, y.z)
            return
        synapses = (running.row, self._places[k].to, running.w, _NO_FLOATS if running.c is None else running.c.z)
        by, tables, bounds = _arguments(running, kernel.pre, self.step)
        kernels.rows(arrivals, scales, synapses, sums, y.z, _seen(running), by, tables, bounds)

    def _columns(self, k: int, fired: Indices, scales: Values) -> None:
        running = self.projections[k]
        kernel, x = running.plan.kernel, running.x
        assert kernel is not None
        assert x is not None
        places = self._places[k]
        if is_plain(running.plan, kernel.post, 1.0):
            kernels.gain(fired, scales, running.col, places.source, places.place, running.w, x.z, kernel.w_max)
            return
        synapses = (running.col, places.source, places.place)
        marks = _NO_FLOATS if running.c is None else running.c.z
        by, tables, bounds = _arguments(running, kernel.post, self.step)
        kernels.columns(fired, scales, synapses, running.w, marks, x.z, _seen(running), by, tables, bounds)

    def _integrate(self, k: int, *, learn: bool) -> Indices:
        here = self.populations[k]
        cells = here.plan.cells
        assert cells is not None
        rise, scale = _NO_FLOATS, np.float32(0)
        if here.rise is not None:
            scale = self._threshold_scale(here, learn=learn)
            rise = here.rise.z
        state = (here.v, here.until, here.excitatory, here.inhibitory)
        constants, inputs = here.numbers, (here.input_e, here.input_i)
        count = kernels.integrate(
            _KINDS[cells.synapses], constants, state, inputs, rise, scale, self.step, cells.refractory, self._room
        )
        fired: Indices = self._room[:count].copy()
        if here.rise is not None and learn:
            here.rise.rise(fired, self.learned)
        return fired


class _Places:
    """The places of a projection's synapses in 32 bits: half the memory to read, and no negative ones to look for."""

    def __init__(self, running: RunningProjection) -> None:
        self.to = running.to.astype(np.uint32)
        plastic = running.plan.kernel is not None
        self.source = running.source.astype(np.uint32) if plastic else self.to
        self.place = running.place.astype(np.uint32) if plastic else self.to


class _CompiledPoisson(RunningPopulation):
    """A Poisson source of one rate whose gaps are drawn by a compiled loop."""

    key: NDArray[np.uint64]
    room: Indices

    def _poisson(self) -> Indices:
        gaps, size, stream = self.plan.gaps, self.plan.size, np.uint64(self.plan.stream)
        count = kernels.poisson(self.draws, gaps, size, stream, self.key, self.room)
        return self.room[:count].copy()


def _with_poisson(population: RunningPopulation, key: NDArray[np.uint64], room: Indices) -> RunningPopulation:
    if population.plan.gaps is not None:
        compiled = object.__new__(_CompiledPoisson)
        compiled.__dict__ = population.__dict__ | {"key": key, "room": room}
        return compiled
    return population


def _seen(running: RunningProjection) -> tuple[Indices, Indices]:
    kernel = running.plan.kernel
    restricted = kernel is not None and kernel.restricted
    return (running.last_pre, running.last_post) if restricted else (_NO_STEPS, _NO_STEPS)


def _arguments(running: RunningProjection, change: ChangePlan, step: int) -> tuple[Any, Any, Any]:
    kernel = running.plan.kernel
    assert kernel is not None
    offset = change.amounts[2]
    if running.c is not None:
        offset *= running.c.table.up[step & running.c.table.mask]
    tables = (_NO_FLOATS, _NO_FLOATS) if change.power is None else (change.power.exponents, change.power.mantissas)
    by = (_DEPENDENCES[change.dependence], int(change.split), 0 if kernel.exclusive else 1)
    return by, tables, (kernel.w_max, kernel.inverse, offset)
