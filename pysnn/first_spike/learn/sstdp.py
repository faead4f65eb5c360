"""SSTDP: STDP with an error, on spike times in whole steps (Liu et al., Front. Neurosci. 15:756876, 2021)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import FirstSpikeEngine, GradientRule
from pysnn.errors import DataError, PlanError
from pysnn.first_spike.defaults import ANTI_CAUSAL, GAP, TARGETS
from pysnn.first_spike.learn.layerwise import UnitNormEngine
from pysnn.first_spike.learn.rule import LearningRule
from pysnn.first_spike.learn.targets import TARGETS as KNOWN_TARGETS
from pysnn.first_spike.learn.targets import Targets, output_targets
from pysnn.plan.first_spike import FirstSpikePlan, WeightLayer

__all__ = ["SSTDP", "published_accuracy"]

Array = NDArray[Any]


@dataclass(frozen=True)
class SSTDP(LearningRule):
    """Moves output spikes towards targets; the change of a weight has the form of STDP, times the neuron's error.

    The loss of a sample is ``1/2 sum_j ((t_j - T_j) / steps)^2`` with the targets of
    :func:`~pysnn.first_spike.learn.targets.output_targets`. The error goes back with ``dt_j/dt_i = w_ij [t_i <= t_j]``, and for
    ``dt_j/dw_ij`` stands, with ``d = t_j - t_i``,

    * causal, ``d >= 0``: ``-causal (exp(-d / tau) - offset)``
    * anti-causal, ``d < 0``: ``+anti_causal (exp(d / tau) - offset)``

    times ``(w_max - w)^mu``. Equations and choices: ``docs/first_spike.md``.

    Attributes
    ----------
    targets
        "one_sided" (the paper's), "exact" (S2-STDP) or "published" (the published code's).
    gap
        Steps between the targets of the label's neuron and of the others.
    causal, anti_causal, tau, offset
        Of the kernel; ``tau`` in steps, ``inf`` for a kernel without decay.
    w_max, w_min, mu
        Bounds of the weights, in units of their layer's threshold, and the exponent of the factor; ``mu`` = 0: no factor.
    factor
        "both": ``(w_max - w)^mu`` for every change; "soft": that for a weight that rises, ``(w - w_min)^mu`` for one that falls.
    growth
        The kernel is multiplied by ``exp(growth |d| / steps)``: with more than 0, inputs long before a spike, which are the bright ones,
        change most; 0 is the paper's kernel.
    unit_norm
        Scale each sample's error to length 1 in every layer (:class:`~pysnn.first_spike.learn.layerwise.UnitNormEngine`).

    Examples
    --------
    >>> SSTDP(causal=1.0, anti_causal=0.5, tau=float("inf"), offset=0.0).kernel(2).tolist()
    [0.5, 0.5, -1.0, -1.0, -1.0]
    """

    targets: Targets = TARGETS
    gap: float = GAP
    causal: float = 0.8
    anti_causal: float = ANTI_CAUSAL
    tau: float = float("inf")
    offset: float = 0.0
    w_max: float = 1.0
    w_min: float = -1.0
    mu: float = 1.0
    factor: Literal["both", "soft"] = "soft"
    unit_norm: bool = False
    growth: float = 0.0

    def __post_init__(self) -> None:
        if self.targets not in KNOWN_TARGETS:
            raise DataError(f"targets: expected one of {', '.join(KNOWN_TARGETS)}, got {self.targets!r}")
        if self.factor not in ("both", "soft"):
            raise DataError(f"factor: expected both or soft, got {self.factor!r}")
        for name in ("gap", "causal", "anti_causal", "mu", "growth"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise DataError(f"{name}: expected a number of 0 or more, got {getattr(self, name)!r}")
        if not self.tau > 0 or not abs(self.offset) < float("inf"):
            raise DataError(f"expected tau above 0 and a finite offset, got {self.tau!r}, {self.offset!r}")
        if not self.w_min < self.w_max:
            raise DataError(f"w_max: expected more than w_min, got {self.w_max!r} and {self.w_min!r}")
        if self.mu and not self.w_max - self.w_min < float("inf"):
            raise DataError(f"mu: a factor needs finite w_min and w_max, got {self.w_min!r} and {self.w_max!r}")

    @classmethod
    def published(cls) -> Self:
        """Return what the code published with the paper does, which is not what the paper says.

        The kernel is a step, the label's target is the earliest output spike and the others' 5 steps later, every layer's error has
        length 1, and no weight has a bound. Its network has a threshold of 100, compared with ``>``, and 255 steps.
        """
        infinite = float("inf")
        return cls(
            "published", 5.0, 1.0, 0.0, infinite, w_max=infinite, w_min=-infinite, mu=0.0, factor="both", unit_norm=True
        )

    def check(self, plan: FirstSpikePlan) -> None:
        """Refuse networks of other neurons."""
        if plan.neuron != "step":
            raise PlanError(f"SSTDP trains networks of neuron 'step', got '{plan.neuron}'")

    def output_gradient(
        self, plan: FirstSpikePlan, times: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return each sample's loss and its gradient by the output times, both in units of the whole window."""
        standing = np.where(np.isfinite(times), times, plan.steps).astype(np.float64)
        wanted = output_targets(standing, labels, plan.steps, self.targets, self.gap)
        error = (standing - wanted) / plan.steps
        return (error**2).sum(axis=1) / 2, error.astype(np.float32)

    def kernel(self, steps: int) -> NDArray[np.float32]:
        """Return ``dt_j/dw_ij`` by ``t_j - t_i`` from ``-steps`` to ``steps``, without the factor of the weight."""
        distance = np.arange(-steps, steps + 1)
        decay = np.exp(-np.abs(distance) / self.tau) - self.offset
        decay *= np.exp(self.growth * np.abs(distance) / steps)
        return np.where(distance >= 0, -self.causal * decay, self.anti_causal * decay).astype(np.float32)

    def gradient_rule(self, plan: FirstSpikePlan) -> GradientRule:
        """Return the kernel as a table."""
        return GradientRule(step_kernel=self.kernel(plan.steps))

    def make_engine(self, plan: FirstSpikePlan, backend: str) -> FirstSpikeEngine:
        """Return the backend's engine, or the one that scales errors."""
        return UnitNormEngine(plan, backend) if self.unit_norm else super().make_engine(plan, backend)

    def adjusted(self, plan: FirstSpikePlan, weights: Sequence[Array], gradients: Sequence[Array]) -> Sequence[Array]:
        """Multiply by the factor of the weight; whether a weight rises or falls is the sign of the whole batch's gradient."""
        if not self.mu:
            return gradients
        thresholds = [layer.threshold for layer in plan.layers if isinstance(layer, WeightLayer)]
        triples = zip(thresholds, weights, gradients, strict=True)
        return [gradient * self._factor(weight / np.float32(unit), gradient) for unit, weight, gradient in triples]

    def bounds(self) -> tuple[float, float]:
        """Return ``w_min`` and ``w_max``."""
        return self.w_min, self.w_max

    def _factor(self, weight: Array, gradient: Array) -> Array:
        room = self.w_max - weight
        if self.factor == "soft":
            room = np.where(gradient > 0, weight - self.w_min, room)
        return np.asarray(room.clip(min=0) ** np.float32(self.mu))


def published_accuracy(times: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Count as the code published with SSTDP does: right if no output spike is earlier than that of the label's neuron.

    So a tie is right, and so is a sample without any output spike. :func:`~pysnn.first_spike.evaluate` counts neither.

    Examples
    --------
    >>> published_accuracy(np.float32([[1, 2], [1, 1], [np.inf, np.inf]]), np.array([1, 1, 1]))
    0.66...
    """
    return float((times[np.arange(len(times)), labels] == times.min(axis=1)).mean())
