"""What a learning rule for first-spike networks is, and the registry of those that there are."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import GradientRule
from pysnn.learn.stdbp import STDBP
from pysnn.plan.first_spike import FirstSpikePlan

__all__ = ["RULES", "LearningRule"]


class LearningRule(Protocol):
    """Turns output times into an error; the engine takes it back through the layers, the optimiser changes weights."""

    def check(self, plan: FirstSpikePlan) -> None:
        """Raise :class:`~pysnn.errors.PlanError` if the rule does not fit the network."""
        ...

    def output_gradient(
        self, times: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Give each sample's loss and its gradient by the output times, both ``(batch, ...)``."""
        ...

    @property
    def gradient_rule(self) -> GradientRule:
        """How times depend on weights."""
        ...


RULES: dict[str, type[LearningRule]] = {"stdbp": STDBP}
"""Every learning rule by name."""
