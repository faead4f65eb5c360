"""A chip: limits, prices, delays and operating points, each number with unit, source, evidence grade and scope."""

from collections.abc import Mapping
from dataclasses import dataclass

from pysnn.frozen import FrozenDict

__all__ = [
    "COUNTS",
    "FORMS",
    "GRADES",
    "LEARNING",
    "MAPPINGS",
    "SCOPES",
    "SECTIONS",
    "TIMINGS",
    "Chip",
    "Learning",
    "Quantity",
]

GRADES = ("published", "fitted", "simulated", "inferred", "assumed", "unverified")
"""How a number is known: measured and published; fitted to published ones; a simulation before silicon; inferred from published
ones; assumed; stated as the field has it, and not checked against its source."""

SCOPES = ("core", "core dynamic", "chip", "board")
"""What a number covers: limits of a core; switching energy of cores; a whole chip; what stands around it."""

SECTIONS = (
    "technology",
    "limits",
    "kernel_memory",
    "neuron_memory",
    "prices",
    "powers",
    "delays",
    "cycles",
    "points",
    "memory",
    "operations",
    "published",
)
"""Tables of a chip's file."""

MAPPINGS = ("none", "loihi", "truenorth", "speck", "xylo", "single_core", "neurons_per_core")
TIMINGS = ("none", "tick", "barrier", "throughput", "xylo")

LEARNING = ("pre_updates", "post_updates", "reward_updates")
"""Counts of plastic networks: synapses changed by arrivals, by spikes of their targets, and by rewards."""

COUNTS = (
    "synops",
    "macs",
    "updates",
    "updates_active",
    "updates_inactive",
    "bias_additions",
    "edge_additions",
    "edge_multiplications",
    "pool_additions",
    "direct_additions",
    "ramp_multiplications",
    "ramp_divisions",
    "input_spikes",
    "spikes",
    "packets",
    "hops",
    "memory_accesses",
    *LEARNING,
)
"""Counts that a chip may have a price for, each a sample."""

FORMS = ("none", "own", "products", "any")
"""What a learning engine can compute: there is none; a fixed rule that is none of pysnn's; sums of products of traces, weight and one
more variable of a synapse; any rule, as software."""


@dataclass(frozen=True)
class Quantity:
    """A number with its interval and where it comes from.

    Attributes
    ----------
    low, value, high
        The interval and the nominal value, in ``unit``; all equal where no interval is known.
    unit, source, grade, scope
        Its unit, who says so, one of :data:`GRADES`, one of :data:`SCOPES`.
    per
        What it is multiplied by: one of :data:`COUNTS`, or "chips", "cores", "system", "clock", "steps"; "" for limits.
    """

    low: float
    value: float
    high: float
    unit: str
    source: str
    grade: str
    scope: str
    per: str = ""


@dataclass(frozen=True)
class Learning:
    """What a chip can learn by itself: its engine in words, one of :data:`FORMS`, who says so, one of :data:`GRADES`."""

    engine: str
    forms: str
    source: str
    grade: str


@dataclass(frozen=True, eq=False)
class Chip:
    """What is known of a chip.

    Attributes
    ----------
    name, title, source
        Its name in tables, its full name, the main source.
    kind
        "priced", or "limits" where only the mapping can be checked.
    mapping, timing
        The rules that place a network and that give the time of a step.
    sections
        Quantities by section (:data:`SECTIONS`) and name.
    included
        Counts that a price of another count covers, with the reason.
    learning
        What it can learn by itself; ``None`` where that is not known.

    Examples
    --------
    >>> from pysnn.hardware import load_chip
    >>> load_chip("loihi1").limit("neurons_per_core")
    1024
    """

    name: str
    title: str
    kind: str
    source: str
    mapping: str
    timing: str
    sections: Mapping[str, Mapping[str, Quantity]]
    included: Mapping[str, str]
    learning: Learning | None = None

    def section(self, name: str) -> Mapping[str, Quantity]:
        """Return the quantities of one section; empty where the file has none."""
        return self.sections.get(name, FrozenDict())

    def limit(self, name: str) -> int | None:
        """Return a limit as a whole number, or ``None`` where the chip's file has none of that name."""
        found = self.section("limits").get(name)
        return None if found is None else int(found.value)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes of its prices and powers, the narrowest first."""
        held = {q.scope for part in ("prices", "powers") for q in self.section(part).values()}
        return tuple(scope for scope in SCOPES if scope in held)
