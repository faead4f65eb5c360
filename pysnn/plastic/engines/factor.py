"""How much of a change a weight takes."""

import numpy as np
from numpy.typing import NDArray

from pysnn.plastic.plan import ChangePlan, KernelPlan

__all__ = ["factor"]

Values = NDArray[np.float32]


def factor(w: Values, change: ChangePlan, kernel: KernelPlan) -> Values:
    """Return how much of a change a weight takes: see :class:`pysnn.plastic.rules.base.Change`."""
    if change.dependence == "none":
        return np.ones_like(w)
    q = (w if change.dependence == "weight" else kernel.w_max - w) * kernel.inverse
    if change.power is None:
        return q
    bits = q.view(np.uint32)
    at = (bits >> np.uint32(13)) & np.uint32(1023)
    part = (bits & np.uint32(0x1FFF)).astype(np.float32) * np.float32(2.0**-13)
    low = change.power.mantissas[at]
    line = low + part * (change.power.mantissas[at + 1] - low)
    result: Values = change.power.exponents[bits >> np.uint32(23)] * line
    return result
