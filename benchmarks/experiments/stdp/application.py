"""What an application is: cases that are run with seeds, and a drawing of what came out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["Application", "Curve", "Outcome", "curve_of", "rate_curve", "spike_statistics"]

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a line, or the left edges and the heights of a histogram."""

    x: Any
    y: Any


@dataclass(frozen=True)
class Outcome:
    """What one run gives: figures and curves by name."""

    figures: Mapping[str, float]
    curves: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class Application:
    """A published network.

    Attributes
    ----------
    cases
        By name, what is run: takes a seed.
    seeds
        Those of the page.
    draw
        Draws the table of curves on the axes of one row.
    settings
        What the page says of the network and of the run.
    """

    cases: Mapping[str, Callable[[int], Outcome]]
    seeds: Sequence[int]
    draw: Callable[[pl.DataFrame, Sequence[Any]], None]
    settings: Mapping[str, str] = field(default_factory=dict)


def curve_of(curves: pl.DataFrame, name: str, case: str, seed: int | None = None) -> tuple[Values, Values]:
    """Return a curve of a case, that of the first seed by default."""
    own = curves.filter((pl.col("curve") == name) & (pl.col("case") == case))
    own = own.filter(pl.col("seed") == (own["seed"].to_numpy().min() if seed is None else seed))
    return own["x"].to_numpy(), own["y"].to_numpy()


def rate_curve(rates: pl.DataFrame, population: str) -> Curve:
    """Return the rate of a population against time."""
    own = rates.filter(pl.col("population") == population)
    return Curve(own["time"].to_numpy(), own["rate"].to_numpy())


def spike_statistics(spikes: pl.DataFrame, seconds: float, size: int) -> tuple[float, float]:
    """Return the mean rate (Hz) of all neurons, and the mean CV of the intervals of those with ten spikes or more (NaN where none has).

    Examples
    --------
    >>> regular = pl.DataFrame({"neuron": [0] * 11, "time": [0.1 * k for k in range(11)]})
    >>> rate, cv = spike_statistics(regular, 1.1, 1)
    >>> round(rate, 6), round(cv, 6)
    (10.0, 0.0)
    """
    own = spikes.sort("neuron", "time").with_columns(gap=pl.col("time").diff().over("neuron"))
    gaps = own.drop_nulls("gap").group_by("neuron").agg(pl.len(), cv=pl.col("gap").std(ddof=0) / pl.col("gap").mean())
    varied = gaps.filter(pl.col("len") >= 9)["cv"].to_numpy()
    return spikes.height / (seconds * size), float(varied.mean()) if len(varied) else float("nan")
