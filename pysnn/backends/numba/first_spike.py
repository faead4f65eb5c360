"""The first-spike engine in Numba: the bits of the reference, without a compiler."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import Decisions, GradientRule, Gradients, LayerPasses, SpikePass, first_output_spike
from pysnn.backends.numba.first_spike_layers import LayerPass, PoolSteps, WeightSteps
from pysnn.errors import DataError
from pysnn.plan.first_spike import FirstSpikePlan, PoolLayer

__all__ = ["NumbaFirstSpike", "NumbaPass"]

Array = NDArray[Any]


class NumbaPass(LayerPasses[LayerPass]):
    """What a forward pass keeps for the backward pass."""


class NumbaFirstSpike:
    """A plan, ready to run."""

    name = "numba"

    def __init__(self, plan: FirstSpikePlan) -> None:
        self.plan = plan
        self._steps: list[PoolSteps | WeightSteps] = [
            PoolSteps(layer) if isinstance(layer, PoolLayer) else WeightSteps(layer, plan) for layer in plan.layers
        ]

    def forward(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> NumbaPass:
        """Compute the spike times of every layer; see :class:`~pysnn.backends.first_spike.FirstSpikeEngine`."""
        passed = NumbaPass()
        rest = iter(weights)
        below = times + np.float32(0)
        for step in self._steps:
            if isinstance(step, PoolSteps):
                passed.layers.append(step.forward(below, threads))
            else:
                passed.layers.append(step.forward(next(rest), below, threads))
            below = passed.layers[-1].times
        return passed

    def backward(
        self, weights: Sequence[Array], passed: SpikePass, gradient: Array, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back with the pass that :meth:`forward` gave."""
        if not isinstance(passed, NumbaPass) or len(passed.layers) != len(self._steps):
            raise DataError(f"backward: expected a pass of this engine, got {type(passed).__qualname__}")
        found = []
        rest = iter(reversed(weights))
        for number, (step, layer) in reversed(list(enumerate(zip(self._steps, passed.layers, strict=True)))):
            if isinstance(step, PoolSteps):
                gradient = step.backward(layer, gradient)
                continue
            own = replace(rule, inputs=rule.inputs or number > 0)
            to_weight, to_inputs = step.backward(next(rest), layer, gradient, own, threads)
            found.append(to_weight)
            gradient = gradient if to_inputs is None else to_inputs
        return Gradients(found[::-1], gradient if rule.inputs else None)

    def decide(self, weights: Sequence[Array], times: Array, *, threads: int = 1) -> Decisions:
        """Compute everything, then look for the first output spike."""
        last = self.forward(weights, times, threads=threads).layers[-1]
        return first_output_spike(self.plan, last.times, last.marks)
