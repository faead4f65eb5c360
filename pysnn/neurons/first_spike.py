"""A neuron that spikes once, in a window of its own."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pysnn.errors import NetworkError
from pysnn.neurons.if_ import IF
from pysnn.neurons.parameters import check_unused
from pysnn.nodes.base import NeuronParameters, Shape
from pysnn.nodes.neuron_model import NeuronModel

__all__ = ["MAX_WINDOW", "FirstSpike"]

_OF_STEPS = ("v_init", "reset", "v_reset", "compare", "reset_time", "max_spikes", "floor", "refractory")

MAX_WINDOW = 255
"""The longest window, in steps: a level is a byte."""


@dataclass(frozen=True, eq=False)
class FirstSpike(IF):
    """One spike at most, in a window of S steps: the larger the current was, the earlier.

    Each layer has a window of its own behind those of its sources. While their spikes come, each adds its weight to the neuron's slope, and the slope
    is added to the potential at every step until their window ends. Then, with u what has come together and theta the threshold::

        v = u + theta/2
        for k = 0..S-1: if v >= S theta: spike at k, done;  v += theta

    A spike at step k stands for the level ``S - k``, no spike for 0, so that the level is ``clip(floor(u/theta + 1/2), 0, S)``: a run computes a layer
    in one pass, in one step. Thresholds are a number or one per channel; all neurons of a network have one window. See ``docs/first_spike_windows.md``.

    Parameters
    ----------
    v_threshold
        What the potential rises by at each step of the neuron's window, positive: the value of one level.
    window
        S, steps of a window, 1..255.

    Examples
    --------
    >>> from pysnn import Input, Linear, Network, Output, run
    >>> nodes = {"in": Input((2,)), "a": FirstSpike(0.25, window=4), "fc": Linear([[1.0, 2.0]]), "out": Output()}
    >>> run(Network.chain(nodes), np.float32([[0.5, 9.0]])).scores.item()
    10.0
    """

    window: int = field(default=16, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_unused(self, _OF_STEPS, "it spikes once")
        window: Any = self.window
        if not isinstance(window, int | np.integer) or isinstance(window, bool) or not 1 <= window <= MAX_WINDOW:
            raise NetworkError(f"{self.title}: window must be an integer in 1..{MAX_WINDOW}, got {window!r}")
        object.__setattr__(self, "window", int(window))
        if np.ndim(self.v_threshold) > 1:
            raise NetworkError(
                f"{self.title}: v_threshold must be a number or one per channel, got {np.shape(self.v_threshold)}"
            )

    @property
    def model(self) -> NeuronModel:
        """The stages of its pass."""
        return NeuronModel(fire="level", reset="none")

    def parameters(self, shape: Shape, name: str, dt: float | None) -> NeuronParameters:
        """Return the neuron's numbers for a plan: it starts at half its threshold, and its level is at most the window."""
        found = super().parameters(shape, name, dt)
        return replace(found, v_init=found.threshold / np.float32(2), max_spikes=self.window)
