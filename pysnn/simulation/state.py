"""The state of a running network, a value that a run takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.plan.ops import MAX_COUNT, DelayOp, MaxPoolOp, NeuronOp, Op, OutputOp, Plan

__all__ = ["State", "expected_array", "to_operations"]


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stopped: ``arrays`` by node, the first axis the sample; ``steps`` done so far.

    What delays hold back, steps along the second axis, the oldest first. Potentials of neurons (of neurons with several values each of them, in the order of the neuron's ``state``, along the
    second axis), cumulative counts of max-pools, sums of the read-out. It belongs to one network, one precision
    and one batch.
    """

    steps: int
    arrays: Mapping[str, NDArray[Any]]


def to_operations(state: State, plan: Plan, samples: int) -> dict[int, NDArray[Any]]:
    """Return the arrays by operation, checked, or raise :class:`DataError` naming the node."""
    if not isinstance(state.arrays, Mapping) or isinstance(state.steps, bool) or not isinstance(state.steps, int):
        raise DataError("state: expected the state of a result, got one whose steps or arrays are something else")
    if state.steps < 0:
        raise DataError(f"state: expected steps of at least 0, got {state.steps}")
    places = plan.stateful
    if set(state.arrays) != set(places):
        odd = sorted(map(str, set(state.arrays) ^ set(places)))
        raise DataError(f"state: it is of another network, they differ in the nodes {', '.join(map(repr, odd))}")
    result = {}
    for node, k in places.items():
        shape, dtype = expected_array(plan, k)
        array = state.arrays[node]
        if not isinstance(array, np.ndarray):
            raise DataError(f"state of '{node}': expected a NumPy array, got {type(array).__name__}")
        if array.shape != (samples, *shape) or array.dtype != dtype:
            raise DataError(
                f"state of '{node}': expected {dtype} {(samples, *shape)}, got {array.dtype} {array.shape}; "
                "a state belongs to one network, one precision and one batch"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"state of '{node}': expected finite values")
        low, high = _range(plan.ops[k], state.steps)
        if array.size and (array.min() < low or array.max() > high):
            bad = array.min() if array.min() < low else array.max()
            raise DataError(f"state of '{node}': expected {low}..{high} after {state.steps} steps, got {bad}")
        result[k] = np.ascontiguousarray(array)
    return result


def expected_array(plan: Plan, k: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape of a sample and the dtype of what operation ``k`` remembers."""
    op = plan.ops[k]
    if isinstance(op, NeuronOp):
        return op.state_shape, op.threshold.dtype
    if isinstance(op, OutputOp):
        return (op.spec.size,), np.dtype(np.float32 if op.spec.kind == "real" else np.int64)
    if isinstance(op, DelayOp):
        return (op.steps, *op.spec.shape), np.dtype(np.uint8 if op.spec.kind == "count" else np.float32)
    assert isinstance(op, MaxPoolOp)
    return plan.ops[op.source].spec.shape, np.dtype(np.int32)


def _range(op: Op, steps: int) -> tuple[float, float]:
    """Return the values that can be behind ``steps`` steps; neurons have a check of their own, by the next run's steps."""
    if isinstance(op, NeuronOp) or op.spec.kind == "real":
        return -np.inf, np.inf
    if isinstance(op, DelayOp):
        return 0, op.spec.max_count
    if isinstance(op, OutputOp) and op.readout == "first_spike":
        return -1, steps - 1
    if op.spec.kind == "current":
        return -steps * 2**31, steps * 2**31
    return 0, steps * MAX_COUNT
