"""State of populations and projections as engines in Python hold it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.plastic.expand import expand, words
from pysnn.plastic.plan import PopulationPlan, ProjectionPlan
from pysnn.plastic.tables import FLUSH, TraceTable

__all__ = ["RunningPopulation", "RunningProjection", "RunningTrace"]

_GAP, _EACH = 18, 19


class RunningTrace:
    """A trace of many neurons in the unit of an epoch: its values at step n are ``down[n & mask] z``."""

    def __init__(self, table: TraceTable, size: int, *, nearest: bool = False) -> None:
        self.table = table
        self.nearest = nearest
        self.z = np.zeros(size, dtype=np.float32)

    def renew(self, step: int) -> None:
        """Bring values to the unit of the epoch that starts with this step, if one does."""
        if step > 0 and step & self.table.mask == 0:
            self.z *= self.table.epoch
            self.z[np.abs(self.z) < FLUSH] = 0

    def rise(self, neurons: NDArray[np.int64], step: int) -> None:
        """Let neurons have a spike."""
        up = self.table.up[step & self.table.mask]
        self.z[neurons] = up if self.nearest else self.z[neurons] + up

    def down(self, step: int) -> np.float32:
        """Return what values are multiplied with at a step."""
        value: np.float32 = self.table.down[step & self.table.mask]
        return value


class RunningPopulation:
    """A population with its state."""

    def __init__(self, plan: PopulationPlan, seed: int) -> None:
        self.plan, self.seed = plan, seed
        self.draws = np.zeros(2, dtype=np.int64)
        self.recent: list[NDArray[np.int64]] = []
        self.v, self.excitatory, self.inhibitory, self.input_e, self.input_i = (
            np.zeros(plan.size, np.float32) for _ in range(5)
        )
        self.numbers = () if plan.cells is None else tuple(plan.cells.constants)
        self.until = np.zeros(plan.size, dtype=np.int64)
        self.rise = (
            None
            if plan.cells is None or plan.cells.threshold is None
            else RunningTrace(plan.cells.threshold, plan.size)
        )
        self._drawn: NDArray[np.uint64] = np.zeros(0, dtype=np.uint64)
        self._drawn_first = 0
        if plan.gaps is not None:
            self.draws[1] = self._gap()

    def fields(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the state, by name."""
        plan = self.plan
        found: dict[str, NDArray[Any]] = {}
        if plan.gaps is not None:
            found["draws"] = self.draws
        if plan.cells is not None:
            found |= {"v": self.v, "until": self.until}
            if plan.cells.synapses != "delta":
                found |= {"excitatory": self.excitatory, "inhibitory": self.inhibitory}
            if self.rise is not None:
                found["threshold"] = self.rise.z
        return found

    def emit(self, step: int, thresholds: NDArray[np.uint64] | None) -> NDArray[np.int64]:
        """Return the spikes of a source, ascending."""
        if self.plan.given is not None:
            first, last = np.searchsorted(self.plan.given[:, 0], [step, step + 1])
            return self.plan.given[first:last, 1]
        if self.plan.gaps is not None:
            return self._poisson()
        assert thresholds is not None
        drawn = words(self.plan.size, (step, _EACH, self.plan.stream), self.seed)
        return np.flatnonzero(drawn < thresholds)

    def arrivals(self, delay: int) -> NDArray[np.int64]:
        """Return the spikes of ``delay`` steps before; the newest are those of the step that runs."""
        return self.recent[-1 - delay] if delay < len(self.recent) else np.zeros(0, dtype=np.int64)

    def keep(self, spikes: NDArray[np.int64]) -> None:
        """Note the spikes of a step, and forget those that nobody waits for."""
        self.recent.append(spikes)
        del self.recent[: -1 - self.plan.keep]

    def _poisson(self) -> NDArray[np.int64]:
        found = []
        at = int(self.draws[1])
        while at < self.plan.size:
            found.append(at)
            at += 1 + self._gap()
        self.draws[1] = at - self.plan.size
        return np.array(found, dtype=np.int64)

    def _gap(self) -> int:
        assert self.plan.gaps is not None
        whole, gap = len(self.plan.gaps), 0
        while True:
            at = int(np.searchsorted(self.plan.gaps, self._word(), side="right"))
            gap += at
            if at < whole or gap > 2**62:
                return gap

    def _word(self) -> np.uint64:
        draw = int(self.draws[0])
        if not self._drawn_first <= draw < self._drawn_first + len(self._drawn):
            self._drawn_first = draw & ~3
            low, high = self._drawn_first // 4 & 0xFFFFFFFF, self._drawn_first // 4 >> 32
            self._drawn = words(4 * min(256, 2**32 - low), (high, _GAP, self.plan.stream), self.seed, 4 * low)
        self.draws[0] += 1
        return self._drawn[draw - self._drawn_first]  # type: ignore[no-any-return]


class RunningProjection:
    """A projection with its synapses, by source and by target, and its traces."""

    def __init__(self, plan: ProjectionPlan) -> None:
        self.plan = plan
        self.row, self.to, self.w = expand(plan)
        sources, targets = plan.sizes
        self.last_pre, self.last_post = np.full(sources, -1, dtype=np.int64), np.full(targets, -1, dtype=np.int64)
        self.x = self.y = self.x2 = self.y2 = self.c = None
        if plan.kernel is None:
            return
        kernel, nearest = plan.kernel, plan.kernel.nearest
        self.x, self.y = (
            RunningTrace(kernel.x, sources, nearest=nearest[0]),
            RunningTrace(kernel.y, targets, nearest=nearest[1]),
        )
        self.x2 = None if kernel.x2 is None else RunningTrace(kernel.x2, sources, nearest=nearest[2])
        self.y2 = None if kernel.y2 is None else RunningTrace(kernel.y2, targets, nearest=nearest[3])
        self.c = None if kernel.c is None else RunningTrace(kernel.c, len(self.to))
        self.place = np.argsort(self.to, kind="stable").astype(np.int64)
        self.col = np.searchsorted(self.to[self.place], np.arange(targets + 1)).astype(np.int64)
        self.source = np.repeat(np.arange(sources, dtype=np.int64), np.diff(self.row))[self.place]

    @property
    def traces(self) -> dict[str, RunningTrace]:
        """The traces that the rule has, by name."""
        named = {"x": self.x, "y": self.y, "x2": self.x2, "y2": self.y2, "eligibility": self.c}
        return {name: trace for name, trace in named.items() if trace is not None}

    def fields(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the state, by name."""
        found: dict[str, NDArray[Any]] = {"weights": self.w, **{name: trace.z for name, trace in self.traces.items()}}
        if self.plan.kernel is not None and self.plan.kernel.restricted:
            found |= {"last_pre": self.last_pre, "last_post": self.last_post}
        return found

    def trace(self, name: str) -> RunningTrace:
        """Return a trace by its name."""
        if name not in self.traces:
            raise DataError(
                f"{self.plan.name}: trace: expected one of {', '.join(self.traces) or 'none'}, got {name!r}"
            )
        return self.traces[name]
