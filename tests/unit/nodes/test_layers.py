"""Layers against index loops: shapes and values of the ANN pass."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import pysnn
from pysnn import (
    AvgPool2d,
    Concat,
    Conv2d,
    Crop,
    Flatten,
    GlobalAvgPool,
    Input,
    Linear,
    MaxPool2d,
    Pad,
    Scale,
    SumPool2d,
)
from pysnn.nodes import Node

Array = NDArray[Any]


def forward(node: Node, *inputs: Array) -> Array:
    """The pass, whose shape must be the one that the node tells."""
    result = node.forward(inputs)
    assert result.shape[1:] == node.output_shape("x", tuple(x.shape[1:] for x in inputs))
    assert result.dtype == np.float32
    return result


def numbers(seed: int, *shape: int) -> NDArray[np.float32]:
    """Small integers, so that sums are exact in any order."""
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float32)


def at(x: Array, b: int, c: int, y: int, z: int, fill: float) -> float:
    inside = 0 <= y < x.shape[2] and 0 <= z < x.shape[3]
    return float(x[b, c, y, z]) if inside else fill


pads = st.tuples(*[st.integers(0, 2)] * 4)
pairs = st.tuples(st.integers(1, 2), st.integers(1, 3))


@given(
    kernel=pairs, stride=pairs, dilation=pairs, padding=pads, groups=st.sampled_from([1, 2, 4]), seed=st.integers(0, 99)
)
def test_convolution(
    kernel: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int], padding: Any, groups: int, seed: int
) -> None:
    x, weight, bias = numbers(seed, 2, 4, 7, 8), numbers(seed + 1, 4, 4 // groups, *kernel), numbers(seed + 2, 4)
    found = forward(Conv2d(weight, bias, stride, padding, dilation, groups), x)
    per_group = 4 // groups
    for b, o, oy, ox in np.ndindex(*found.shape):
        total = bias[o]
        for c, ky, kx in np.ndindex(*weight.shape[1:]):
            y, z = oy * stride[0] + ky * dilation[0] - padding[0], ox * stride[1] + kx * dilation[1] - padding[1]
            total += weight[o, c, ky, kx] * at(x, b, o // per_group * per_group + c, y, z, 0)
        assert found[b, o, oy, ox] == total
    # The next window would not fit.
    for axis in range(2):
        padded = x.shape[2 + axis] + padding[axis] + padding[axis + 2]
        assert found.shape[2 + axis] * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 > padded


@pytest.mark.parametrize("node", [AvgPool2d, SumPool2d, MaxPool2d])
@given(kernel=pairs, stride=st.none() | pairs, seed=st.integers(0, 99), data=st.data())
def test_pools(
    node: Any, kernel: tuple[int, int], stride: tuple[int, int] | None, seed: int, data: st.DataObject
) -> None:
    padding = tuple(data.draw(st.integers(0, size - 1)) for size in kernel * 2)
    x = numbers(seed, 2, 3, 5, 6)
    found = forward(node(kernel, stride, padding), x)
    step = kernel if stride is None else stride
    for b, c, oy, ox in np.ndindex(*found.shape):
        corner = oy * step[0] - padding[0], ox * step[1] - padding[1]
        fill = -np.inf if node is MaxPool2d else 0.0
        window = [at(x, b, c, corner[0] + ky, corner[1] + kx, fill) for ky, kx in product(*map(range, kernel))]
        expected = max(window) if node is MaxPool2d else sum(window) / (len(window) if node is AvgPool2d else 1)
        assert found[b, c, oy, ox] == pytest.approx(expected, rel=1e-6)


def test_linear_scale_and_affine() -> None:
    x, weight, bias = numbers(0, 3, 4), numbers(1, 2, 4), numbers(2, 2)
    expected = [[sum(float(w * v) for w, v in zip(row, one, strict=True)) for row in weight] for one in x]
    np.testing.assert_array_equal(forward(Linear(weight, bias), x), np.array(expected) + bias)
    np.testing.assert_array_equal(forward(Scale(2.0), x), x + x)
    for y in (x, numbers(3, 2, 4, 3, 2)):
        spread = (4,) + (1,) * (y.ndim - 2)
        factor = np.array([1, 2, 3, 4], np.float32)
        np.testing.assert_array_equal(forward(Scale(factor), y), y * factor.reshape(spread))
        np.testing.assert_array_equal(forward(pysnn.Affine(-factor, 1.0), y), 1 - y * factor.reshape(spread))


def test_moves() -> None:
    x = numbers(4, 2, 5, 4, 6)
    np.testing.assert_array_equal(forward(Flatten(), x)[1, 2 * 24 + 3 * 6 + 4], x[1, 2, 3, 4])
    padded = forward(Pad(channels=(1, 2), space=(1, 2, 3, 0)), x)
    assert padded.shape == (2, 8, 8, 8)
    np.testing.assert_array_equal(padded[:, 1:6, 1:5, 2:8], x)
    assert padded.sum() == x.sum()
    np.testing.assert_array_equal(forward(Crop(channels=(1, 2), space=(1, 2, 3, 0)), padded), x)
    sub = forward(pysnn.Subsample(space=(2, 3), channels=2), x)
    assert sub.shape == (2, 3, 2, 2)
    assert all(sub[b, c, y, z] == x[b, 2 * c, 2 * y, 3 * z] for b, c, y, z in np.ndindex(*sub.shape))
    np.testing.assert_array_equal(forward(Concat(), x, x[:, :1]), x[:, [0, 1, 2, 3, 4, 0]])
    np.testing.assert_array_equal(forward(GlobalAvgPool(), x), x.mean(axis=(2, 3), dtype=np.float32))


def test_edges_that_meet_add_up() -> None:
    x = numbers(5, 2, 3)
    np.testing.assert_array_equal(forward(Flatten(), x, 2 * x, x), 4 * x)


def test_relu_and_output() -> None:
    x = numbers(6, 4, 3)
    np.testing.assert_array_equal(forward(pysnn.ReLU(), x), np.where(x > 0, x, 0))
    assert forward(pysnn.Output(), x) is x


@pytest.mark.parametrize("neuron", [pysnn.IF(), pysnn.LIF()])
def test_a_neuron_has_no_value_in_an_ann_pass(neuron: Node) -> None:
    with pytest.raises(pysnn.NetworkError, match="ANN pass"):
        neuron.forward((np.ones((1, 2)),))


def test_input_normalises_by_channel_in_float32() -> None:
    node = Input((2, 1, 2), mean=[0.5, 0.25], std=[0.25, 2.0])
    x = np.array([[[[1, 0]], [[0, 1]]]], dtype=np.float32)
    assert node.normalise(x).tolist() == [[[[2, -2]], [[-0.125, 0.375]]]]
    assert Input(3).shape == (3,)  # type: ignore[arg-type]


def test_a_node_is_a_copy_of_what_it_was_given() -> None:
    weight = np.ones((2, 2))
    node = Linear(weight)
    weight[:] = 7
    assert node.weight.tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="read-only"):
        node.weight[0, 0] = 3


def test_arrays_of_any_layout_and_type() -> None:
    whole = np.arange(24).reshape(2, 3, 4)
    for array in (whole[:, ::2, ::-1][0], np.asfortranarray(whole[1]), whole[0].astype(np.float16), whole[0].tolist()):
        node = Linear(array)
        assert node.weight.flags.c_contiguous
        np.testing.assert_array_equal(node.weight, np.asarray(array))
