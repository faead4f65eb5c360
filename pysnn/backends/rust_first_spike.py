"""The compiled first-spike engine: the cost follows the number of spikes, and decisions stop at the first output spike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pysnn import _core
from pysnn.backends.first_spike import Decisions, Float, GradientRule, Gradients, SpikePass, default_step_kernel
from pysnn.errors import DataError
from pysnn.frozen import NotPicklable
from pysnn.plan.first_spike import FirstSpikePlan

__all__ = ["RustFirstSpike"]


class RustFirstSpike(NotPicklable):
    """A plan, ready to run, for a SIMD level (``None``: the widest)."""

    def __init__(self, plan: FirstSpikePlan, simd: str | None = None) -> None:
        self._engine = _core.FirstSpike(plan, simd)
        self._kernel = default_step_kernel(plan.steps) if plan.neuron == "step" else None
        self.name = f"rust/{self._engine.simd}"

    def forward(self, weights: Sequence[Float], times: Float, *, threads: int = 1) -> SpikePass:
        """Compute the spike times of every layer; see :class:`~pysnn.backends.first_spike.FirstSpikeEngine`."""
        return self._engine.forward(weights, times, threads)

    def backward(
        self, weights: Sequence[Float], passed: SpikePass, gradient: Float, *, rule: GradientRule, threads: int = 1
    ) -> Gradients:
        """Go back with the pass that :meth:`forward` gave."""
        if not isinstance(passed, _core.FirstSpikeTape):
            raise DataError(f"backward: expected a pass of this engine, got {type(passed).__qualname__}")
        if rule.step_kernel is None and self._kernel is not None:
            rule = GradientRule(rule.min_slope, self._kernel, rule.inputs)
        found, inputs = self._engine.backward(weights, passed, gradient, rule, threads)
        return Gradients(list[NDArray[np.float32]](found), inputs)

    def decide(self, weights: Sequence[Float], times: Float, *, threads: int = 1) -> Decisions:
        """Compute up to the first output spike."""
        return Decisions(*self._engine.decide(weights, times, threads))
