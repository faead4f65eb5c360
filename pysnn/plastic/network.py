"""A plastic network: named populations joined by named projections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from pysnn.errors import NetworkError
from pysnn.frozen import FrozenDict
from pysnn.plastic.connectors import AllToAll, Connector, FixedProbability, OneToOne, Synapses, Uniform
from pysnn.plastic.populations import IFCells, LIFCells, PoissonSource, Population, SpikeSource
from pysnn.plastic.rules.base import Rule, check_positive

__all__ = ["PlasticNetwork", "Projection"]

Weight: TypeAlias = float | Uniform

_CONNECTORS = (FixedProbability, AllToAll, OneToOne, Synapses)
_POPULATIONS = (PoissonSource, SpikeSource, IFCells, LIFCells)
_MOST_DELAY = 2**16


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Synapses from one population to another.

    Parameters
    ----------
    pre, post
        Names of the populations.
    connector
        Which synapses there are.
    weight
        Their first weight: a number, :class:`Uniform`, or ``None`` where the connector is :class:`Synapses` with weights.
    delay
        Steps from a spike to its arrival (axonal: delivery and plasticity both wait). From a source 0 is allowed, from cells at least 1.
    inhibitory
        What arrives is subtracted, or goes into the inhibitory conductance. Weights themselves are never negative.
    rule
        How weights change; ``None``: they do not.

    Examples
    --------
    >>> Projection(pre="a", post="b", connector=AllToAll(), weight=0.5).delay
    1
    """

    pre: str
    post: str
    connector: Connector
    weight: Weight | None = None
    delay: int = 1
    inhibitory: bool = False
    rule: Rule | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.connector, _CONNECTORS):
            names = ", ".join(kind.__name__ for kind in _CONNECTORS)
            raise NetworkError(f"Projection: connector: expected one of {names}, got {self.connector!r}")
        given = isinstance(self.connector, Synapses) and self.connector.weight is not None
        if given == (self.weight is not None):
            raise NetworkError(
                f"Projection: weight: expected {'none, as synapses have theirs' if given else 'a value'}, got {self.weight!r}"
            )
        if self.weight is not None and not isinstance(self.weight, Uniform):
            object.__setattr__(self, "weight", check_positive(self.weight, "Projection: weight", strict=False))
        whole = isinstance(self.delay, int | np.integer) and not isinstance(self.delay, bool)
        if not whole or not 0 <= self.delay <= _MOST_DELAY:
            raise NetworkError(f"Projection: delay: expected whole steps in 0..{_MOST_DELAY}, got {self.delay!r}")
        if self.rule is not None and not isinstance(self.rule, Rule):
            raise NetworkError(f"Projection: rule: expected a Rule or None, got {self.rule!r}")

    @classmethod
    def from_arrays(
        cls, pre: str, post: str, *, synapses: Synapses, delays: Any, **others: Any
    ) -> tuple["Projection", ...]:
        """Return projections with one delay each, for synapses whose delays (in steps, one each, in the order of ``synapses``) differ.

        Examples
        --------
        >>> made = Projection.from_arrays("a", "b", synapses=Synapses.of([0, 0], [0, 1], [1.0, 2.0]), delays=[3, 1])
        >>> [(one.delay, one.connector.weight.tolist()) for one in made]
        [(1, [2.0]), (3, [1.0])]
        """
        steps = np.asarray(delays)
        if steps.shape != synapses.pre.shape or steps.dtype.kind not in "iu":
            raise NetworkError(
                f"Projection: delays: expected {synapses.pre.size} whole steps, got {steps.dtype} of shape {steps.shape}"
            )
        parts = []
        for delay in np.unique(steps):
            at = steps == delay
            weight = None if synapses.weight is None else synapses.weight[at]
            part = Synapses.of(synapses.pre[at], synapses.post[at], weight)
            parts.append(cls(pre=pre, post=post, connector=part, delay=int(delay), **others))
        return tuple(parts)


@dataclass(frozen=True, eq=False)
class PlasticNetwork:
    """Named populations and projections, checked; no time step and no state.

    Examples
    --------
    >>> from pysnn.plastic import PairSTDP
    >>> net = PlasticNetwork.of(
    ...     inputs=PoissonSource(100, rate=15.0),
    ...     cells=LIFCells(size=10, tau=20e-3),
    ...     wires=Projection(pre="inputs", post="cells", connector=AllToAll(), weight=0.5, rule=PairSTDP()),
    ... )
    >>> list(net.projections)
    ['wires']
    """

    populations: Mapping[str, Population] = field(default_factory=dict)
    projections: Mapping[str, Projection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "populations", FrozenDict(self.populations))
        object.__setattr__(self, "projections", FrozenDict(self.projections))
        twice = sorted(set(self.populations) & set(self.projections))
        if twice:
            raise NetworkError(
                f"PlasticNetwork: names must differ, got {', '.join(twice)} as a population and as a projection"
            )
        for name in (*self.populations, *self.projections):
            if not isinstance(name, str) or not name.isidentifier():
                raise NetworkError(f"PlasticNetwork: expected names of letters, digits and _, got {name!r}")
        for name, population in self.populations.items():
            if not isinstance(population, _POPULATIONS):
                raise NetworkError(f"PlasticNetwork: {name}: expected a population, got {population!r}")
        for name, projection in self.projections.items():
            self._check(name, projection)

    @classmethod
    def of(cls, **parts: Population | Projection) -> "PlasticNetwork":
        """Return the network of named populations and projections, in this order."""
        populations = {name: part for name, part in parts.items() if not isinstance(part, Projection)}
        return cls(populations, {name: part for name, part in parts.items() if isinstance(part, Projection)})

    def _check(self, name: str, projection: Projection) -> None:
        if not isinstance(projection, Projection):
            raise NetworkError(f"PlasticNetwork: {name}: expected a Projection, got {projection!r}")
        for side in (projection.pre, projection.post):
            if side not in self.populations:
                raise NetworkError(
                    f"PlasticNetwork: {name}: expected one of {', '.join(self.populations)}, got {side!r}"
                )
        pre, post = self.populations[projection.pre], self.populations[projection.post]
        if projection.delay == 0 and not pre.is_source:
            raise NetworkError(f"PlasticNetwork: {name}: delay: expected at least 1 step from cells, got 0")
        connector = projection.connector
        if isinstance(connector, OneToOne) and pre.size != post.size:
            raise NetworkError(
                f"PlasticNetwork: {name}: one to one: expected two equal sizes, got {pre.size} and {post.size}"
            )
        if isinstance(connector, Synapses):
            for side, indices, size in (("pre", connector.pre, pre.size), ("post", connector.post, post.size)):
                if indices.size and indices.max() >= size:
                    raise NetworkError(
                        f"PlasticNetwork: {name}: {side}: expected indices below {size}, got {indices.max()}"
                    )
        _check_weights(name, projection)


def _check_weights(name: str, projection: Projection) -> None:
    """Check that weights lie in 0..w_max (from 0 on, without a rule)."""
    top = np.inf if projection.rule is None else projection.rule.w_max
    if isinstance(projection.connector, Synapses) and projection.connector.weight is not None:
        weights = projection.connector.weight
        low, high = (weights.min(), weights.max()) if weights.size else (0.0, 0.0)
    elif isinstance(projection.weight, Uniform):
        low, high = projection.weight.low, projection.weight.high
    else:
        assert isinstance(projection.weight, float)
        low = high = projection.weight
    if not (low >= 0 and np.float32(high) <= np.float32(top)):
        raise NetworkError(f"PlasticNetwork: {name}: expected weights in 0..{top}, got {low}..{high}")
