"""What a learning rule for first-spike networks is."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pysnn.backends import get_backend
from pysnn.backends.first_spike import FirstSpikeEngine, GradientRule
from pysnn.plan.first_spike import FirstSpikePlan

__all__ = ["LearningRule"]

Array = NDArray[Any]


class LearningRule(Protocol):
    """Turns output times into an error; the engine takes it back through the layers, the optimiser changes weights.

    A rule is frozen and is asked with the plan of the network that it trains. The first three methods are its own; the others
    have a default for rules that derive from this class.
    """

    def check(self, plan: FirstSpikePlan) -> None:
        """Raise :class:`~pysnn.errors.PlanError` if the rule does not fit the network."""
        ...

    def output_gradient(
        self, plan: FirstSpikePlan, times: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return each sample's loss ``(batch,)`` and its gradient by the output times ``(batch, classes)``."""
        ...

    def gradient_rule(self, plan: FirstSpikePlan) -> GradientRule:
        """Say how times depend on weights."""
        ...

    def make_engine(self, plan: FirstSpikePlan, backend: str) -> FirstSpikeEngine:
        """Return what computes forward and back: the backend's own engine."""
        return get_backend(backend).first_spike(plan)

    def adjusted(self, plan: FirstSpikePlan, weights: Sequence[Array], gradients: Sequence[Array]) -> Sequence[Array]:
        """Return the gradients by the weights as the weights themselves change them: not at all."""
        return gradients

    def bounds(self) -> tuple[float, float]:
        """Return the least and the largest weight, in units of its layer's threshold: there are no bounds."""
        return -math.inf, math.inf
