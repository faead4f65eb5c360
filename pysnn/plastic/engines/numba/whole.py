"""Many steps in one call of compiled code, for networks of the plainest parts: what a step costs beside its updates is small."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.engines.numba.steps import run_steps
from pysnn.plastic.engines.runtime import RunningPopulation, RunningProjection
from pysnn.plastic.plan import ChangePlan, PlasticPlan, ProjectionPlan

__all__ = ["WholeRun", "is_plain", "suits"]

_KEPT = 1 << 20
"""Neurons times steps whose spikes are kept between two looks."""
_MOST_STEPS = 64


def is_plain(plan: ProjectionPlan, change: ChangePlan, sign: float) -> bool:
    """Return whether a change depends on nothing but traces, and has one sign."""
    kernel = plan.kernel
    assert kernel is not None
    one_sign = bool((sign * change.amounts[:2] >= 0).all()) and not change.amounts[2]
    return one_sign and change.dependence == "none" and kernel.c is None and not kernel.restricted


def suits(plan: PlasticPlan) -> bool:
    """Return whether a network has Poisson sources of one rate, cells without slow parts, and pair rules that depend on nothing else."""
    slow = any(
        one.cells.synapses != "delta" or one.cells.threshold is not None for one in plan.populations if one.cells
    )
    return (
        not slow
        and all(one.gaps is not None or one.cells for one in plan.populations)
        and all(map(_pair, plan.projections))
    )


def _pair(plan: ProjectionPlan) -> bool:
    kernel = plan.kernel
    if kernel is None:
        return True
    plain = is_plain(plan, kernel.pre, -1.0) and is_plain(plan, kernel.post, 1.0)
    return plain and kernel.x2 is None and kernel.y2 is None and not kernel.exclusive and not any(kernel.nearest)


class WholeRun:
    """Populations and projections of an engine laid one behind the other, which stay the engine's own arrays: views of these."""

    def __init__(
        self, populations: list[RunningPopulation], projections: list[RunningProjection], key: NDArray[np.uint64]
    ) -> None:
        self._populations = populations
        self._keep = max((one.plan.keep for one in populations), default=0)
        sizes = np.array([one.plan.size for one in populations], dtype=np.int64)
        self.chunk = max(1, min(_MOST_STEPS, _KEPT // max(1, int(sizes.sum()))))
        self._begins = np.concatenate([[0], np.cumsum(sizes)])
        neurons = tuple(_joined(populations, name) for name in ("v", "until", "input_e", "input_i"))
        gaps = [np.zeros(0, np.uint64) if one.plan.gaps is None else one.plan.gaps for one in populations]
        cells = [one.plan.cells for one in populations]
        constants = np.stack([np.zeros(10, np.float32) if one is None else one.constants for one in cells])
        self._places = np.array(
            [
                (int(c is not None), begin, size, c.refractory if c else 0, at, len(gap), one.plan.stream)
                for c, begin, size, at, gap, one in zip(
                    cells, self._begins, sizes, _starts(gaps), gaps, populations, strict=False
                )
            ],
            dtype=np.int64,
        ).reshape(-1, 7)
        draws = _joined(populations, "draws").reshape(-1, 2)
        self._of_populations = (
            self._places,
            neurons,
            (constants, draws, np.concatenate([*gaps, np.zeros(0, np.uint64)]), key),
        )
        self._of_projections = _projections(projections)
        self._ring = np.zeros((self.chunk + self._keep, int(sizes.sum())), dtype=np.int64)
        self._lengths = np.zeros((len(self._ring), len(populations)), dtype=np.int64)
        self._room = np.zeros(int(sizes.max(initial=1)), dtype=np.float32)
        self.counts = np.zeros((len(projections) + len(populations), 3), dtype=np.int64)

    def take_up(self, step: int) -> None:
        """Read the spikes that are on their way before a step."""
        self._lengths[:] = 0
        self.counts[:] = 0
        for p, population in enumerate(self._populations):
            for back, spikes in enumerate(
                reversed(population.recent[-population.plan.keep :] if population.plan.keep else []), 1
            ):
                self._put(p, (step - back) % len(self._ring), spikes)

    def run(self, steps: int, first: int, *, learn: bool) -> None:
        """Run at most ``chunk`` steps."""
        spikes = (self._ring, self._lengths, self.counts)
        run_steps(steps, first, learn, self._of_populations, self._of_projections, spikes, self._room)

    def spikes(self, p: int, step: int) -> NDArray[np.int64]:
        """Return a copy of a population's spikes in one of the latest steps."""
        slot, begin = step % len(self._ring), self._begins[p]
        return self._ring[slot, begin : begin + self._lengths[slot, p]].copy()

    def put_down(self, step: int) -> None:
        """Give the populations the spikes that are on their way before a step."""
        for p, population in enumerate(self._populations):
            population.recent = [self.spikes(p, at) for at in range(max(0, step - population.plan.keep), step)]

    def _put(self, p: int, slot: int, spikes: NDArray[np.int64]) -> None:
        self._ring[slot, self._begins[p] : self._begins[p] + len(spikes)] = spikes
        self._lengths[slot, p] = len(spikes)


def _joined(owners: list[Any], name: str) -> NDArray[Any]:
    """Lay the arrays of a name one behind the other; what owners have are views then."""
    whole = np.concatenate([getattr(one, name) for one in owners])
    for one, at in zip(owners, _starts([getattr(one, name) for one in owners]), strict=True):
        setattr(one, name, whole[at : at + len(getattr(one, name))])
    return whole


def _starts(arrays: list[NDArray[Any]]) -> list[int]:
    return [0, *np.cumsum([len(one) for one in arrays]).tolist()][:-1]


def _projections(projections: list[RunningProjection]) -> tuple[Any, Any, Any, Any]:
    """Return places of projections, their synapses, traces and tables, each laid one behind the other."""
    plastic = [one for one in projections if one.plan.kernel is not None]
    rows, synapses = _starts([one.row for one in projections]), _starts([one.w for one in projections])
    cols, places = _starts([one.col for one in plastic]), _starts([one.place for one in plastic])
    xs, ys = ([getattr(one, side) for one in plastic] for side in ("x", "y"))
    x_starts, y_starts = _starts([one.z for one in xs]), _starts([one.z for one in ys])
    tables = [trace.table for pair in zip(xs, ys, strict=True) for trace in pair]
    at = _starts([table.up for table in tables])
    wires = np.zeros((len(projections), 17), dtype=np.int64)
    amounts, epochs = np.zeros((len(projections), 3), np.float32), np.zeros((len(projections), 2), np.float32)
    order = 0
    for k, one in enumerate(projections):
        plan, kernel = one.plan, one.plan.kernel
        wires[k, :9] = plan.pre, plan.post, plan.delay, plan.inhibitory, kernel is not None, rows[k], 0, synapses[k], 0
        if kernel is not None:
            wires[k, [6, 8, 9, 10]] = cols[order], places[order], x_starts[order], y_starts[order]
            wires[k, 11:] = *at[2 * order : 2 * order + 2], kernel.x.mask, kernel.y.mask, *plan.sizes
            amounts[k] = kernel.pre.amounts[0], kernel.post.amounts[0], kernel.w_max
            epochs[k] = kernel.x.epoch, kernel.y.epoch
            order += 1
    empty = np.zeros(0, dtype=np.uint32)
    to, source, place = (
        np.concatenate([empty, *(getattr(one, name).astype(np.uint32) for one in owners)])
        for name, owners in (("to", projections), ("source", plastic), ("place", plastic))
    )
    none, nowhere = np.zeros(0, np.float32), np.zeros(0, np.int64)
    row, col = (
        np.concatenate([nowhere, *(one.row for one in projections)]),
        np.concatenate([nowhere, *(one.col for one in plastic)]),
    )
    laid = (row, col, to, source, place, _joined(projections, "w") if projections else none)
    traces = (_joined(xs, "z"), _joined(ys, "z")) if plastic else (none, none)
    up, down = (np.concatenate([none, *(getattr(table, name) for table in tables)]) for name in ("up", "down"))
    return wires, laid, traces, (up, down, epochs, amounts)
