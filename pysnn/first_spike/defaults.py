"""What a first-spike training does unless it is told otherwise: the command line and the classifiers read it here."""

import math
from dataclasses import dataclass
from typing import Literal

from pysnn.first_spike.layers import WINDOWED_GAIN

__all__ = [
    "ANTI_CAUSAL",
    "GAP",
    "GROWTH",
    "MIN_SLOPE",
    "SSTDP_DEFAULTS",
    "STDBP_DEFAULTS",
    "STEPS",
    "TARGETS",
    "TAU",
    "Defaults",
    "default_batch_size",
]

TAU, MIN_SLOPE = 0.05, 0.1
"""Of the rule STDBP, in units of the input window and of its slopes."""
STEPS, GAP, ANTI_CAUSAL, GROWTH = 16, 10.0, 0.0, 1.0
TARGETS: Literal["one_sided", "exact", "published"] = "exact"
"""Of networks that SSTDP trains, and of that rule."""


@dataclass(frozen=True)
class Defaults:
    """The defaults of one rule; how they were chosen: ``docs/first_spike.md``.

    Attributes
    ----------
    epochs, weight_decay
        Of the training.
    strength
        The learning rate times the mean number of input spikes of a sample: Adam moves every weight by about the learning rate a
        step, and a potential by as much for every input that has spiked.
    reach
        Limit of the learning rate times the neurons of the largest layer behind the input: all of them may spike at once for the
        neurons behind them. In wide networks a rate that suits the input lets the output's potentials jump.
    gain, spread
        Of the first weights of neurons without windows.
    validation
        Share of the samples that is held out and chooses the epoch.
    """

    epochs: int
    weight_decay: float
    strength: float
    gain: float
    spread: float
    reach: float = math.inf
    validation: float = 0.1

    def learning_rate(self, spikes: float, widest: int) -> float:
        """Return the first learning rate for data with so many input spikes a sample, and a largest layer of ``widest`` neurons.

        Examples
        --------
        >>> defaults = Defaults(20, 0.0, 0.15, 8.0, 0.5, reach=0.5)
        >>> defaults.learning_rate(150.0, 100), defaults.learning_rate(150.0, 1000)
        (0.001, 0.0005)
        """
        return min(self.strength / max(spikes, 1.0), self.reach / widest)

    def first_weights(self, neuron: str) -> dict[str, float]:
        """Return ``gain`` and ``spread`` of layers; with a window of time, neurons above their threshold as it opens learn nothing.

        Examples
        --------
        >>> Defaults(20, 0.0, 0.15, 8.0, 0.5).first_weights("ramp")
        {'gain': 8.0, 'spread': 0.5}
        """
        return {"gain": WINDOWED_GAIN} if neuron == "falling" else {"gain": self.gain, "spread": self.spread}


def default_batch_size(samples: int) -> int:
    """Return the samples a step: a hundredth of all, from 16 to 128.

    Examples
    --------
    >>> [default_batch_size(samples) for samples in (150, 5000, 60000)]
    [16, 50, 128]
    """
    return min(max(samples // 100, 16), 128)


STDBP_DEFAULTS = Defaults(epochs=20, weight_decay=0.5, strength=0.3, gain=8.0, spread=0.5, reach=1.0)
SSTDP_DEFAULTS = Defaults(epochs=20, weight_decay=0.0, strength=0.15, gain=8.0, spread=0.5)
