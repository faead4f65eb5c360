"""Prove that no integer potential and no cumulative count can leave int32 within a number of steps."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import RangeError
from pysnn.plan.ops import MaxPoolOp, NeuronOp, Plan

__all__ = ["check_potentials"]

_INT32 = 2**31 - 1


def check_potentials(plan: Plan, steps: int, state: Mapping[int, NDArray[Any]] | None) -> None:
    """Raise :class:`RangeError` naming the first node that could leave int32 within ``steps`` more steps.

    These are potentials of int8 plans and cumulative counts of max-pools; ``state`` is where they start from.
    """
    for k in plan.state_bytes:
        op = plan.ops[k]
        if isinstance(op, NeuronOp) and plan.precision == "int8":
            most = (op.extremes[0] if state is None else _magnitude(state[k])) + _reach(op, steps)
            if most > _INT32:
                raise RangeError(
                    f"{op.node!r}: after {steps} steps an int32 potential could reach {most}; "
                    f"take fewer steps, or precision 'float32'"
                )
        if isinstance(op, MaxPoolOp) and op.spec.kind == "count":
            most = (0 if state is None else _magnitude(state[k])) + steps * op.spec.max_count
            if most > _INT32:
                raise RangeError(
                    f"{op.node!r}: after {steps} steps an int32 count could reach {most}; take fewer steps"
                )


def _reach(op: NeuronOp, steps: int) -> int:
    """How far the potential can go from where it starts, thresholds and resets included."""
    _, edge, drive = op.extremes
    decay = op.constants.get("decay")
    if decay is None:
        return edge + steps * op.max_current
    # A reset that comes late is no part of what the leak takes away.
    late = edge if op.model.reset_time != "now" else 0
    inflow = op.max_current + drive + late + 1
    leaks = 2**30 - int(np.abs(decay).max())
    longest = steps if leaks == 0 else min(steps, -(-(2**30) // leaks))
    return edge + longest * inflow


def _magnitude(array: NDArray[Any]) -> int:
    return int(np.abs(array.astype(np.int64)).max()) if array.size else 0
