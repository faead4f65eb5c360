"""What a run writes down."""

from dataclasses import dataclass

from pysnn.plastic.rules.base import check_positive

__all__ = ["Monitor", "Rates", "Spikes", "Traces", "Weights"]


@dataclass(frozen=True)
class Spikes:
    """Every spike of a population: the table "plastic_spikes".

    Examples
    --------
    >>> Spikes("cells").population
    'cells'
    """

    population: str


@dataclass(frozen=True)
class Rates:
    """The mean rate of every population in windows of ``every`` seconds: the table "plastic_rates".

    Examples
    --------
    >>> Rates(every=0.5).every
    0.5
    """

    every: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "every", check_positive(self.every, "Rates: every"))


@dataclass(frozen=True)
class Weights:
    """The weights of a projection every so many seconds, and at the end: the table "plastic_weights".

    Examples
    --------
    >>> Weights("wires", every=1.0).most
    1000
    """

    projection: str
    every: float
    most: int = 1000
    """Of more synapses than these, every so many-th is written down."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "every", check_positive(self.every, "Weights: every"))


@dataclass(frozen=True)
class Traces:
    """A trace ("x", "x2", "y", "y2", "eligibility") of a projection every so many seconds: the table "plastic_traces".

    Examples
    --------
    >>> Traces("wires", "x", every=0.01).name
    'x'
    """

    projection: str
    name: str
    every: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "every", check_positive(self.every, "Traces: every"))


Monitor = Spikes | Rates | Weights | Traces
