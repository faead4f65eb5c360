"""Energy, time and power of a counted network on a chip, as intervals with their provenance."""

from collections.abc import Iterator, Sequence
from typing import Any

from pysnn.hardware.case import Case, on_chip_counts
from pysnn.hardware.chip import COUNTS, SCOPES, Quantity
from pysnn.hardware.interval import ZERO, Interval, of_quantity
from pysnn.hardware.latency import latency, time_rows
from pysnn.hardware.memory import spiking_memory
from pysnn.hardware.rows import Label, not_priced, priced, weakest

__all__ = ["price", "price_totals"]

_PJ_PER_MW_MS = 1e6


def price(case: Case) -> list[dict[str, Any]]:
    """Return the rows of one network on one chip: counts, energy by term and layer, totals by scope, latency, power."""
    counts = on_chip_counts(case)
    rows = _count_rows(case, counts)
    energy = _Energy(case, counts)
    rows += energy.term_rows()
    times = latency(case)
    rows += energy.power_rows(times.get("chip"))
    rows += time_rows(case, times)
    return rows + energy.total_rows(times.get("chip"))


def price_totals(cases: Sequence[Case]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of powers, time and totals of cases that differ in their operating points alone."""
    if not cases:
        return
    energy = _Energy(cases[0], on_chip_counts(cases[0]))
    energy.term_rows()
    parts = tuple(energy.parts)
    for case in cases:
        energy.case, energy.parts = case, list(parts)
        times = latency(case)
        rows = energy.power_rows(times.get("chip"))
        yield rows + time_rows(case, times) + energy.total_rows(times.get("chip"))


def _total(case: Case, counts: list[dict[str, Interval]], name: str) -> Interval:
    """Return a count over all layers; what the run has counted is summed in whole numbers first."""
    if name not in ("packets", "hops") and not (case.own_clock and name.startswith("updates")):
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
        if name == "input_spikes":
            return (
                True  # What brings them to the chip is the row energy_io; packets and synaptic operations are counted.
            )
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
                rows += self._priced_term(
                    own.but(scope=quantity.scope, source=quantity.source, grade=quantity.grade), name
                )
            elif name in self.case.chip.included:
                scope = self._scope_of_included()
                rows.append(priced(own.but(scope=scope, source=self.case.chip.included[name], grade="included"), ZERO))
            elif name == "memory_accesses" and self.case.chip.section("memory"):
                rows += self._memory_rows(own)
            elif name in self.missing:
                rows.append(not_priced(own.but(source=f"no price of {name} is known for {self.case.chip.title}")))
        rows.append(
            not_priced(
                label.but(term="energy_io", scope="board", source="input and output of the board: no price is known")
            )
        )
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
            label = self.case.label(
                term=f"energy_{name}", unit="pJ", scope=quantity.scope, source=quantity.source, grade=quantity.grade
            )
            if time is None:
                rows.append(
                    not_priced(label.but(source="the time of a sample is not known, which this power is taken over"))
                )
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
            return [
                not_priced(lost),
                not_priced(lost.but(term="power", unit="mW")),
                not_priced(lost.but(term="energy_delay", unit="pJ ms")),
            ]
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
        steady = [
            self._power(q)
            for q in self.case.chip.section("powers").values()
            if q.scope in SCOPES[: SCOPES.index(label.scope) + 1]
        ]
        base = ZERO
        for part in steady:
            base = base.plus(part)
        moved = Interval(*(max(0.0, t - b * s * _PJ_PER_MW_MS) for t, b, s in zip(total, base, time, strict=True)))
        swing = Interval(moved.low / time.high, moved.value / time.value, moved.high / time.low).scaled(
            1 / _PJ_PER_MW_MS
        )
        exact = Interval(base.low + swing.low, total.value / time.value / _PJ_PER_MW_MS, base.high + swing.high)
        return [priced(power, exact, bounded=bounded), priced(product, total.times(time), bounded=bounded)]
