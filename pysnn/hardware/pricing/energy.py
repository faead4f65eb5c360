"""Energy, time and power of a counted network on a chip, as intervals with their provenance."""

from collections.abc import Iterator, Sequence
from typing import Any

from pysnn.hardware.case import Case, on_chip_counts
from pysnn.hardware.chip import COUNTS, LEARNING, SCOPES, Quantity
from pysnn.hardware.interval import ZERO, Interval, of_quantity
from pysnn.hardware.pricing.arithmetic import PJ_PER_MW_MS, products, totals
from pysnn.hardware.pricing.latency import latency, time_rows
from pysnn.hardware.pricing.memory import spiking_memory
from pysnn.hardware.rows import Label, not_priced, priced, weakest

__all__ = ["price", "price_totals"]

_TOTALS = ("energy_total", "pJ"), ("power", "mW"), ("energy_delay", "pJ ms")


def price(case: Case) -> list[dict[str, Any]]:
    """Return the rows of one network on one chip: counts, energy by term and layer, totals by scope, latency, power."""
    counts = on_chip_counts(case)
    energy = _Energy(case, counts)
    return _count_rows(case, counts) + energy.term_rows() + energy.rows_over_time(case)


def price_totals(cases: Sequence[Case]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of powers, time and totals of cases that differ in their operating points alone."""
    if not cases:
        return
    energy = _Energy(cases[0], on_chip_counts(cases[0]))
    for case in cases:
        yield energy.rows_over_time(case)


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
    if case.counted.again:
        label = label.but(
            source="counted in the run, spikes in the place of currents delivered again", grade="inferred"
        )
    rows = []
    for name in COUNTS:
        total = _total(case, counts, name)
        if total.high or name not in LEARNING:
            rows.append(priced(label.but(term=name), total))
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
        self.priced = [name for name in COUNTS if self.totals[name].high and name in self.prices]
        remembers = "memory_accesses" not in (*self.prices, *case.chip.included) and case.chip.section("memory")
        self.memory = (
            spiking_memory(case.counted, case.chip) if remembers and self.totals["memory_accesses"].high else {}
        )

    def _known(self, name: str) -> bool:
        # What brings input spikes to the chip is the row energy_io; packets and synaptic operations are counted.
        if name == "input_spikes" or (name == "memory_accesses" and self.case.chip.section("memory")):
            return True
        return name in self.prices or name in self.case.chip.included or self._split(name)

    def _split(self, name: str) -> bool:
        """Whether a count is priced by its parts, or as part of the whole."""
        halves = ("updates_active", "updates_inactive")
        if name == "updates":
            return all(half in self.prices for half in halves)
        return name in halves and "updates" in (*self.prices, *self.case.chip.included)

    def _parts(self, case: Case) -> list[tuple[Quantity, Interval]]:
        """Return the energy of each priced count over all layers, and of memory."""
        costs = [of_quantity(self.prices[name]) for name in self.priced]
        found = products([self.totals[name] for name in self.priced], costs, case.switching)
        parts = [(self.prices[name], energy) for name, energy in zip(self.priced, found, strict=True)]
        if self.memory:
            total = ZERO
            for energy in self.memory.values():
                total = total.plus(energy.scaled(case.switching))
            parts.append((case.chip.section("memory")["sram_exponent"], total))
        return parts

    def term_rows(self) -> list[dict[str, Any]]:
        """Return energy by term, of each layer and of all."""
        label = self.case.label(unit="pJ", scope="core dynamic")
        rows = self._priced_rows(label)
        for name in COUNTS:
            own = label.but(term=f"energy_{name}")
            if not self.totals[name].high or name in self.prices:
                continue
            if name in self.case.chip.included:
                scope = (self.case.chip.scopes or ("core dynamic",))[0]
                rows.append(priced(own.but(scope=scope, source=self.case.chip.included[name], grade="included"), ZERO))
            elif name in self.missing:
                rows.append(not_priced(own.but(source=f"no price of {name} is known for {self.case.chip.title}")))
        io = "input and output of the board: no price is known"
        return [*rows, not_priced(label.but(term="energy_io", scope="board", source=io))]

    def _priced_rows(self, label: Label) -> list[dict[str, Any]]:
        cells = [
            (name, layer.name, held[name])
            for name in self.priced
            for layer, held in zip(self.case.counted.layers, self.counts, strict=True)
            if name in held
        ]
        costs = [of_quantity(self.prices[name]) for name, _, _ in cells]
        found = products([count for _, _, count in cells], costs, self.case.switching)
        by_layer = [(name, layer, energy) for (name, layer, _), energy in zip(cells, found, strict=True)]
        by_layer += [("memory_accesses", layer, e.scaled(self.case.switching)) for layer, e in self.memory.items()]
        names = [*self.priced, *(["memory_accesses"] if self.memory else [])]
        rows = []
        for name, (quantity, total) in zip(names, self._parts(self.case), strict=True):
            own = self.case.at_voltage(_quantity_label(label.but(term=f"energy_{name}"), quantity))
            rows.append(priced(own, total))
            rows += [priced(own.but(layer=layer), energy) for term, layer, energy in by_layer if term == name]
        return rows

    def rows_over_time(self, case: Case) -> list[dict[str, Any]]:
        """Return the rows that depend on the operating point: energy of powers, time, and totals."""
        times = latency(case)
        time = times.get("chip")
        powers = [(q, _power(case, q)) for q in case.chip.section("powers").values()]
        parts = self._parts(case)
        rows = []
        label = case.label(unit="pJ")
        if time is not None:
            energies = products([power for _, power in powers], [time] * len(powers), PJ_PER_MW_MS)
            parts += [(quantity, energy) for (quantity, _), energy in zip(powers, energies, strict=True)]
            spent = dict(zip(case.chip.section("powers"), energies, strict=True))
        for name, quantity in case.chip.section("powers").items():
            own = _quantity_label(label.but(term=f"energy_{name}"), quantity)
            own = case.at_voltage(own) if quantity.per == "clock" else own
            lost = own.but(source="the time of a sample is not known, which this power is taken over")
            rows.append(not_priced(lost) if time is None else priced(own, spent[name]))
        return rows + time_rows(case, times) + self._total_rows(case, parts, powers, time)

    def _total_rows(
        self,
        case: Case,
        parts: list[tuple[Quantity, Interval]],
        powers: list[tuple[Quantity, Interval]],
        time: Interval | None,
    ) -> list[dict[str, Any]]:
        """Return total energy, power, and energy-delay product for each scope; an outer scope holds the inner ones."""
        label = case.label(source="sum of the terms")
        if not parts and not self.prices:
            lost = label.but(scope="chip", source=f"no price is known for {case.chip.title}")
            return [not_priced(lost.but(term=term, unit=unit)) for term, unit in _TOTALS]
        ranks = [SCOPES.index(scope) for scope in case.chip.scopes]
        ranked = [(SCOPES.index(q.scope), part) for q, part in parts]
        steady = [(SCOPES.index(q.scope), power) for q, power in powers]
        rows: list[dict[str, Any]] = []
        for scope, rank, total in zip(case.chip.scopes, ranks, totals(ranked, steady, time, ranks), strict=True):
            within = [q for q, _ in parts if SCOPES.index(q.scope) <= rank]
            complete = not self.missing and (time is not None or all(held > rank for held, _ in steady))
            own = case.at_voltage(label.but(scope=scope, grade=weakest(q.grade for q in within)))
            sources = (own.source, "energy over latency", "energy times latency")
            for (term, unit), source, found in zip(_TOTALS, sources, total, strict=True):
                row = own.but(term=term, unit=unit, source=source)
                rows.append(not_priced(row) if found is None else priced(row, found, bounded=complete))
        return rows


def _quantity_label(label: Label, quantity: Quantity) -> Label:
    return label.but(scope=quantity.scope, source=quantity.source, grade=quantity.grade)


def _power(case: Case, quantity: Quantity) -> Interval:
    """Return milliwatts of a power of the chip's file."""
    factor = {"chips": case.placement.chips, "cores": max(1, case.placement.cores), "system": 1}.get(quantity.per)
    return of_quantity(quantity).scaled(case.point("clock") * case.switching if factor is None else factor)
