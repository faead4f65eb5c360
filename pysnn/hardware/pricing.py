"""Energy, time and power of a counted network on a chip, as intervals with their provenance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pysnn.errors import DataError
from pysnn.hardware.chip import COUNTS, SCOPES, Chip, Quantity
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import ZERO, Interval, exactly, of_quantity
from pysnn.hardware.mapping.placement import Placement
from pysnn.hardware.memory import spiking_memory
from pysnn.hardware.rows import Label, not_priced, priced, weakest

__all__ = ["Case", "check_points", "on_chip_counts", "price", "price_totals"]

_PJ_PER_MW_MS = 1e6
_NS_PER_MS = 1e6


@dataclass(frozen=True, eq=False)
class Case:
    """A counted network on a chip at an operating point.

    Attributes
    ----------
    network
        Its name in the table.
    counted, chip, placement
        What is priced.
    points
        Values of the chip's operating points that are not the nominal ones, by name.
    busiest
        Nanoseconds a sample of the busiest core, summed over the steps, where a replay has measured them.
    """

    network: str
    counted: Counted
    chip: Chip
    placement: Placement
    points: Mapping[str, float]
    busiest: Interval | None = None

    def label(self, **words: str) -> Label:
        """Return a label of this network and chip."""
        return Label(self.network, self.chip.name, **words)

    def point(self, name: str) -> float:
        """Return an operating point's value."""
        return float(self.points.get(name, self.chip.section("points")[name].value))


def check_points(chip: Chip, points: Mapping[str, float]) -> None:
    """Raise :class:`DataError` for an operating point that the chip has not, or outside its range."""
    known = chip.section("points")
    for name, value in points.items():
        if name not in known:
            listed = ", ".join(known) or "none"
            raise DataError(f"chip '{chip.name}': there is no operating point {name!r}; there are {listed}")
        q = known[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not q.low <= value <= q.high:
            raise DataError(f"chip '{chip.name}': {name}: expected {q.low} to {q.high} {q.unit}, got {value!r}")


def on_chip_counts(counted: Counted, placement: Placement) -> list[dict[str, Interval]]:
    """Return each layer's counts with packets (a spike to each core that it goes to) and hops.

    Where cores lie on the mesh is not known: a packet takes none to all of the way across the cores in use, on average two
    thirds of their square's side.
    """
    side = max(1.0, min(placement.cores, 128) ** 0.5)
    found = []
    for layer, counts in zip(counted.layers, counted.counts, strict=True):
        packets = counts.get("spikes", ZERO).scaled(float(placement.copies.get(layer.name, 0)))
        more = {"packets": packets, "hops": packets.times(Interval(0.0, 2 * side / 3, 2 * side))} if packets.high else {}
        found.append({**counts, **more})
    return found


def price(case: Case) -> list[dict[str, Any]]:
    """Return the rows of one network on one chip: counts, energy by term and layer, totals by scope, latency, power."""
    counts = on_chip_counts(case.counted, case.placement)
    rows = _count_rows(case, counts)
    energy = _Energy(case, counts)
    rows += energy.term_rows()
    times = _latency(case)
    rows += energy.power_rows(times.get("chip"))
    rows += _time_rows(case, times)
    return rows + energy.total_rows(times.get("chip"))


def price_totals(cases: Sequence[Case]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of powers, time and totals of cases that differ in their operating points alone."""
    if not cases:
        return
    energy = _Energy(cases[0], on_chip_counts(cases[0].counted, cases[0].placement))
    energy.term_rows()
    parts = tuple(energy.parts)
    for case in cases:
        energy.case, energy.parts = case, list(parts)
        times = _latency(case)
        rows = energy.power_rows(times.get("chip"))
        yield rows + _time_rows(case, times) + energy.total_rows(times.get("chip"))


def _total(case: Case, counts: list[dict[str, Interval]], name: str) -> Interval:
    """Return a count over all layers; what the run has counted is summed in whole numbers first."""
    if name not in ("packets", "hops"):
        return case.counted.total(name)
    total = ZERO
    for layer in counts:
        total = total.plus(layer.get(name, ZERO))
    return total


def _count_rows(case: Case, counts: list[dict[str, Interval]]) -> list[dict[str, Any]]:
    label = case.label(unit="1/sample", scope="network", source="counted in the run", grade="exact")
    rows = []
    for name in COUNTS:
        rows.append(priced(label.but(term=name), _total(case, counts, name)))
        for layer, held in zip(case.counted.layers, counts, strict=True):
            if name in held:
                rows.append(priced(label.but(term=name, layer=layer.name), held[name]))
    return rows


class _Energy:
    """Energy of a case: what is priced, what is part of another price, and what has none."""

    def __init__(self, case: Case, counts: list[dict[str, Interval]]) -> None:
        self.case = case
        self.counts = counts
        self.prices = {q.per: q for q in case.chip.section("prices").values()}
        self.totals = {name: _total(case, counts, name) for name in COUNTS}
        self.missing = [name for name in COUNTS if self.totals[name].high and not self._known(name)]
        self.parts: list[tuple[Quantity, Interval]] = []

    def _known(self, name: str) -> bool:
        if name == "memory_accesses" and self.case.chip.section("memory"):
            return True
        return name in self.prices or name in self.case.chip.included or self._split(name)

    def _split(self, name: str) -> bool:
        """Whether a count is priced by its parts, or as part of the whole."""
        halves = ("updates_active", "updates_inactive")
        if name == "updates":
            return all(half in self.prices for half in halves)
        return name in halves and "updates" in (*self.prices, *self.case.chip.included)

    def term_rows(self) -> list[dict[str, Any]]:
        """Return energy by term, of each layer and of all."""
        rows = []
        label = self.case.label(unit="pJ", scope="core dynamic")
        for name in COUNTS:
            if not self.totals[name].high:
                continue
            own = label.but(term=f"energy_{name}")
            quantity = self.prices.get(name)
            if quantity is not None:
                rows += self._priced_term(own.but(scope=quantity.scope, source=quantity.source, grade=quantity.grade), name)
            elif name in self.case.chip.included:
                scope = self._scope_of_included()
                rows.append(priced(own.but(scope=scope, source=self.case.chip.included[name], grade="included"), ZERO))
            elif name == "memory_accesses" and self.case.chip.section("memory"):
                rows += self._memory_rows(own)
            elif name in self.missing:
                rows.append(not_priced(own.but(source=f"no price of {name} is known for {self.case.chip.title}")))
        rows.append(not_priced(label.but(term="energy_io", scope="board", source="input and output of the board: no price is known")))
        return rows

    def _memory_rows(self, label: Label) -> list[dict[str, Any]]:
        quantity = self.case.chip.section("memory")["sram_exponent"]
        own = label.but(scope=quantity.scope, source=quantity.source, grade=quantity.grade)
        total = ZERO
        rows = []
        for name, energy in spiking_memory(self.case.counted, self.case.chip).items():
            total = total.plus(energy)
            rows.append(priced(own.but(layer=name), energy))
        self.parts.append((quantity, total))
        return [priced(own, total), *rows]

    def _scope_of_included(self) -> str:
        return (self.case.chip.scopes or ("core dynamic",))[0]

    def _priced_term(self, label: Label, name: str) -> list[dict[str, Any]]:
        quantity = self.prices[name]
        cost = of_quantity(quantity)
        rows = [
            priced(label.but(layer=layer.name), held[name].times(cost))
            for layer, held in zip(self.case.counted.layers, self.counts, strict=True)
            if name in held
        ]
        total = self.totals[name].times(cost)
        self.parts.append((quantity, total))
        return [priced(label, total), *rows]

    def power_rows(self, time: Interval | None) -> list[dict[str, Any]]:
        """Return the energy of powers that do not depend on spikes, over the time of a sample."""
        rows = []
        for name, quantity in self.case.chip.section("powers").items():
            label = self.case.label(term=f"energy_{name}", unit="pJ", scope=quantity.scope, source=quantity.source, grade=quantity.grade)
            if time is None:
                rows.append(not_priced(label.but(source="the time of a sample is not known, which this power is taken over")))
                continue
            energy = self._power(quantity).times(time).scaled(_PJ_PER_MW_MS)
            self.parts.append((quantity, energy))
            rows.append(priced(label, energy))
        return rows

    def _power(self, quantity: Quantity) -> Interval:
        """Return milliwatts of a power of the chip's file."""
        placement = self.case.placement
        factor = {"chips": placement.chips, "cores": max(1, placement.cores), "system": 1}.get(quantity.per)
        return of_quantity(quantity).scaled(self.case.point("clock") if factor is None else factor)

    def total_rows(self, time: Interval | None) -> list[dict[str, Any]]:
        """Return total energy, power, and energy-delay product for each scope; an outer scope holds the inner ones."""
        rows: list[dict[str, Any]] = []
        label = self.case.label(term="energy_total", unit="pJ", source="sum of the terms")
        if not self.parts:
            lost = label.but(scope="chip", source=f"no price is known for {self.case.chip.title}")
            return [not_priced(lost), not_priced(lost.but(term="power", unit="mW")), not_priced(lost.but(term="energy_delay", unit="pJ ms"))]
        powers = self.case.chip.section("powers")
        for scope in self.case.chip.scopes:
            inner = SCOPES[: SCOPES.index(scope) + 1]
            held = [(q, part) for q, part in self.parts if q.scope in inner]
            complete = not self.missing and (time is not None or not any(q.scope in inner for q in powers.values()))
            total = ZERO
            for _, part in held:
                total = total.plus(part)
            own = label.but(scope=scope, grade=weakest(q.grade for q, _ in held))
            rows.append(priced(own, total, bounded=complete))
            rows += self._per_time(own, total, time, bounded=complete)
        return rows

    def _per_time(self, label: Label, total: Interval, time: Interval | None, *, bounded: bool) -> list[dict[str, Any]]:
        power = label.but(term="power", unit="mW", source="energy over latency")
        product = label.but(term="energy_delay", unit="pJ ms", source="energy times latency")
        if time is None or time.low == 0:
            return [not_priced(power), not_priced(product)]
        steady = [self._power(q) for q in self.case.chip.section("powers").values() if q.scope in SCOPES[: SCOPES.index(label.scope) + 1]]
        base = ZERO
        for part in steady:
            base = base.plus(part)
        moved = Interval(*(max(0.0, t - b * s * _PJ_PER_MW_MS) for t, b, s in zip(total, base, time, strict=True)))
        swing = Interval(moved.low / time.high, moved.value / time.value, moved.high / time.low).scaled(1 / _PJ_PER_MW_MS)
        exact = Interval(base.low + swing.low, total.value / time.value / _PJ_PER_MW_MS, base.high + swing.high)
        return [priced(power, exact, bounded=bounded), priced(product, total.times(time), bounded=bounded)]


def _latency(case: Case) -> dict[str, Interval]:
    """Return milliseconds a sample by scope; empty where the chip's file has no times."""
    kind, steps = case.chip.timing, case.counted.steps
    if kind == "tick" and steps:
        return {"chip": exactly(steps * case.point("step_time"))}
    if kind == "throughput":
        cycles = ZERO
        for quantity in case.chip.section("cycles").values():
            cycles = cycles.plus(of_quantity(quantity).times(case.counted.total(quantity.per)))
        return {"chip": cycles.scaled(1e-3 / case.point("clock"))}
    if kind == "barrier" and steps:
        work = case.busiest or _busiest(case)
        delays = case.chip.section("delays")
        own = {name: of_quantity(delays[name]).scaled(steps) for name in ("barrier", "management", "host")}
        inside = work.plus(own["barrier"]).plus(own["management"])
        outside = work.plus(own["barrier"]).plus(own["host"])
        return {"chip": inside.scaled(1 / _NS_PER_MS), "board": outside.scaled(1 / _NS_PER_MS)}
    return {}


def _busiest(case: Case) -> Interval:
    """Bound the time of the busiest core, summed over steps.

    At least a layer's mean over its cores. At most, over all layers, what a core of the layer can have: a spike that arrives meets
    no more neurons of a core than the core holds, or than the spike reaches.
    """
    delays = {q.per: of_quantity(q) for q in case.chip.section("delays").values() if q.per != "steps"}
    placed = {p.layer: p for p in case.placement.placed}
    spikes = {layer.name: counts.get("spikes", ZERO).high for layer, counts in zip(case.counted.layers, case.counted.counts, strict=True)}
    least, most = 0.0, 0.0
    for layer, counts in zip(case.counted.layers, case.counted.counts, strict=True):
        place = placed.get(layer.name)
        cores = (place.cores or 1) if place else 1
        held = min(layer.neurons, (place.neurons_per_core if place else None) or layer.neurons)
        work = {name: counts.get(name, ZERO).times(delay) for name, delay in delays.items()}
        least = max(least, sum(part.low for part in work.values()) / cores)
        met = sum(spikes.get(s, 0.0) * min(held, link.fan_out * link.pool_area) for link in layer.links for s in link.sources)
        share = held / layer.neurons
        ends = {name: part.high * share for name, part in work.items() if name == "updates_inactive"}
        ends |= {name: min(part.high, held * case.counted.steps * delays[name].high) for name, part in work.items() if name == "updates_active"}
        synops = min(work["synops"].high, met * delays["synops"].high) if "synops" in work else 0.0
        most += sum(ends.values()) + synops
    return Interval(least, least, max(least, most))


def _time_rows(case: Case, times: Mapping[str, Interval]) -> list[dict[str, Any]]:
    label = case.label(term="latency", unit="ms", source=_TIME_SOURCES[case.chip.timing])
    if not times:
        return [not_priced(label.but(scope="chip", source=f"no time of a step is known for {case.chip.title}"))]
    rows = []
    for scope, time in times.items():
        grade = weakest(q.grade for part in ("delays", "cycles", "points") for q in case.chip.section(part).values())
        own = label.but(scope=scope, grade=grade)
        rows.append(priced(own, time))
        if time.low > 0:
            rate = Interval(1e3 / time.high, 1e3 / time.value, 1e3 / time.low)
            rows.append(priced(own.but(term="samples_per_second", unit="1/s"), rate))
    return rows


_TIME_SOURCES = {
    "none": "",
    "tick": "time-steps times the time of a step",
    "barrier": "slowest core a step, barrier and management",
    "throughput": "cycles of all synaptic operations over the clock",
}
