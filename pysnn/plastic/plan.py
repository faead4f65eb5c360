"""What engines see of a plastic network: arrays and float32 numbers, worked out once for a time step."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.connectors import Synapses
from pysnn.plastic.tables import PowerTable, TraceTable

__all__ = [
    "MOST_STEPS",
    "CellPlan",
    "ChangePlan",
    "KernelPlan",
    "PlasticPlan",
    "PopulationPlan",
    "ProjectionPlan",
]

MOST_STEPS = 2**31 - 2**24
"""Of a network's life: steps are 32-bit numbers in compiled engines."""


@dataclass(frozen=True, eq=False)
class CellPlan:
    """Numbers of a population of cells; potentials are relative to rest.

    Attributes
    ----------
    synapses
        "delta", "current" or "conductance".
    constants
        float32: leak, gain, drive, threshold, reset, decay of excitation, of inhibition, their reversal potentials, rise of the threshold.
    refractory
        Steps that follow a spike at the reset.
    threshold
        The table of the threshold's rise, or ``None``.
    """

    synapses: str
    constants: NDArray[np.float32]
    refractory: int
    threshold: TraceTable | None


@dataclass(frozen=True, eq=False)
class PopulationPlan:
    """A population: what makes its spikes is the one of ``gaps``, ``thresholds``, ``given``, ``cells`` that is there.

    Attributes
    ----------
    gaps
        Poisson sources of one rate: :func:`pysnn.plastic.tables.gap_table`.
    thresholds
        Poisson sources of a rate each: ``rint(p 2^32)``.
    given
        int64 ``(spikes, 2)``: step and source, ascending.
    stream
        Tells random numbers of populations apart.
    keep
        Steps for which spikes are kept: the longest delay.
    """

    name: str
    size: int
    stream: int
    keep: int
    gaps: NDArray[np.uint64] | None = None
    thresholds: NDArray[np.uint64] | None = None
    given: NDArray[np.int64] | None = None
    cells: CellPlan | None = None


@dataclass(frozen=True, eq=False)
class ChangePlan:
    """A :class:`pysnn.plastic.rules.base.Change` in float32.

    Attributes
    ----------
    amounts
        pair, triplet, offset.
    dependence
        "none", "weight" or "room".
    power
        The table of the exponent; ``None`` where it is 1.
    split
        See :class:`pysnn.plastic.rules.base.Change`.
    """

    amounts: NDArray[np.float32]
    dependence: str
    power: PowerTable | None
    split: bool

    @property
    def triplet(self) -> bool:
        """Whether the second trace counts."""
        return bool(self.amounts[1])


@dataclass(frozen=True, eq=False)
class KernelPlan:
    """A rule in tables: x, x2 of sources, y, y2 of targets, c of eligibility."""

    x: TraceTable
    y: TraceTable
    x2: TraceTable | None
    y2: TraceTable | None
    c: TraceTable | None
    nearest: tuple[bool, bool, bool, bool]
    pre: ChangePlan
    post: ChangePlan
    w_max: np.float32
    inverse: np.float32
    eta: np.float32
    exclusive: bool
    restricted: bool


@dataclass(frozen=True, eq=False)
class ProjectionPlan:
    """A projection: a recipe for its synapses, or the synapses.

    Attributes
    ----------
    pre, post
        Places of its populations.
    recipe
        "probability" (with ``gaps`` and ``seed``), "all", "one" or "given" (with ``given``).
    low, span, weight_seed
        float32 weights ``low + span u`` with u from a seeded generator where ``span`` is not 0, and not above ``high``.
    """

    name: str
    pre: int
    post: int
    delay: int
    inhibitory: bool
    recipe: str
    gaps: NDArray[np.uint64]
    seed: int
    given: Synapses | None
    low: np.float32
    span: np.float32
    high: np.float32
    weight_seed: int
    kernel: KernelPlan | None
    sizes: tuple[int, int]

    @property
    def loops(self) -> bool:
        """Whether a recipe may connect a neuron with itself: the populations are two."""
        return self.pre != self.post

    @cached_property
    def expected(self) -> float:
        """How many synapses there are, on the average of a random recipe."""
        pairs = float(self.sizes[0]) * self.sizes[1]
        p = float(self.gaps[0]) / 2.0**32 if self.recipe == "probability" else 1.0
        counts = {"all": pairs, "probability": pairs * p, "one": self.sizes[0]}
        return float(self.given.pre.size if self.given is not None else counts[self.recipe])


@dataclass(frozen=True, eq=False)
class PlasticPlan:
    """A plastic network for a time step and a seed."""

    dt: float
    seed: int
    populations: tuple[PopulationPlan, ...]
    projections: tuple[ProjectionPlan, ...]
