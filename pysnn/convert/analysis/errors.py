"""Which layer lost what: the error of each neuron's rate in four parts that add up. See docs/conversion.md."""

from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ErrorSums", "ErrorTerms", "SpikeUnit", "error_terms"]

Float64 = NDArray[np.float64]

_PARTS = ("p", "c", "q", "d")


@dataclass(frozen=True, eq=False)
class SpikeUnit:
    """Numbers of a layer of neurons, each float64, one value or an array that spreads over the neurons.

    Attributes
    ----------
    value
        What one spike stands for in the layers behind: th.
    threshold, v_init
        In the unit of the potential.
    unit
        Value of one unit of the potential; 1 in float32.
    ceiling
        Upper bound of the activation that the neuron stands for (``ReLU.max``).
    levels
        S, where neurons spike once in a window: ``value`` is what the largest level stands for. ``None`` where they take steps.
    """

    value: Any
    threshold: Any
    v_init: Any
    unit: Any = 1.0
    ceiling: Any = np.inf
    levels: int | None = None


@dataclass(frozen=True, eq=False)
class ErrorTerms:
    """Parts of ``rate - ann`` for each neuron, float64: inherited, clipping, quantisation, deviation."""

    e_p: Float64
    e_c: Float64
    e_q: Float64
    e_d: Float64
    rate: Float64
    ann: Float64


def error_terms(
    current_sum: NDArray[Any], spikes: NDArray[Any], steps: int, unit: SpikeUnit, ann: NDArray[Any]
) -> ErrorTerms:
    """Split the error of rates into four parts; ``e_p + e_c + e_q + e_d = rate - ann``, to rounding.

    Parameters
    ----------
    current_sum
        Sum over the steps of each neuron's current, in the unit of the potential.
    spikes
        Number of spikes of each neuron; with windows its level.
    steps
        Number of time-steps, T; with windows 1, of the pass.
    unit
        The layer's threshold, initial potential and unit.
    ann
        What the ANN has in place of the rate.

    Examples
    --------
    A current of 0.75 at each of 4 steps, threshold 1, from 0.5: ``floor(3.5) = 3`` spikes, a rate of 0.75.

    >>> terms = error_terms(np.array(3.0), np.array(3), 4, SpikeUnit(1.0, 1.0, 0.5), np.array(0.5))
    >>> float(terms.e_p), float(terms.e_c), float(terms.e_q), float(terms.e_d), float(terms.rate)
    (0.25, 0.0, 0.0, 0.0, 0.75)
    """
    total = np.asarray(current_sum, dtype=np.float64)
    mean = total * unit.unit / steps
    rectified = np.clip(mean, 0.0, unit.ceiling)
    clipped = np.clip(mean, 0.0, unit.value)
    # The spikes that the same neuron would fire if its mean current came at every step.
    most = unit.levels or steps
    constant = np.clip(np.floor_divide(total + unit.v_init, unit.threshold), 0, most)
    quantised = unit.value * constant / most
    rate = unit.value * np.asarray(spikes, dtype=np.float64) / most
    expected = np.asarray(ann, dtype=np.float64)
    return ErrorTerms(
        e_p=rectified - expected,
        e_c=clipped - rectified,
        e_q=quantised - clipped,
        e_d=rate - quantised,
        rate=rate,
        ann=expected,
    )


@dataclass
class ErrorSums:
    """Running sums over samples and neurons of one layer, at one number of steps; ``levels`` as in :class:`SpikeUnit`."""

    steps: int
    levels: int | None = None
    values: int = 0
    squares: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*_PARTS, "total"), 0.0))
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_PARTS, 0.0))
    signal: float = 0.0
    variance: float = 0.0
    silent: int = 0
    saturated: int = 0

    def add(self, terms: ErrorTerms, variance: Float64, spikes: NDArray[Any]) -> None:
        """Take up a batch; ``variance`` is that of the current over time, in thresholds squared."""
        self.values += spikes.size
        total = np.zeros_like(terms.rate)
        for part in _PARTS:
            error = getattr(terms, f"e_{part}")
            total += error
            self.squares[part] += float(np.sum(error * error))
            self.sums[part] += float(error.sum())
        self.squares["total"] += float(np.sum(total * total))
        self.signal += float(np.sum(terms.ann * terms.ann))
        self.variance += float(variance.sum())
        self.silent += int(np.count_nonzero(spikes == 0))
        self.saturated += int(np.count_nonzero(spikes == (self.levels or self.steps)))

    def columns(self) -> dict[str, float]:
        """Return the columns of the table: roots of mean squares, means, shares."""
        return {
            "signal": sqrt(self.signal / self.values),
            **{f"e_{part}": sqrt(self.squares[part] / self.values) for part in (*_PARTS, "total")},
            **{f"bias_{part}": self.sums[part] / self.values for part in _PARTS},
            "sigma_per_threshold": sqrt(self.variance / self.values),
            "saturated": self.saturated / self.values,
            "silent": self.silent / self.values,
        }
