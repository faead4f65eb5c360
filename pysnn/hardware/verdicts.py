"""One sentence a chip: which network needs less energy, and why."""

from typing import TYPE_CHECKING

from pysnn.hardware.baselines import BASELINES
from pysnn.hardware.interval import Interval
from pysnn.hardware.plastic.processor import PROCESSOR
from pysnn.hardware.spikes_only import SPIKES_ONLY

if TYPE_CHECKING:
    from pysnn.hardware.estimate import Estimate

__all__ = ["verdicts"]

_CMOS = "cmos45"


def verdicts(estimate: "Estimate") -> tuple[str, ...]:
    """Return a sentence for each chip; the spiking network wins only where the intervals say so."""
    found = [_verdict(estimate, chip) for chip in estimate.meta["chips"]]
    return tuple(found)


def _verdict(estimate: "Estimate", chip: str) -> str:
    own = estimate.total(chip)
    if own is None:
        return _silence(estimate, chip)
    totals = {name: estimate.total(_CMOS, name) for name in (*BASELINES, PROCESSOR)}
    known = {name: total for name, total in totals.items() if total is not None}
    best = min(known, key=lambda name: known[name].value)
    other = known[best]
    again = estimate.total(chip, SPIKES_ONLY)
    more = "" if again is None else f"; with spikes delivered again in the place of currents {_bounded(again)} uJ"
    return f"{chip}: {_compared(own, other, best)}; {_reason(estimate, chip)}{more}."


def _silence(estimate: "Estimate", chip: str) -> str:
    """Say why a chip has no total: what it cannot learn, or that no price is known."""
    broken = estimate.violations.filter(estimate.violations["chip"] == chip)
    rules = [rule for rule in broken["rule"].unique(maintain_order=True) if rule.startswith("learning: ")]
    if rules:
        reasons = "; ".join(rule.removeprefix("learning: ") for rule in rules)
        return f"{chip}: not priced, since the run learned: {reasons}."
    return f"{chip}: no price is known, so nothing can be said about energy."


def _compared(own: Interval, other: Interval, best: str) -> str:
    numbers = f"{_bounded(own)} against {other.value / 1e6:.4g} uJ a sample of {best} at 45 nm"
    if own.high < other.low:
        return f"the spiking network needs less energy, {numbers}, over the whole of both intervals"
    if own.low > other.high:
        return f"the spiking network needs more energy, {numbers}, over the whole of both intervals"
    less = "less" if own.value < other.value else "more"
    return f"not decided: the intervals overlap; nominally the spiking network needs {less}, {numbers}"


def _bounded(total: Interval) -> str:
    """Return microjoules, as a lower bound where something has no price."""
    return f"{'at least ' if total.high == float('inf') else ''}{total.value / 1e6:.4g}"


def _reason(estimate: "Estimate", chip: str) -> str:
    """Name the largest term of the spiking network, and its share."""
    table = estimate.table
    terms = table.filter((table["chip"] == chip) & (table["network"] == "snn") & (table["layer"] == ""))
    parts = {
        row["term"].removeprefix("energy_"): row["value"]
        for row in terms.to_dicts()
        if row["term"].startswith("energy_") and row["term"] not in ("energy_total", "energy_delay") and row["value"]
    }
    if not parts:
        return "it did nothing that has a price"
    largest = max(parts, key=lambda name: parts[name])
    return f"most of it, {100 * parts[largest] / sum(parts.values()):.0f} %, is {largest.replace('_', ' ')}"
