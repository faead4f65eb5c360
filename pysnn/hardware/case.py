"""A counted network on a chip at an operating point: what is priced."""

from collections.abc import Mapping
from dataclasses import dataclass

from pysnn.errors import DataError
from pysnn.hardware.chip import Chip
from pysnn.hardware.counts import Counted
from pysnn.hardware.interval import ZERO, Interval, exactly
from pysnn.hardware.layers import HardwareLayer
from pysnn.hardware.mapping.placement import Placement
from pysnn.hardware.rows import Label, weakest

__all__ = ["Case", "check_points", "on_chip_counts", "sent_spikes"]


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

    @property
    def own_clock(self) -> bool:
        """Whether the chip updates every neuron at each step, and the run counted those that an event touched."""
        return not self.counted.clocked and self.counted.steps > 0 and self.chip.timing in ("tick", "barrier")

    @property
    def switching(self) -> float:
        """What the energy of switching is multiplied by: the square of the voltage over the profile's, 1 without a voltage."""
        known = self.chip.section("points").get("voltage")
        return 1.0 if known is None else (self.point("voltage") / known.value) ** 2

    def at_voltage(self, label: Label) -> Label:
        """Return the label of a number that was scaled with the voltage; the law is inferred, not measured on the chip."""
        if self.switching == 1.0:
            return label
        source = f"{label.source}; switching times the square of {self.point('voltage'):g} V over the profile's voltage"
        return label.but(source=source, grade=weakest((label.grade, "inferred")))

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


def on_chip_counts(case: Case) -> list[dict[str, Interval]]:
    """Return each layer's counts with the updates that the chip makes, packets (a spike to each core that it goes to) and hops.

    Where cores lie on the mesh is not known: a packet takes none to all of the way across the cores in use, on average two
    thirds of their square's side.
    """
    counted, placement = case.counted, case.placement
    side = max(1.0, min(placement.cores, 128) ** 0.5)
    found = []
    for layer, counts in zip(counted.layers, counted.counts, strict=True):
        packets = sent_spikes(counts).scaled(float(placement.copies.get(layer.name, 0)))
        more = (
            {"packets": packets, "hops": packets.times(Interval(0.0, 2 * side / 3, 2 * side))} if packets.high else {}
        )
        found.append({**counts, **_updates(case, layer, counts), **more})
    return found


def _updates(case: Case, layer: HardwareLayer, counts: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return updates where the chip's clock makes them and the run counted those of neurons that an event touched."""
    if not case.own_clock or layer.kind == "input":
        return {}
    every = float(layer.neurons * case.counted.steps)
    active = counts.get("updates_active", ZERO)
    left = Interval(every - active.high, every - active.value, every - active.low)
    return {"updates": exactly(every), "updates_inactive": left}


def sent_spikes(counts: Mapping[str, Interval]) -> Interval:
    """Return the spikes that leave a layer, or the input."""
    return counts.get("spikes", ZERO).plus(counts.get("input_spikes", ZERO))
