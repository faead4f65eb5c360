"""AveragePool whose windows are cut off at the border: padding that does not count, uneven borders, ``ceil_mode``."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn import NetworkError, run
from pysnn.convert import convert
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, model, node, numbers, titles

SHAPE = ("N", 2, 7, 6)


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]},
        {"kernel_shape": [3, 2], "pads": [0, 0, 2, 1], "strides": [1, 2]},
        {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"kernel_shape": [3, 3], "auto_pad": "SAME_LOWER"},
        {"kernel_shape": [2, 4], "strides": [2, 3], "ceil_mode": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1, "pads": [1, 0, 1, 0]},
        {"kernel_shape": [7, 6], "pads": [3, 2, 3, 2], "strides": [3, 2]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 0, 1], "count_include_pad": 1},
        {"kernel_shape": [3, 2], "auto_pad": "SAME_UPPER", "count_include_pad": 1},
    ],
)
@pytest.mark.parametrize("opset", [11, 19])
def test_cut_off_windows(attributes: dict[str, Any], opset: int) -> None:
    agrees(model([node("AveragePool", "x", "y", **attributes)], shape=SHAPE, opset=opset))


@pytest.mark.slow
@given(
    size=st.tuples(st.integers(2, 8), st.integers(2, 8)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pads=st.tuples(*[st.integers(0, 3)] * 4),
)
def test_every_window_counts_what_is_inside(
    size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], pads: tuple[int, ...]
) -> None:
    assume(all(pads[k] < kernel[k % 2] for k in range(4)))
    assume(all(size[k] + pads[k] + pads[k + 2] >= kernel[k] for k in (0, 1)))
    attributes = {"kernel_shape": kernel, "strides": stride, "pads": pads}
    agrees(model([node("AveragePool", "x", "y", **attributes)], shape=("N", 2, *size)))


def test_a_sequence() -> None:
    made = model([node("AveragePool", "x", "y", kernel_shape=[3], pads=[1, 1], strides=[2])], shape=("N", 3, 9))
    agrees(made)


def test_a_network_with_cut_off_windows_spikes() -> None:
    nodes = [
        node("Conv", "x w", "a"),
        node("Relu", "a", "b"),
        node("AveragePool", "b", "c", kernel_shape=[2, 2], auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Flatten", "c", "d"),
        node("Gemm", "d m", "y"),
    ]
    made = model(nodes, {"w": numbers(3, 2, 3, 3), "m": numbers(18, 4)}, shape=SHAPE)
    found = agrees(made)
    assert titles(found.network).count("AvgPool2d") == 2
    x = np.random.default_rng(0).random((5, 2, 7, 6), dtype=np.float32)
    conversion = convert(found.network, x, "max-norm", steps=256)
    scores = np.asarray(run(conversion.network, x, steps=256).scores)[-1]
    expected = onnx_io.reference_outputs(made.SerializeToString(), x)
    assert np.abs(scores - expected).max() < 0.05 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"kernel_shape": [3, 3], "pads": [3, 0, 0, 0]}, "a window lies outside the map"),
        ({"kernel_shape": [40, 2], "pads": [39, 0, 39, 0]}, "windows of 40 are cut off at the border of 7"),
        (
            {"kernel_shape": [3, 2], "pads": [1, 0, 1, 0], "strides": [3, 5], "count_include_pad": 1, "ceil_mode": 1},
            "ceil_mode makes smaller windows at the border of the padding",
        ),
    ],
)
def test_windows_that_are_refused(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(model([node("AveragePool", "x", "y", **attributes)], shape=SHAPE).SerializeToString())
    assert message in str(caught.value)
