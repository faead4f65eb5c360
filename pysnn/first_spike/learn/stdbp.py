"""STDBP: spike-timing-dependent back-propagation through exact event times (Zhang et al., arXiv 2003.11837)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import GradientRule
from pysnn.errors import DataError, PlanError
from pysnn.first_spike.defaults import MIN_SLOPE, TAU
from pysnn.first_spike.learn.losses import time_cross_entropy
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.plan.first_spike import FirstSpikePlan

__all__ = ["STDBP"]


@dataclass(frozen=True)
class STDBP(LearningRule):
    """Gradient descent on the cross-entropy of ``softmax(-t / tau)`` over output times of ramp neurons.

    With ``A_j`` the summed weights of the inputs before ``t_j``: ``dt_j/dw_ij = (t_i - t_j) / A_j`` and
    ``dt_j/dt_i = w_ij / A_j`` for those inputs, 0 for the others. Equations and checks: ``docs/first_spike.md``.

    Attributes
    ----------
    tau
        Temperature, in units of the input window.
    min_slope
        ``1 / A_j`` counts as ``1 / max(A_j, min_slope)``: a neuron that only just fires gets no huge step.
    early_outputs
        Neurons with windows: an output neuron that fires as its window opens has a gradient too, since it could not leave that
        place without one. Ramp neurons have no windows.

    Examples
    --------
    >>> from pysnn.first_spike import Dense, FirstSpikeNetwork
    >>> plan = FirstSpikeNetwork.draw((3,), [Dense(units=2)]).plan
    >>> STDBP(tau=0.1).output_gradient(plan, np.array([[0.5, 0.7]], dtype=np.float32), np.array([0]))[0].round(3)
    array([0.127])
    """

    tau: float = TAU
    min_slope: float = MIN_SLOPE
    early_outputs: bool = True

    def __post_init__(self) -> None:
        if not self.tau > 0 or not self.min_slope >= 0:
            raise DataError(f"STDBP: expected tau above 0 and min_slope of 0 or more, got {self.tau}, {self.min_slope}")

    def check(self, plan: FirstSpikePlan) -> None:
        """Refuse networks of other neurons."""
        if plan.neuron == "step":
            raise PlanError(f"STDBP trains networks of neurons with exact times, not '{plan.neuron}'")

    def output_gradient(
        self, plan: FirstSpikePlan, times: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return each sample's loss and its gradient by the output times."""
        return time_cross_entropy(times, labels, self.tau)

    def gradient_rule(self, plan: FirstSpikePlan) -> GradientRule:
        """Exact but for the floor under the slope, and for outputs that come as early as they can."""
        return GradientRule(min_slope=self.min_slope, early_outputs=self.early_outputs)
