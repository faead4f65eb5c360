"""The fallback where there is no compiled engine: the same results from Numba's just-in-time compiler."""

from pysnn.backends.adam import AdamStep, Moments, adam_step
from pysnn.backends.numba.executable import NumbaExecutable
from pysnn.backends.numba.first_spike import NumbaFirstSpike
from pysnn.backends.windowed import WindowedFirstSpike
from pysnn.plan.first_spike import FirstSpikePlan
from pysnn.plan.ops import Plan

__all__ = ["NumbaBackend", "NumbaExecutable"]


class NumbaBackend:
    """Numba; kernels are compiled when first used, and kept on disk."""

    name = "numba"

    def compile(self, plan: Plan) -> NumbaExecutable:
        """Make a plan ready."""
        return NumbaExecutable(plan)

    def first_spike(self, plan: FirstSpikePlan) -> NumbaFirstSpike | WindowedFirstSpike:
        """Make the plan of a first-spike network ready."""
        return WindowedFirstSpike(plan) if plan.windowed else NumbaFirstSpike(plan)

    def adam(self, step: AdamStep, moments: Moments, *, threads: int) -> None:
        """Take a step of Adam in place, in NumPy, which has no threads."""
        del threads
        adam_step(step, moments)
