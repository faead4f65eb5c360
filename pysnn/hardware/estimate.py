"""What a network would cost on chips: mapping, energy, latency, power, beside ANNs of the same shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pysnn.activity import Activity
from pysnn.errors import DataError
from pysnn.first_spike.network import FirstSpikeNetwork
from pysnn.hardware.baselines import baseline_rows
from pysnn.hardware.case import Case, check_points
from pysnn.hardware.chip import Chip
from pysnn.hardware.counts import Counted, count
from pysnn.hardware.interval import Interval
from pysnn.hardware.mapping.place import mapping_rows, place
from pysnn.hardware.mapping.placement import Bits, MappingTask, Placement, Violation
from pysnn.hardware.plastic.counts import count_plastic
from pysnn.hardware.plastic.learning import learning_violations, refused_rows
from pysnn.hardware.plastic.processor import processor_rows
from pysnn.hardware.pricing.energy import price
from pysnn.hardware.registry import load_chip
from pysnn.hardware.spikes_only import SPIKES_ONLY, deliver_again
from pysnn.keywords import check_keywords
from pysnn.network import Network
from pysnn.notebook import object_page
from pysnn.plastic.activity import PlasticActivity
from pysnn.plastic.network import PlasticNetwork

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Estimate", "EstimateKeywords", "EstimateOptions", "PlacingKeywords", "cases", "estimate"]

NETWORK = "snn"
"""The spiking network's name in the column ``network``."""

Points = Mapping[str, Mapping[str, float]]


class PlacingKeywords(TypedDict, total=False):
    """The fields of :class:`EstimateOptions` but operating points, for type checkers and editors."""

    weight_bits: Bits
    delay_bits: Bits
    policy: str
    busiest: Mapping[str, float]


class EstimateKeywords(PlacingKeywords, total=False):
    """The fields of :class:`EstimateOptions` for type checkers and editors, each of which may be missing."""

    points: Points


@dataclass(frozen=True, eq=False)
class EstimateOptions:
    """How to estimate; every field is a keyword of :func:`estimate`.

    Attributes
    ----------
    weight_bits, delay_bits, policy
        As in :func:`~pysnn.hardware.map_network`.
    points
        Operating points by chip and name: ``{"odin": {"clock": 1.3}}``; nominal values by default.
    busiest
        By chip, nanoseconds a sample of the busiest core, summed over the steps
        (:func:`pysnn.hardware.replay_busiest`); without, latency is an interval between two bounds.
    """

    weight_bits: Bits = None
    delay_bits: Bits = None
    policy: str = "unrolled"
    points: Points = field(default_factory=dict)
    busiest: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a network would cost.

    Attributes
    ----------
    table
        Schema "estimate": counts, energy, latency and power of the network ("snn") on each chip, and of ANNs of the same shape on
        45 nm CMOS; of a plastic network's run as float32 operations there. Energy in pJ a sample, latency in ms, power in mW. A network whose shortcuts carry currents is there a second time
        ("snn_spikes_only") on chips whose packets are spikes: each spike is delivered again to every later sum.
    mapping
        Schema "mapping": cores of each layer.
    violations
        Schema "violations": what a chip cannot hold, by rule and layer, with both numbers.
    resources
        Schema "resources": what a core of each layer uses, and what it has.
    meta
        How it was made.
    """

    table: "pl.DataFrame"
    mapping: "pl.DataFrame"
    violations: "pl.DataFrame"
    resources: "pl.DataFrame"
    meta: dict[str, Any]

    def __repr__(self) -> str:
        span = "" if self.meta["steps"] is None else f", T = {self.meta['steps']}"
        chips = ", ".join(self.meta["chips"])
        return f"Estimate({chips}: {self.meta['samples']} samples{span}, {self.violations.height} violations)"

    def _repr_html_(self) -> str:
        rows = [row for row in self.table.to_dicts() if row["layer"] == "" and row["term"] == "energy_total"]
        shown = ("network", "chip", "scope", "low", "value", "high", "unit", "grade")
        facts = {"samples": self.meta["samples"], "steps": self.meta["steps"], "violations": self.violations.height}
        found = [{name: row[name] for name in shown} for row in rows if row["value"] is not None]
        return object_page("Estimate: energy of a sample", facts, found, self.verdicts)

    def total(self, chip: str, network: str = NETWORK, scope: str | None = None) -> Interval | None:
        """Return the total energy in pJ a sample, of the outermost scope or of one; ``None`` where it is not priced.

        The upper end of a lower bound is infinite.
        """
        rows = self.table.filter(
            (self.table["chip"] == chip) & (self.table["network"] == network) & (self.table["term"] == "energy_total")
        ).to_dicts()
        rows = [row for row in rows if row["value"] is not None and scope in (None, row["scope"])]
        if not rows:
            return None
        high = rows[-1]["high"]
        return Interval(rows[-1]["low"], rows[-1]["value"], float("inf") if high is None else high)

    @property
    def verdicts(self) -> tuple[str, ...]:
        """A sentence a chip: which network needs less energy, by how much, and what that rests on."""
        from pysnn.hardware.verdicts import verdicts

        return verdicts(self)


def estimate(
    network: Network | FirstSpikeNetwork | PlasticNetwork,
    activity: Activity | PlasticActivity,
    *,
    chips: Sequence[str | Chip],
    steps: int | None = None,
    **options: Unpack[EstimateKeywords],
) -> Estimate:
    """Estimate cores, energy, latency and power of a network on chips, from the counts of a run.

    Parameters
    ----------
    network
        A spiking network, or a plastic one.
    activity
        ``Result.activity`` of a run of it, or ``Evaluation.activity``. It knows the spread over samples, so that counts have 95 %
        confidence intervals. Of a plastic network ``PlasticResult.activity``; the run is one sample, and a chip that cannot learn by
        the network's rules has no totals, unless the run was one with ``learn=False``.
    chips
        Names (``pysnn chips`` lists them), or :class:`Chip` values.
    steps
        Which read of a clocked run, the last by default; for a first-spike network the time-steps of a sample.
    **options
        Fields of :class:`EstimateOptions`.

    Raises
    ------
    DataError
        The activity is another network's, a chip is unknown, an operating point lies outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn import IF, Input, Linear, Output, run
    >>> net = Network.chain({"in": Input((2,)), "a": IF(), "fc": Linear(np.eye(2)), "b": IF(), "out": Output("count")})
    >>> activity = run(net, np.float32([[0.5, 1.0]]), steps=4).activity
    >>> found = estimate(net, activity, chips=["truenorth"], steps=4)
    >>> found.table.filter(found.table["term"] == "latency")["value"][0]
    4.0
    """
    from pysnn.tables import make_table, metadata

    check_keywords("estimate", options, list(EstimateOptions.__dataclass_fields__), ("chips", "steps"))
    settings = EstimateOptions(**options)
    if isinstance(chips, str | Chip) or not chips:
        raise DataError(f"chips: expected a list of names of chips, got {chips!r}")
    subject = _subject(network, activity, steps)
    counted = subject.counted
    rows: list[dict[str, Any]] = []
    mapped: list[dict[str, Any]] = []
    broken: list[dict[str, Any]] = []
    used: list[dict[str, Any]] = []
    for case in cases(counted, chips, settings):
        unlearnable = subject.unlearnable(case)
        rows += refused_rows(case, unlearnable) if unlearnable else subject.rows(case)
        mapped += mapping_rows(case.chip, case.placement)
        violations = (*case.placement.violations, *unlearnable)
        broken += [{"chip": case.chip.name, **vars(violation)} for violation in violations]
        used += _resource_rows(case.chip, case.placement)
    rows += subject.compared(load_chip("cmos45"))
    names = [load_chip(chip).name for chip in chips]
    meta = metadata(steps=counted.steps, samples=counted.samples, chips=names, **subject.said)
    return Estimate(
        make_table("estimate", rows),
        make_table("mapping", mapped),
        make_table("violations", broken),
        make_table("resources", used),
        meta,
    )


@dataclass(frozen=True, eq=False)
class _Subject:
    """What is estimated: what was counted of a run, and its counts without shortcuts of currents where it has some."""

    counted: Counted
    again: Counted | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What is said of the run beside its steps."""
        return {}

    def rows(self, case: Case) -> list[dict[str, Any]]:
        """Return the rows of a chip."""
        rows = price(case)
        if self.again is not None and case.chip.mapping != "none":
            rows += price(replace(case, network=SPIKES_ONLY, counted=self.again, busiest=None))
        return rows

    def unlearnable(self, case: Case) -> list[Violation]:
        """Return what the run learned that a chip has no engine for."""
        del case
        return []

    def compared(self, chip: Chip) -> list[dict[str, Any]]:
        """Return the rows that stand beside those of chips: ANNs of the same shape."""
        return baseline_rows(self.counted, chip)


@dataclass(frozen=True, eq=False, kw_only=True)
class _PlasticSubject(_Subject):
    """A plastic network whose run is estimated."""

    network: PlasticNetwork
    activity: PlasticActivity

    @property
    def said(self) -> dict[str, Any]:
        """The time of the network, and how much of it could learn."""
        return {"seconds": self.activity.seconds, "learned_steps": self.activity.learned_steps}

    def unlearnable(self, case: Case) -> list[Violation]:
        """Return what the run learned that a chip has no engine for."""
        return learning_violations(self.network, self.activity, case)

    def compared(self, chip: Chip) -> list[dict[str, Any]]:
        """Return the rows that stand beside those of chips: the run on a processor."""
        synapses = sum(layer.synapses for layer in self.counted.layers)
        return processor_rows(self.network, self.activity, synapses, chip)


def _subject(network: Any, activity: Any, steps: int | None) -> _Subject:
    """Count a run; what is no network, and no activity of it, is refused there."""
    if not isinstance(network, PlasticNetwork):
        counted = count(network, activity, steps)
        return _Subject(counted, deliver_again(counted, activity))
    if steps is not None:
        raise DataError(f"steps: a plastic run has its own, expected none, got {steps!r}")
    return _PlasticSubject(counted=count_plastic(network, activity), network=network, activity=activity)


def cases(counted: Counted, chips: Sequence[str | Chip], settings: EstimateOptions) -> list[Case]:
    """Place a counted network on each chip, each once."""
    found = {chip.name: chip for chip in map(load_chip, chips)}
    for what in (settings.points, settings.busiest):
        for name in what:
            if name not in found:
                raise DataError(f"estimate: '{name}' is none of the chips {', '.join(found)}")
    made = []
    for chip in found.values():
        points = settings.points.get(chip.name, {})
        check_points(chip, points)
        task = MappingTask(counted.layers, chip, settings.weight_bits, settings.delay_bits, settings.policy)
        busy = settings.busiest.get(chip.name)
        busiest = None if busy is None else Interval(busy, busy, busy)
        made.append(Case(NETWORK, counted, chip, place(task), points, busiest))
    return made


def _resource_rows(chip: Chip, placement: Placement) -> list[dict[str, Any]]:
    return [
        {"chip": chip.name, "layer": p.layer, "resource": name, "used": used, "limit": limit}
        for p in placement.placed
        for name, used, limit in p.resources
    ]
