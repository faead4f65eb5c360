"""The time of a sample on a chip: ticks, barriers with the slowest core, or the throughput of synaptic operations."""

import math
from collections.abc import Mapping
from typing import Any

from pysnn.hardware.case import Case, sent_spikes
from pysnn.hardware.chip import LEARNING
from pysnn.hardware.interval import ZERO, Interval, exactly, of_quantity
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.rows import Label, not_priced, priced, weakest

__all__ = ["latency", "time_rows"]

_NS_PER_MS = 1e6


def latency(case: Case) -> dict[str, Interval]:
    """Return milliseconds a sample by scope; empty where the chip's file has no times."""
    kind, steps = case.chip.timing, case.counted.steps
    if kind == "xylo" and steps and not (case.counted.analogue or case.counted.sparse):
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

    At least a layer's mean over its cores. At most, over all layers, what a core of the layer can have: all updates of the neurons
    that it holds and all changes of plastic weights, and of each spike that arrives no more operations than neurons of the core, or than the spike reaches, for each
    window of a pool that it lies in.
    """
    delays = {q.per: of_quantity(q) for q in case.chip.section("delays").values() if q.per != "steps"}
    placed = {p.layer: p for p in case.placement.placed}
    sent = dict(zip((layer.name for layer in case.counted.layers), case.counted.counts, strict=True))
    least, most = 0.0, 0.0
    for layer, counts in zip(case.counted.layers, case.counted.counts, strict=True):
        place = placed.get(layer.name)
        cores = (place.cores or 1) if place else 1
        held = min(layer.neurons, (place.neurons_per_core if place else None) or layer.neurons)
        work = {name: counts.get(name, ZERO).times(delay) for name, delay in delays.items()}
        # Before weights a pool is part of their synapses: what is counted of it takes no time of its own.
        folded = any(link.pool_area > 1 and link.weight is not None for link in layer.links)
        sure = {name: part.low for name, part in work.items() if not (folded and name == "pool_additions")}
        least = max(least, sum(sure.values()) / cores)
        most += _most_updates(counts, held * case.counted.steps, delays)
        slowest = max((delays[name].high for name in _ARRIVING if name in delays), default=0.0)
        most += sum(work[name].high for name in LEARNING if name in work)
        additions = sum(work[name].high for name in _ARRIVING if name in work)
        most += min(additions, slowest * _most_operations(layer, case.counted.layers[0].name, sent=sent, held=held))
    return Interval(least, least, max(least, most))


def _most_updates(counts: Mapping[str, Interval], updates: float, delays: Mapping[str, Interval]) -> float:
    """Return the time of a core's updates, at most: it has so many, the slower ones first as far as the layer has them."""
    names = sorted(("updates_active", "updates_inactive"), key=lambda name: -delays[name].high)
    time = 0.0
    for name in names:
        done = min(updates, counts.get(name, ZERO).high)
        time, updates = time + done * delays[name].high, updates - done
    return time


def _most_operations(
    layer: HardwareLayer, entry: str, *, sent: Mapping[str, Mapping[str, Interval]], held: int
) -> float:
    """Return the operations of all spikes that arrive on ``held`` neurons, at most; infinite where the input's spikes are not known."""
    operations = 0.0
    for link in layer.links:
        if entry in link.sources and (link.sources != (entry,) or not link.weighs):
            return math.inf
        met = link.windows * (min(held, link.fan_out) if link.weighs else 1)
        operations += met * sum(sent_spikes(sent[source]).high for source in link.sources if source in sent)
    return operations


_ARRIVING = ("synops", "pool_additions", "direct_additions")
"""Counts of what spikes do that arrive."""


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
        rows += _decisions(case, own, time)
        if time.low > 0:
            rate = Interval(1e3 / time.high, 1e3 / time.value, 1e3 / time.low)
            rows.append(priced(own.but(term="samples_per_second", unit="1/s"), rate))
    return rows


def _decisions(case: Case, label: Label, time: Interval) -> list[dict[str, Any]]:
    """Return the rows of the time of the first output spike, where steps follow one another by a clock or a barrier."""
    if case.counted.decided is None or case.chip.timing not in ("tick", "barrier"):
        return []
    source = f"{label.source}; up to the step of the first output spike, of equal steps"
    return [
        priced(label.but(term=f"latency_{name}", source=source), time.scaled(steps / case.counted.steps))
        for name, steps in zip(("p50", "p95"), case.counted.decided, strict=True)
    ]


_TIME_SOURCES = {
    "none": "",
    "tick": "time-steps times the time of a step",
    "barrier": "slowest core a step, barrier and management",
    "throughput": "cycles of all synaptic operations over the clock",
    "xylo": "cycles of inputs, neurons and spikes over the clock",
}
