"""Relu, Clip, Max and Min: every form of max(x, 0) and min(max(x, 0), m)."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import NetworkError, ReLU
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, model, node, numbers, titles

BOUNDED = [
    [node("Relu", "x", "a"), node("Clip", "a - top", "y")],
    [node("Relu", "x", "a"), node("Min", "a top", "y")],
    [node("Relu", "x", "a"), node("Min", "top a", "y")],
    [node("Clip", "x - top", "a"), node("Relu", "a", "y")],
    [node("Min", "x top", "a"), node("Max", "a zero", "y")],
    [node("Min", "top x", "a"), node("Max", "zero a", "y")],
    [node("Max", "x zero", "a"), node("Min", "a top", "y")],
    [node("Max", "zero x", "a"), node("Min", "top a", "y")],
    [node("Clip", "x zero -", "a"), node("Clip", "a - top", "y")],
    [node("Clip", "x zero top", "a"), node("Relu", "a", "y")],
    [node("Min", "x six", "a"), node("Clip", "a zero top", "y")],
    [node("Clip", "x zero six", "a"), node("Clip", "a minus top", "y")],
    [node("Relu", "x", "a"), node("Clip", "a zero top", "y")],
    [node("Min", "x zeros_and_top", "a"), node("Identity", "a", "b"), node("Relu", "b", "y")],
]
CONSTANTS = {"zero": 0.0, "top": 0.5, "six": 6.0, "minus": -1.0, "zeros_and_top": np.full((1, 3, 1, 1), 0.5)}


@pytest.mark.parametrize("nodes", BOUNDED)
def test_a_maximum_of_its_own(nodes: list[onnx.NodeProto]) -> None:
    found = agrees(model(nodes, CONSTANTS))
    relus = [layer for layer in found.network.nodes.values() if isinstance(layer, ReLU)]
    assert len(relus) in (1, 2)
    assert any(relu.max is not None and np.all(relu.max == 0.5) for relu in relus)


def test_one_activation_is_one_layer() -> None:
    assert titles(agrees(model(BOUNDED[0], CONSTANTS)).network) == ["ReLU"]
    assert titles(agrees(model(BOUNDED[3], CONSTANTS)).network) == ["ReLU"]


def test_both_values_are_used() -> None:
    nodes = [node("Relu", "x", "a"), node("Min", "a top", "b"), node("Add", "a b", "y")]
    assert titles(agrees(model(nodes, CONSTANTS)).network) == ["ReLU", "ReLU"]


@pytest.mark.parametrize("nodes", [[node("Max", "x zeros", "y")], [node("Max", "zeros x", "y")]])
def test_maximum_with_zeros(nodes: list[onnx.NodeProto]) -> None:
    assert titles(agrees(model(nodes, {"zeros": np.zeros((3, 1, 1))})).network) == ["ReLU"]


def test_a_bound_for_each_channel() -> None:
    nodes = [node("Relu", "x", "a"), node("Min", "tops a", "y")]
    found = agrees(model(nodes, {"tops": np.array([0.1, 0.5, 1.0]).reshape(3, 1, 1)}))
    (relu,) = (layer for layer in found.network.nodes.values() if isinstance(layer, ReLU))
    np.testing.assert_array_equal(relu.max, np.array([0.1, 0.5, 1.0], dtype=np.float32))


def test_a_bound_behind_pooling() -> None:
    nodes = [
        node("Relu", "x", "a"),
        node("MaxPool", "a", "p", kernel_shape=[2, 2]),
        node("Clip", "p - top", "c"),
        node("Flatten", "c", "y"),
    ]
    assert titles(agrees(model(nodes, CONSTANTS)).network) == ["ReLU", "MaxPool2d", "ReLU", "Flatten"]


def test_a_bound_before_a_flatten() -> None:
    nodes = [
        node("Min", "x tops", "a"),
        node("Flatten", "a", "f"),
        node("Relu", "f", "r"),
        node("Gemm", "r w", "y"),
    ]
    agrees(model(nodes, {"tops": np.array([0.1, 0.5, 1.0]).reshape(3, 1, 1), "w": numbers(126, 4)}))


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_bounds_at_the_end_of_their_type(dtype: Any) -> None:
    top = onnx.numpy_helper.from_array(np.asarray(np.finfo(dtype).max, dtype=dtype), "top")
    zero = onnx.numpy_helper.from_array(np.asarray(0, dtype=dtype), "zero")
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    found = agrees(model([node("Clip", "x zero top", "y")], [top, zero], kind=kind), tolerance=1e-3)
    assert [layer.max for layer in found.network.nodes.values() if isinstance(layer, ReLU)] == [None]


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Min", "x top", "y")], "limited from above alone"),
        ([node("Clip", "x - top", "y")], "limited from above alone"),
        ([node("Min", "x top", "a"), node("Conv", "a w", "y")], "Conv 'my_y': its input is limited from above alone"),
        ([node("Min", "x top", "a"), node("Add", "a x", "y")], "Add 'my_y': its input is limited from above alone"),
        ([node("Max", "x top", "y")], "maximum with something other than 0"),
        ([node("Relu", "x", "a"), node("Min", "a minus", "y")], "upper limit is -1"),
        ([node("Clip", "x minus top", "y")], "it clips to -1..0.5"),
        ([node("Clip", "x", "y")], "it clips to -inf..inf"),
        ([node("Max", "x x", "y")], "compares two values that both come from the input"),
        ([node("Min", "x row", "y")], "differs within a channel"),
    ],
)
def test_other_limits_are_refused(nodes: list[onnx.NodeProto], message: str) -> None:
    constants = {**CONSTANTS, "w": numbers(2, 3, 1, 1), "row": np.arange(1.0, 8.0)}
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(model(nodes, constants).SerializeToString())
    assert message in str(caught.value)
