"""The time of a sample on a chip: ticks, barriers with the slowest core, or the throughput of synaptic operations."""

from collections.abc import Mapping
from typing import Any

from pysnn.hardware.case import Case, sent_spikes
from pysnn.hardware.interval import ZERO, Interval, exactly, of_quantity
from pysnn.hardware.rows import not_priced, priced, weakest

__all__ = ["latency", "time_rows"]

_NS_PER_MS = 1e6


def latency(case: Case) -> dict[str, Interval]:
    """Return milliseconds a sample by scope; empty where the chip's file has no times."""
    kind, steps = case.chip.timing, case.counted.steps
    if kind == "xylo" and steps and not case.counted.analogue:
        return {"chip": _xylo_cycles(case).scaled(1e-3 / case.point("clock"))}
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


def _xylo_cycles(case: Case) -> Interval:
    """Return clock cycles a sample on Xylo: those of its inputs, hidden and output neurons, and of spikes by what they reach."""
    (entry, *hidden, last), (given, *inner, _) = case.counted.layers, case.counted.counts
    inputs, outputs, neurons = entry.neurons, last.neurons, sum(layer.neurons for layer in hidden)
    spikes, between = ZERO, ZERO
    for counts in inner:
        spikes = spikes.plus(counts.get("spikes", ZERO))
    for counts in inner[1:]:
        between = between.plus(counts.get("synops", ZERO))
    steps = float(case.counted.steps)
    drivers = {
        "input": exactly(steps * inputs),
        "input_spike": sent_spikes(given).scaled(neurons),
        "hidden": exactly(steps * neurons),
        "recurrent": between,
        "spike": spikes,
        "output_spike": spikes.scaled(outputs),
        "output": exactly(steps * outputs),
    }
    total = ZERO
    for name, quantity in case.chip.section("cycles").items():
        total = total.plus(of_quantity(quantity).times(drivers[name]))
    return total


def _busiest(case: Case) -> Interval:
    """Bound the time of the busiest core, summed over steps.

    At least a layer's mean over its cores. At most, over all layers, what a core of the layer can have: a spike that arrives meets
    no more neurons of a core than the core holds, or than the spike reaches.
    """
    delays = {q.per: of_quantity(q) for q in case.chip.section("delays").values() if q.per != "steps"}
    placed = {p.layer: p for p in case.placement.placed}
    spikes = {
        layer.name: sent_spikes(counts).high
        for layer, counts in zip(case.counted.layers, case.counted.counts, strict=True)
    }
    least, most = 0.0, 0.0
    for layer, counts in zip(case.counted.layers, case.counted.counts, strict=True):
        place = placed.get(layer.name)
        cores = (place.cores or 1) if place else 1
        held = min(layer.neurons, (place.neurons_per_core if place else None) or layer.neurons)
        work = {name: counts.get(name, ZERO).times(delay) for name, delay in delays.items()}
        least = max(least, sum(part.low for part in work.values()) / cores)
        met = sum(
            spikes.get(s, 0.0) * min(held, link.fan_out * link.pool_area) for link in layer.links for s in link.sources
        )
        share = held / layer.neurons
        ends = {name: part.high * share for name, part in work.items() if name == "updates_inactive"}
        ends |= {
            name: min(part.high, held * case.counted.steps * delays[name].high)
            for name, part in work.items()
            if name == "updates_active"
        }
        arriving = ("synops", "pool_additions", "direct_additions")
        additions = sum(work[name].high for name in arriving if name in work)
        most += sum(ends.values()) + min(additions, met * delays["synops"].high)
    return Interval(least, least, max(least, most))


def time_rows(case: Case, times: Mapping[str, Interval]) -> list[dict[str, Any]]:
    """Return the rows of latency, and of samples a second."""
    label = case.label(term="latency", unit="ms", source=_TIME_SOURCES[case.chip.timing])
    if not times:
        return [not_priced(label.but(scope="chip", source=f"no time of a step is known for {case.chip.title}"))]
    rows = []
    known = [item for part in ("delays", "cycles", "points") for item in case.chip.section(part).items()]
    grade = weakest(quantity.grade for name, quantity in known if name != "voltage")
    for scope, time in times.items():
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
    "xylo": "cycles of inputs, neurons and spikes over the clock",
}
