"""Exact counts of a run of a plastic network, as :class:`pysnn.activity.Activity` has them of other runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pysnn.errors import DataError
from pysnn.plastic.engines.base import Counts
from pysnn.plastic.network import PlasticNetwork
from pysnn.plastic.populations import IFCells, LIFCells

if TYPE_CHECKING:
    import polars as pl

__all__ = ["CountedPopulation", "CountedProjection", "PlasticActivity", "plastic_activity"]


class CountedPopulation(NamedTuple):
    """A population with its counts; only cells are updated: every one at each step, refractory or not."""

    name: str
    type: str
    neurons: int
    spikes: int
    neuron_updates: int


class CountedProjection(NamedTuple):
    """A projection with its counts; ``type`` is its rule's class, "" without one.

    A delivery is a synapse that an arriving spike passes, whatever its weight; a pre update one whose weight (or eligibility) the arrival
    changed; a post update one that was changed by a spike of its target; a reward update one that a reward changed.
    """

    name: str
    type: str
    deliveries: int
    pre_updates: int
    post_updates: int
    reward_updates: int


@dataclass(frozen=True)
class PlasticActivity:
    """What a plastic network did in a run; integers that every engine and store counts alike. Parts of a run add up to the whole.

    Attributes
    ----------
    dt
        Seconds a step.
    steps, learned_steps
        Steps of the run, and those in which weights and thresholds could change.
    populations, projections
        In the order of the network.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, IFCells, PairSTDP, PlasticSimulator, Projection, SpikeSource
    >>> net = PlasticNetwork.of(
    ...     a=SpikeSource(2, times=[0.0, 1e-3], indices=[0, 1]),
    ...     b=IFCells(size=3, v_threshold=0.5),
    ...     wires=Projection(pre="a", post="b", connector=AllToAll(), weight=1.0, delay=0, rule=PairSTDP()),
    ... )
    >>> activity = PlasticSimulator(net, dt=1e-3).run(0.01).activity
    >>> activity.synops, activity.total("post_updates"), activity.total("neuron_updates")
    (6, 12, 30)
    """

    dt: float
    steps: int
    learned_steps: int
    populations: tuple[CountedPopulation, ...]
    projections: tuple[CountedProjection, ...]

    @property
    def seconds(self) -> float:
        """Time of the network, in seconds."""
        return self.steps * self.dt

    @property
    def synops(self) -> int:
        """Synaptic operations: synapses that spikes passed, weights of zero included, since plastic synapses are kept whatever their weight."""
        return self.total("deliveries")

    @property
    def updates(self) -> int:
        """Plastic synapses visited to be changed: by arrivals, by spikes of targets and by rewards."""
        return sum(self.total(name) for name in ("pre_updates", "post_updates", "reward_updates"))

    def total(self, name: str) -> int:
        """Return one count summed over all parts.

        Raises
        ------
        DataError
            There is no such count.
        """
        known = (*CountedPopulation._fields[2:], *CountedProjection._fields[2:])
        if name not in known:
            raise DataError(f"activity: expected one of {', '.join(known)}, got {name!r}")
        return sum(getattr(one, name, 0) for one in (*self.populations, *self.projections))

    def __add__(self, other: "PlasticActivity") -> "PlasticActivity":
        """Return the counts of two runs of one network.

        Raises
        ------
        DataError
            They are of different networks or time steps.
        """
        if not isinstance(other, PlasticActivity):
            return NotImplemented
        if self._kind() != other._kind():
            raise DataError("activity: expected two runs of one network with one dt, got different ones")
        return PlasticActivity(
            self.dt,
            self.steps + other.steps,
            self.learned_steps + other.learned_steps,
            tuple(
                CountedPopulation(*a[:3], a.spikes + b.spikes, a.neuron_updates + b.neuron_updates)
                for a, b in zip(self.populations, other.populations, strict=True)
            ),
            tuple(
                CountedProjection(*a[:2], *(m + n for m, n in zip(a[2:], b[2:], strict=True)))
                for a, b in zip(self.projections, other.projections, strict=True)
            ),
        )

    def table(self) -> "pl.DataFrame":
        """Return one row a population and one a projection, schema "plastic_counts"."""
        from pysnn.tables import make_table

        run = {"steps": self.steps, "seconds": self.seconds}
        none = dict.fromkeys((*CountedPopulation._fields[2:], *CountedProjection._fields[2:]), 0)
        return make_table(
            "plastic_counts",
            [
                {**run, **none, **one._asdict(), "kind": kind}
                for kind, parts in (("population", self.populations), ("projection", self.projections))
                for one in parts
            ],
        )

    def _kind(self) -> tuple[object, ...]:
        return self.dt, tuple(one[:3] for one in self.populations), tuple(one[:2] for one in self.projections)


def plastic_activity(
    network: PlasticNetwork, counts: Counts, *, dt: float, steps: int, learned: int, rewarded: tuple[int, ...]
) -> PlasticActivity:
    """Return the activity of a run: engines' counts, steps in all and with learning, and updates by rewards of each projection."""
    populations = tuple(
        CountedPopulation(
            name, type(one).__name__, one.size, spikes, one.size * steps * isinstance(one, IFCells | LIFCells)
        )
        for (name, one), spikes in zip(network.populations.items(), counts.spikes, strict=True)
    )
    parts = zip(counts.deliveries, counts.pre_updates, counts.post_updates, rewarded, strict=True)
    projections = tuple(
        CountedProjection(name, "" if one.rule is None else type(one.rule).__name__, *found)
        for (name, one), found in zip(network.projections.items(), parts, strict=True)
    )
    return PlasticActivity(dt, steps, learned, populations, projections)
