"""Rows of tables, written down while a network runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.plastic.engines.base import PlasticEngine, RunRecord
from pysnn.plastic.monitors import Monitor, Rates, Spikes, Traces, Weights
from pysnn.plastic.plan import PlasticPlan
from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Recorder"]

Columns = dict[str, list[Any]]


class Recorder:
    """Takes what parts of a run give, and makes tables of it."""

    def __init__(self, plan: PlasticPlan, monitors: Sequence[Monitor], first: int) -> None:
        self._plan = plan
        self._populations = [one.name for one in plan.populations]
        self._projections = [one.name for one in plan.projections]
        self._monitors = [(monitor, self._place(monitor), self._interval(monitor)) for monitor in monitors]
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._spikes: list[tuple[str, NDArray[np.int64]]] = []
        self._since = [(first, (0,) * len(self._populations))] * len(self._monitors)
        self._spiked = (0,) * len(self._populations)
        self._asked = {f"plastic_{type(monitor).__name__.lower()}" for monitor in monitors}

    @property
    def recorded(self) -> tuple[int, ...]:
        """Places of populations whose spikes are to be kept."""
        return tuple(sorted({place for monitor, place, _ in self._monitors if isinstance(monitor, Spikes)}))

    def stops(self, first: int, last: int) -> set[int]:
        """Return the steps before which something is to be looked at."""
        intervals = {every for _, _, every in self._monitors if every}
        return {step for every in intervals for step in range((first // every + 1) * every, last, every)} | {last}

    def take(self, record: RunRecord, engine: PlasticEngine, step: int, *, last: bool) -> None:
        """Take what a part gave that ended before ``step``."""
        self._spikes += [(self._populations[k], found) for k, found in record.spikes.items() if len(found)]
        self._spiked = tuple(a + b for a, b in zip(self._spiked, record.counts.spikes, strict=True))
        for at, (monitor, place, every) in enumerate(self._monitors):
            if every and (last or step % every == 0):
                if isinstance(monitor, Rates):
                    self._rates(at, step)
                elif isinstance(monitor, Weights):
                    self._weights(monitor, place, engine, step)
                elif isinstance(monitor, Traces):
                    self._traces(monitor, place, engine, step)

    def tables(self) -> dict[str, "pl.DataFrame"]:
        """Return the tables that were asked for."""
        tables = {name: make_table(name, self._rows.get(name, ())) for name in sorted(self._asked - {"plastic_spikes"})}
        if "plastic_spikes" in self._asked:
            tables["plastic_spikes"] = self._spike_table()
        return tables

    def _place(self, monitor: Monitor) -> int:
        if isinstance(monitor, Rates):
            return -1
        names, name = (
            (self._populations, monitor.population)
            if isinstance(monitor, Spikes)
            else (self._projections, monitor.projection)
        )
        if name not in names:
            raise DataError(f"{type(monitor).__name__}: expected one of {', '.join(names)}, got {name!r}")
        return names.index(name)

    def _interval(self, monitor: Monitor) -> int:
        return 0 if isinstance(monitor, Spikes) else max(1, round(monitor.every / self._plan.dt))

    def _rates(self, at: int, step: int) -> None:
        since, spiked = self._since[at]
        if step == since:
            return
        time = (step - since) * self._plan.dt
        for k, population in enumerate(self._plan.populations):
            rate = (self._spiked[k] - spiked[k]) / (time * population.size)
            self._rows.setdefault("plastic_rates", []).append(
                {"time": step * self._plan.dt, "population": population.name, "rate": rate}
            )
        self._since[at] = (step, self._spiked)

    def _weights(self, monitor: Weights, place: int, engine: PlasticEngine, step: int) -> None:
        weights = engine.weights(place)
        stride = -(-len(weights) // monitor.most)
        rows = self._rows.setdefault("plastic_weights", [])
        for synapse, weight in enumerate(weights[:: max(stride, 1)].tolist()):
            rows.append(
                {
                    "time": step * self._plan.dt,
                    "projection": monitor.projection,
                    "synapse": synapse * stride,
                    "weight": weight,
                }
            )

    def _traces(self, monitor: Traces, place: int, engine: PlasticEngine, step: int) -> None:
        rows = self._rows.setdefault("plastic_traces", [])
        for index, value in enumerate(engine.trace(place, monitor.name).tolist()):
            row = {
                "time": step * self._plan.dt,
                "projection": monitor.projection,
                "trace": monitor.name,
                "index": index,
                "value": value,
            }
            rows.append(row)

    def _spike_table(self) -> "pl.DataFrame":
        import polars as pl

        parts = [
            pl.DataFrame(
                {"time": found[:, 0] * self._plan.dt, "population": [name] * len(found), "neuron": found[:, 1]}
            )
            for name, found in self._spikes
        ]
        return pl.concat([make_table("plastic_spikes", ()), *parts])
