"""An engine that goes back one layer at a time, so that the error can be scaled between layers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.backends.first_spike import Decisions, GradientRule, Gradients, SpikePass
from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

__all__ = ["UnitNormEngine"]

Array = NDArray[Any]


@dataclass(eq=False)
class _Passes:
    """The passes of one layer each."""

    parts: list[SpikePass]

    def times(self, layer: int) -> Array:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        return self.parts[layer].times(0)

    def marks(self, layer: int) -> Array:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        return self.parts[layer].marks(0)

    def spikes(self, layer: int) -> NDArray[np.int64]:
        """See :class:`~pysnn.backends.first_spike.SpikePass`."""
        return self.parts[layer].spikes(0)


class UnitNormEngine:
    """An engine whose error has length 1 a sample in every layer with weights; a batch's gradient is the mean over its samples.

    The error of a layer is the gradient by the times of its neurons. One that is 0 stays 0; how large the given one is has
    no meaning. Each layer is run by an engine of its own, so forward passes are those of the backend, to the bit.
    """

    def __init__(self, plan: FirstSpikePlan, backend: str) -> None:
        made = get_backend(backend)
        self.plan = plan
        self.whole = made.first_spike(plan)
        self.name = self.whole.name
        self.parts = [made.first_spike(replace(plan, layers=(layer,))) for layer in plan.layers]

    def forward(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> _Passes:
        """Compute the spike times of every layer."""
        passes: list[SpikePass] = []
        for engine, own in zip(self.parts, self._split(weights), strict=True):
            passes.append(engine.forward(own, times, threads=threads))
            times = passes[-1].times(0)
        return _Passes(passes)

    def backward(
        self, weights: Sequence[Array], passed: SpikePass, gradient: Array, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back layer by layer."""
        assert isinstance(passed, _Passes)
        own_rule = replace(rule, inputs=True)
        found: list[Array] = []
        layers = list(zip(self.plan.layers, self.parts, self._split(weights), passed.parts, strict=True))
        for layer, engine, own, part in reversed(layers):
            if isinstance(layer, WeightLayer):
                gradient = _unit(gradient) / np.float32(len(gradient))
            back = engine.backward(own, part, np.ascontiguousarray(gradient), rule=own_rule, threads=threads)
            assert back.inputs is not None
            gradient = back.inputs
            found += back.weights
        return Gradients(found[::-1], gradient if rule.inputs else None)

    def decide(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> Decisions:
        """Compute up to the first output spike."""
        return self.whole.decide(weights, times, threads=threads)

    def _split(self, weights: Sequence[Array]) -> list[list[Array]]:
        rest = iter(weights)
        return [[next(rest)] if isinstance(layer, WeightLayer) else [] for layer in self.plan.layers]


def _unit(gradient: Array) -> Array:
    """Scale every row to length 1; rows of zeros stay."""
    length = np.sqrt((gradient.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    return (gradient / np.where(length > 0, length, 1)).astype(np.float32)
