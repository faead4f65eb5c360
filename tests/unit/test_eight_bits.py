"""Weights of 8 bits: what rounding gives, and which numbers are whole multiples of a unit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from pysnn.eight_bits import from_units, in_units, rounded

MOST = float(np.finfo(np.float32).max)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=4, max_side=5)
ORDINARY = st.floats(-100, 100, width=32)
EXTREME = st.sampled_from(
    [0.0, -0.0, MOST, -MOST, MOST / 127, 2.0**-126, 2.0**-119, 127 * 2.0**-126, 1e-45, -3e-43, 1.0]
)
WEIGHTS = hnp.arrays(np.float32, SHAPES, elements=ORDINARY | EXTREME | st.floats(-MOST, MOST, width=32))
OWN = st.integers(0, 1)


def others(array: NDArray[Any], own: int) -> tuple[int, ...]:
    return tuple(axis for axis in range(array.ndim) if axis != own)


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@given(weight=WEIGHTS, own=OWN)
def test_rounding_twice_changes_nothing(weight: NDArray[np.float32], own: int) -> None:
    once = rounded(weight, own)
    assert same_bits(rounded(once, own), once)


@given(weight=WEIGHTS, own=OWN)
def test_a_rounded_weight_is_near_the_given_one(weight: NDArray[np.float32], own: int) -> None:
    exact = weight.astype(np.float64)
    unit = np.abs(exact).max(axis=others(weight, own), keepdims=True) / 127
    # A unit is at most 2**-11 larger, or (near the largest float32) smaller; the largest multiple is 127 times that off.
    assert (np.abs(rounded(weight, own) - exact) <= unit * (0.5 + 127 * 2.0**-11) + 127 * 2.0**-126).all()


@given(weight=WEIGHTS, own=OWN)
def test_a_rounded_array_is_in_units_of_twelve_digits(weight: NDArray[np.float32], own: int) -> None:
    once = rounded(weight, own)
    found = in_units(once, own)
    assert found is not None
    whole, unit = found
    assert [whole.dtype, unit.dtype] == [np.dtype(np.int8), np.dtype(np.float32)]
    assert (whole.shape, unit.shape) == (weight.shape, weight.shape[own : own + 1])
    largest = np.abs(whole.astype(np.int16)).max(axis=others(weight, own))
    assert largest.tolist() == [127 if value > 0 else 0 for value in unit]
    mantissa = np.frexp(unit)[0] * 4096
    assert np.array_equal(mantissa, np.rint(mantissa))
    again = from_units(whole, unit, own)
    assert again is not None
    assert same_bits(again, once)


@given(
    whole=hnp.arrays(np.int8, (3, 4), elements=st.integers(-127, 127)),
    unit=hnp.arrays(np.float32, 3, elements=st.floats(2.0**-100, 2.0**100, width=32)),
)
def test_multiples_of_any_unit_are_found(whole: NDArray[np.int8], unit: NDArray[np.float32]) -> None:
    whole[:, 2] = 127
    weight = whole * unit[:, None]
    found = in_units(weight, own=0)
    if not np.array_equal(weight[:, 2] / np.float32(127), unit):
        return
    assert found is not None
    assert same_bits(found[0], whole)
    assert same_bits(found[1], unit)
    again = from_units(*found, own=0)
    assert again is not None
    assert same_bits(again, weight)


@given(
    whole=hnp.arrays(np.int8, st.just((2, 3)), elements=st.sampled_from([-128, -127, -126, -1, 0, 1, 5, 126, 127])),
    unit=hnp.arrays(np.float32, st.just(2), elements=ORDINARY | EXTREME),
)
def test_numbers_are_refused_or_the_only_ones(whole: NDArray[np.int8], unit: NDArray[np.float32]) -> None:
    weight = from_units(whole, unit, own=0)
    if weight is None:
        return
    found = in_units(weight, own=0)
    assert found is not None
    assert same_bits(found[0], whole)
    assert same_bits(found[1], unit)


@given(weight=WEIGHTS)
def test_the_axis_may_be_any(weight: NDArray[np.float32]) -> None:
    assert same_bits(rounded(np.swapaxes(weight, 0, 1), own=1), np.swapaxes(rounded(weight, own=0), 0, 1))


def test_the_values_are_those_worked_out_by_hand() -> None:
    # 1 / 127 = 2064.1 / 2**18, and 2065 has 12 digits.
    unit = np.float32(2065 / 2**18)
    assert rounded(np.array([[1, -0.5, 0.004, 0]], dtype=np.float32), own=0).tolist() == [
        [127 * unit, -63 * unit, unit, 0]
    ]


@pytest.mark.parametrize(
    ("whole", "unit"),
    [
        ([[126, 1]], [1.0]),
        ([[-128, 1]], [1.0]),
        ([[-128, 127]], [1.0]),
        ([[127, 1]], [-1.0]),
        ([[0, 0]], [1.0]),
        ([[0, 0]], [-0.0]),
        ([[1, 0]], [0.0]),
        ([[127, 1]], [MOST]),
        ([[127, 1]], [np.nan]),
        ([[127, 1]], [np.inf]),
    ],
)
def test_numbers_in_another_form_are_refused(whole: Any, unit: Any) -> None:
    assert from_units(np.array(whole, dtype=np.int8), np.array(unit, dtype=np.float32), own=0) is None


@pytest.mark.parametrize(
    "weight", [[[127, 0.5]], [[127, -0.0]], [[128, 1]], [[1, 0.3]], [[190 * 2.0**-149, 2.0**-149]]]
)
def test_other_weights_are_not_in_units(weight: Any) -> None:
    assert in_units(np.array(weight, dtype=np.float32), own=0) is None
