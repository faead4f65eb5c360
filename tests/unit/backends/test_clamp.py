"""Limits on static real maps: the same bits from every backend, for every kind of value."""

from typing import Any

import numpy as np
import pytest

from pysnn.backends import available_backends, get_backend
from pysnn.backends.base import ConstantInput, RunRequest
from pysnn.plan.ops import ClampOp, InputOp, MapSpec, OutputOp, Plan

SHAPE = (2, 2, 3)


def floats(values: Any) -> Any:
    return np.array(values, dtype=np.float32)


ODD = floats([[[-np.inf, -0.0, np.nan], [1e-45, 0.5, np.inf]], [[1.0, 2.0, np.nextafter(1, 2)], [-1e-45, 3, -3]]])


def clamped(backend: str, high: Any) -> Any:
    spec = MapSpec(SHAPE, "real", static=True)
    ops = (
        InputOp("in", spec, "constant"),
        ClampOp("clamp", spec, 0, high),
        OutputOp("out", spec, 1, "potential", None),
    )
    executable = get_backend(backend).compile(Plan("float32", ops))
    output = executable.run(RunRequest(ConstantInput(np.stack([ODD, -ODD])), 3, (1, 3), block=2))
    return output.scores.reshape(2, 2, *SHAPE)


@pytest.mark.parametrize("backend", available_backends())
def test_values_are_limited_from_below_and_above(backend: str) -> None:
    free, limited = clamped(backend, None), clamped(backend, floats([0.75, 1.0]))
    expected = floats([[[0, 0, 0], [1e-45, 0.5, np.inf]], [[1, 2, np.nextafter(1, 2)], [0, 3, 0]]])
    assert np.array_equal(free[0, 0], expected)
    assert np.array_equal(limited[0, 0], np.minimum(expected, floats([0.75, 1.0])[:, None, None]))
    # Three steps of what stands still.
    assert np.array_equal(limited[1], 3 * limited[0])
    assert np.array_equal(free[0, 1], np.maximum(np.nan_to_num(-ODD, nan=0, posinf=np.inf), 0))
