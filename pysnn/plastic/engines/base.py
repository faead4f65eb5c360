"""What every engine of plastic networks does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.state import PlasticState

__all__ = ["STORE_BYTES", "Counts", "PlasticEngine", "RunPart", "RunRecord"]

STORE_BYTES = {"eager": 14, "lazy": 6}
"""Bytes of a synapse by store, at most."""


@dataclass(frozen=True, eq=False)
class RunPart:
    """Steps to run without a stop.

    Attributes
    ----------
    steps
        How many.
    learn
        Whether weights and thresholds change.
    record
        Places of populations whose spikes to keep.
    thresholds
        By place: what replaces :attr:`PopulationPlan.thresholds` in this part.
    progress
        Called with the steps done, now and then.
    """

    steps: int
    learn: bool = True
    record: tuple[int, ...] = ()
    thresholds: Mapping[int, NDArray[np.uint64]] = field(default_factory=dict)
    progress: Callable[[int], None] | None = None


@dataclass(frozen=True)
class Counts:
    """Exact counts of a part, one each.

    Attributes
    ----------
    spikes
        Of each population.
    deliveries, pre_updates, post_updates
        Of each projection: synapses passed by arrivals; plastic ones visited by an arrival and by a spike of their target while learning.
    """

    spikes: tuple[int, ...]
    deliveries: tuple[int, ...]
    pre_updates: tuple[int, ...]
    post_updates: tuple[int, ...]

    def __add__(self, other: "Counts") -> "Counts":
        pairs = (
            (self.spikes, other.spikes),
            (self.deliveries, other.deliveries),
            (self.pre_updates, other.pre_updates),
        )
        added = [
            tuple(a + b for a, b in zip(*pair, strict=True))
            for pair in (*pairs, (self.post_updates, other.post_updates))
        ]
        return Counts(*added)


@dataclass(frozen=True, eq=False)
class RunRecord:
    """What a part gave: int64 ``(spikes, 2)`` of step and neuron for each population recorded, and counts."""

    spikes: Mapping[int, NDArray[np.int64]]
    counts: Counts


class PlasticEngine(Protocol):
    """A plan with its state. Populations and projections are named by their places."""

    name: str
    """Which engine, and how it runs."""

    def load(self, state: PlasticState | None) -> None:
        """Go on from a state; ``None``: from the start."""

    def save(self) -> PlasticState:
        """Return the state."""

    def run(self, part: RunPart) -> RunRecord:
        """Run some steps."""

    def connectivity(self, projection: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the rows of sources begin (and the last ends), and the target of each synapse."""

    def weights(self, projection: int) -> NDArray[np.float32]:
        """Return a copy of the weights, by source and target."""

    def set_weights(self, projection: int, weights: NDArray[np.float32]) -> None:
        """Replace the weights."""

    def reward(self, projection: int, amount: float) -> None:
        """Add ``eta amount c`` to every weight, as of the last step run."""

    def trace(self, projection: int, name: str) -> NDArray[np.float32]:
        """Return the values of a trace ("x", "x2", "y", "y2", "eligibility") behind the last step run."""
