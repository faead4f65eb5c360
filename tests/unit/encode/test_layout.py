"""Data that are written down in another way than the input's shape, and only those."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pysnn import Conv2d, DataError, Input, Network, Output, ReLU
from pysnn.ann import ann_pass
from pysnn.encode.layout import laid_out


@pytest.mark.parametrize(
    ("given_shape", "shape"),
    [
        ((28, 28), (1, 28, 28)),
        ((28, 28, 1), (1, 28, 28)),
        ((784,), (1, 28, 28)),
        ((784, 1), (784,)),
        ((1, 784), (784,)),
        ((3, 20), (3, 1, 20)),
    ],
)
def test_axes_of_one_and_flat_pictures(given_shape: tuple[int, ...], shape: tuple[int, ...]) -> None:
    x = np.arange(2 * np.prod(shape)).reshape(2, *given_shape)
    found = laid_out(x, shape)
    assert found is not None
    np.testing.assert_array_equal(found, x.reshape(2, *shape))


@given(st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)))
def test_channels_last(shape: tuple[int, int, int]) -> None:
    x = np.arange(2 * np.prod(shape)).reshape(2, *shape)
    last = x.transpose(0, 2, 3, 1)
    found = laid_out(last, shape)
    if last.shape == x.shape:
        assert found is last
    elif found is not None:
        np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(
    ("given_shape", "shape"),
    [
        ((3, 2), (2, 3, 1)),
        ((3072,), (3, 32, 32)),
        ((32, 3, 32), (3, 32, 32)),
        ((27, 28), (1, 28, 28)),
        ((4, 1, 4), (4, 4, 1)),
        ((), (1,)),
    ],
)
def test_what_could_be_read_in_two_ways_or_in_none(given_shape: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert laid_out(np.zeros((2, *given_shape)), shape) is None


def test_a_network_takes_either() -> None:
    layers = {"in": Input((3, 4, 5)), "c": Conv2d(np.ones((2, 3, 2, 2))), "r": ReLU(), "out": Output()}
    network = Network.chain(layers)
    x = np.random.default_rng(0).random((6, 3, 4, 5), dtype=np.float32)
    np.testing.assert_array_equal(ann_pass(network, x.transpose(0, 2, 3, 1))[0], ann_pass(network, x)[0])
    with pytest.raises(DataError, match=r"expected \(samples, 3, 4, 5\), got \(6, 60\)"):
        ann_pass(network, x.reshape(6, 60))
