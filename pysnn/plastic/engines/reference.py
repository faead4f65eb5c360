"""The definition of a step in plain NumPy; docs/stdp.md has it in words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, PlanError
from pysnn.plastic.engines.base import Counts, RunPart, RunRecord
from pysnn.plastic.engines.factor import factor
from pysnn.plastic.engines.runtime import RunningPopulation, RunningProjection
from pysnn.plastic.plan import ChangePlan, PlasticPlan
from pysnn.plastic.state import PlasticState

__all__ = ["ReferenceEngine", "pairs"]

Indices = NDArray[np.int64]
Values = NDArray[np.float32]


class ReferenceEngine:
    """Plain NumPy, the eager store; see :class:`pysnn.plastic.engines.base.PlasticEngine`."""

    name = "reference/eager"

    def __init__(self, plan: PlasticPlan) -> None:
        self.plan = plan
        self.load(None)

    def load(self, state: PlasticState | None) -> None:
        """Go on from a state; ``None``: from the start."""
        self.populations = [RunningPopulation(one, self.plan.seed) for one in self.plan.populations]
        self.projections = [RunningProjection(one) for one in self.plan.projections]
        self.step = self.learned = 0
        if state is None:
            return
        self.step, self.learned = state.step, state.learned
        arrays = dict(state.arrays)
        for name, array in self._fields().items():
            given = arrays.pop(name, None)
            if given is None or given.shape != array.shape or given.dtype != array.dtype:
                raise DataError(f"state: {name}: expected {array.dtype} of shape {array.shape}, got {_kind(given)}")
            array[...] = given
        for population in self.populations:
            recent = arrays.pop(f"{population.plan.name}.recent", np.zeros((0, 2), dtype=np.int64))
            steps = range(max(0, self.step - population.plan.keep), self.step)
            population.recent = [recent[recent[:, 0] == step, 1] for step in steps]
        if arrays:
            raise DataError(f"state: expected the arrays of this network, got {', '.join(arrays)}")

    def save(self) -> PlasticState:
        """Return the state."""
        arrays: dict[str, NDArray[Any]] = {name: array.copy() for name, array in self._fields().items()}
        for population in self.populations:
            kept = population.recent[-population.plan.keep :] if population.plan.keep else []
            pairs = [(self.step - len(kept) + k, spike) for k, spikes in enumerate(kept) for spike in spikes]
            arrays[f"{population.plan.name}.recent"] = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        return PlasticState(self.step, self.learned, arrays)

    def run(self, part: RunPart) -> RunRecord:
        """Run some steps."""
        self._spikes = [0] * len(self.populations)
        self._delivered, self._pre, self._post = ([0] * len(self.projections) for _ in range(3))
        kept: dict[int, list[tuple[int, Indices]]] = {k: [] for k in part.record}
        for done in range(part.steps):
            spikes = self._run_step(part)
            for k in part.record:
                if len(spikes[k]):
                    kept[k].append((self.step - 1, spikes[k]))
            if part.progress is not None and done % 256 == 0:
                part.progress(done)
        counts = Counts(*(tuple(count) for count in (self._spikes, self._delivered, self._pre, self._post)))
        return RunRecord({k: pairs(found) for k, found in kept.items()}, counts)

    def connectivity(self, projection: int) -> tuple[Indices, Indices]:
        """Return where rows begin, and the target of each synapse."""
        return self.projections[projection].row, self.projections[projection].to

    def weights(self, projection: int) -> Values:
        """Return a copy of the weights."""
        return self.projections[projection].w.copy()

    def set_weights(self, projection: int, weights: Values) -> None:
        """Replace the weights."""
        self.projections[projection].w[...] = weights

    def reward(self, projection: int, amount: float) -> None:
        """Add ``eta amount c`` to every weight, as of the last step run."""
        running = self.projections[projection]
        kernel = running.plan.kernel
        if kernel is None or running.c is None:
            raise PlanError(f"{running.plan.name}: a reward needs a rule with eligibility, such as RewardSTDP")
        scale = kernel.eta * np.float32(amount) * running.c.down(max(self.step - 1, 0))
        running.w[...] = np.clip(running.w + scale * running.c.z, np.float32(0), kernel.w_max)

    def trace(self, projection: int, name: str) -> Values:
        """Return the values of a trace behind the last step run."""
        trace = self.projections[projection].trace(name)
        values: Values = trace.down(max(self.step - 1, 0)) * trace.z
        return values

    def _fields(self) -> dict[str, NDArray[Any]]:
        parts: list[RunningPopulation | RunningProjection] = [*self.populations, *self.projections]
        return {f"{part.plan.name}.{name}": array for part in parts for name, array in part.fields().items()}

    def _run_step(self, part: RunPart) -> list[Indices]:
        n = self.step
        for projection in self.projections:
            for trace in projection.traces.values():
                trace.renew(n)
        spikes: list[Indices] = []
        for k, population in enumerate(self.populations):
            is_source = population.plan.cells is None
            thresholds = part.thresholds.get(k, population.plan.thresholds)
            spikes.append(population.emit(n, thresholds) if is_source else np.zeros(0, dtype=np.int64))
            # Of cells an empty place is kept: theirs come last, and delays count from here.
            population.keep(spikes[k])
        arrived = [self.populations[p.plan.pre].arrivals(p.plan.delay) for p in self.projections]
        for k, arrivals in enumerate(arrived):
            self._pre_events(k, arrivals, learn=part.learn)
        for k, population in enumerate(self.populations):
            if population.plan.cells is not None:
                spikes[k] = population.recent[-1] = self._integrate(k, learn=part.learn)
            self._spikes[k] += len(spikes[k])
        for k, projection in enumerate(self.projections):
            self._post_events(k, spikes[projection.plan.post], arrived[k], learn=part.learn)
        self.step += 1
        self.learned += part.learn
        return spikes

    def _pre_events(self, k: int, arrivals: Indices, *, learn: bool) -> None:
        running, n = self.projections[k], self.step
        lengths = int((running.row[arrivals + 1] - running.row[arrivals]).sum())
        self._delivered[k] += lengths
        post, kernel = self.populations[running.plan.post], running.plan.kernel
        sums = post.input_i if running.plan.inhibitory else post.input_e
        if kernel is None or not learn:
            self._deliver(k, sums, arrivals)
        else:
            self._pre[k] += lengths
            assert running.y is not None
            own = (
                np.zeros(len(arrivals), np.float32)
                if running.x2 is None
                else running.x2.down(n) * running.x2.z[arrivals]
            )
            scales = _scales(kernel.pre, own, running.y.down(n))
            self._rows(k, sums, arrivals, _marked(running, scales, n))
        if kernel is not None and not kernel.exclusive:
            _arrive(running, arrivals, n)

    def _post_events(self, k: int, fired: Indices, arrivals: Indices, *, learn: bool) -> None:
        running, n = self.projections[k], self.step
        kernel = running.plan.kernel
        if kernel is None:
            return
        assert running.x is not None
        assert running.y is not None
        if learn:
            self._post[k] += int((running.col[fired + 1] - running.col[fired]).sum())
            own = np.zeros(len(fired), np.float32) if running.y2 is None else running.y2.down(n) * running.y2.z[fired]
            scales = _scales(kernel.post, own, running.x.down(n))
            self._columns(k, fired, _marked(running, scales, n))
        for trace in (running.y, running.y2):
            if trace is not None:
                trace.rise(fired, n)
        running.last_post[fired] = n
        if kernel.exclusive:
            _arrive(running, arrivals, n)

    def _deliver(self, k: int, sums: Values, arrivals: Indices) -> None:
        running = self.projections[k]
        for i in arrivals:
            at = slice(running.row[i], running.row[i + 1])
            np.add.at(sums, running.to[at], running.w[at])

    def _rows(self, k: int, sums: Values, arrivals: Indices, scales: Values) -> None:
        """Deliver, and let each arrival change its row."""
        running = self.projections[k]
        kernel, y = running.plan.kernel, running.y
        assert kernel is not None
        assert y is not None
        offset = _marked(running, kernel.pre.amounts[2:], self.step)[0]
        for i, scale in zip(arrivals, scales, strict=True):
            at = slice(running.row[i], running.row[i + 1])
            targets, w = running.to[at], running.w[at]
            np.add.at(sums, targets, w)
            other = y.z[targets]
            if kernel.restricted:
                other = np.where(running.last_post[targets] >= max(int(running.last_pre[i]), 0), other, np.float32(0))
            self._change(running, at, (scale * other, offset), kernel.pre)

    def _columns(self, k: int, fired: Indices, scales: Values) -> None:
        """Let each spike of a target change its column."""
        running = self.projections[k]
        kernel, x = running.plan.kernel, running.x
        assert kernel is not None
        assert x is not None
        offset = _marked(running, kernel.post.amounts[2:], self.step)[0]
        for j, scale in zip(fired, scales, strict=True):
            at = slice(running.col[j], running.col[j + 1])
            sources = running.source[at]
            other = x.z[sources]
            if kernel.restricted:
                since = running.last_post[j] + (0 if kernel.exclusive else 1)
                other = np.where(running.last_pre[sources] >= since, other, np.float32(0))
            self._change(running, running.place[at], (scale * other, offset), kernel.post)

    @staticmethod
    def _change(running: RunningProjection, at: Any, change: tuple[Values, np.float32], by: ChangePlan) -> None:
        """Change weights, or their eligibility, by what traces give and by the offset."""
        kernel = running.plan.kernel
        assert kernel is not None
        given, offset = change
        if running.c is not None:
            running.c.z[at] += given + offset
            return
        w = running.w[at]
        share, zero, w_max = factor(w, by, kernel), np.float32(0), kernel.w_max
        if by.split:
            running.w[at] = np.clip(np.clip(w + given * share, zero, w_max) + offset * share, zero, w_max)
        else:
            running.w[at] = np.clip(w + (given + offset) * share, zero, w_max)

    def _integrate(self, k: int, *, learn: bool) -> Indices:
        """Return the cells that fire; potentials, synapses and thresholds go one step on."""
        here = self.populations[k]
        cells = here.plan.cells
        assert cells is not None
        leak, gain, drive, threshold, reset, decay_e, decay_i, reversal_e, reversal_i, _ = here.numbers
        if cells.synapses != "delta":
            here.excitatory[...] = decay_e * here.excitatory + here.input_e
            here.inhibitory[...] = decay_i * here.inhibitory + here.input_i
        if cells.synapses == "delta":
            v = leak * here.v + (here.input_e - here.input_i) + drive
        elif cells.synapses == "current":
            v = leak * here.v + gain * (here.excitatory - here.inhibitory) + drive
        else:
            pull = here.excitatory * reversal_e + here.inhibitory * reversal_i
            conductance = np.float32(1) + (here.excitatory + here.inhibitory)
            v = (here.v + gain * (pull + drive)) / (np.float32(1) + gain * conductance)
        here.input_e[...] = here.input_i[...] = 0
        free = here.until <= self.step
        if here.rise is not None:
            threshold = threshold + self._threshold_scale(here, learn=learn) * here.rise.z
        fired: Indices = np.flatnonzero(free & (v >= threshold))
        here.v[...] = np.where(free, v, here.v)
        here.v[fired] = reset
        here.until[fired] = self.step + 1 + cells.refractory
        if here.rise is not None and learn:
            here.rise.rise(fired, self.learned)
        return fired

    def _threshold_scale(self, here: RunningPopulation, *, learn: bool) -> np.float32:
        """Return what the rise of thresholds is multiplied with; their clock stands still where nothing is learned."""
        assert here.rise is not None
        if learn:
            here.rise.renew(self.learned)
        scale: np.float32 = here.numbers[-1] * here.rise.down(self.learned if learn else max(self.learned - 1, 0))
        return scale


def _scales(change: ChangePlan, own: Values, down: np.float32) -> Values:
    pair, triplet, _ = change.amounts
    scales: Values = (pair + triplet * own) * down
    return scales


def _marked(running: RunningProjection, values: Values, step: int) -> Values:
    """Bring amounts to the unit of the eligibility, where there is one."""
    return values if running.c is None else values * running.c.table.up[step & running.c.table.mask]


def _arrive(running: RunningProjection, arrivals: Indices, step: int) -> None:
    for trace in (running.x, running.x2):
        if trace is not None:
            trace.rise(arrivals, step)
    running.last_pre[arrivals] = step


def pairs(found: list[tuple[int, Indices]]) -> Indices:
    """Return int64 ``(spikes, 2)`` of step and neuron."""
    if not found:
        return np.zeros((0, 2), dtype=np.int64)
    return np.concatenate([np.stack([np.full_like(spikes, step), spikes], axis=1) for step, spikes in found])


def _kind(array: NDArray[Any] | None) -> str:
    return "none" if array is None else f"{array.dtype} of shape {array.shape}"
