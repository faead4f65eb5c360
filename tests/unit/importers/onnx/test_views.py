"""Views are what NumPy makes of the same rearrangements."""

from itertools import permutations
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn.importers.onnx.file.model import UnsupportedError
from pysnn.importers.onnx.layout.views import axis_map, inverse, is_plain, order, plain, strided, transposed

SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@given(SHAPES, st.randoms(use_true_random=False))
def test_transpositions_and_their_inverse(shape: list[int], random: object) -> None:
    total = prod(shape)
    array = np.arange(total).reshape(shape)
    view = plain(total)
    for _ in range(3):
        axes = list(range(array.ndim))
        random.shuffle(axes)  # type: ignore[attr-defined]
        view = transposed(view, array.shape, axes)
        array = array.transpose(axes)
        np.testing.assert_array_equal(order(view), array.reshape(-1))
        back = np.empty(total, dtype=np.int64)
        back[order(view)] = np.arange(total)
        np.testing.assert_array_equal(order(inverse(view)), back)
    assert is_plain(view) == bool((order(view) == np.arange(total)).all())


@given(st.tuples(*[st.integers(2, 5)] * 3), st.sampled_from(list(permutations(range(3)))))
def test_axes_are_found_again(core: tuple[int, int, int], axes: tuple[int, ...]) -> None:
    sizes = [core[axis] for axis in axes]
    assert axis_map(strided(core, axes), sizes, core) == axes
    assert axis_map(strided(core, axes), [1, *sizes], core) == (None, *axes)


def test_a_channel_shuffle_is_a_view_and_has_no_axes() -> None:
    shuffled = transposed(plain(12), (2, 3, 2), (1, 0, 2))
    np.testing.assert_array_equal(order(shuffled), np.arange(12).reshape(2, 3, 2).transpose(1, 0, 2).reshape(-1))
    assert axis_map(shuffled, (6, 2), (6, 2, 1)) is None


def test_what_is_no_view() -> None:
    view = transposed(plain(12), (3, 4), (1, 0))
    with pytest.raises(UnsupportedError, match="cannot be read in the shape"):
        transposed(view, (6, 2), (1, 0))
    with pytest.raises(UnsupportedError, match="at most"):
        order(plain(1 << 30))
