"""Op by op: each form that ONNX has for it computes what the reference evaluator computes."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import Affine, AvgPool2d, GlobalAvgPool, Linear, ReLU
from tests.unit.importers.onnx.models import MAP, const, imported, model, node, numbers, titles

W = numbers(4, 3, 3, 3)
B = numbers(4)
INTS = np.int64


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"kernel_shape": [3, 3]},
        {"pads": [1, 1, 1, 1]},
        {"pads": [0, 1, 2, 3]},
        {"strides": [2, 1], "pads": [1, 0, 0, 2]},
        {"dilations": [2, 3], "pads": [1, 0, 0, 2]},
        {"auto_pad": "VALID", "strides": [2, 2]},
        {"auto_pad": "SAME_UPPER"},
        {"auto_pad": "SAME_LOWER"},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
        {"auto_pad": "SAME_LOWER", "strides": [2, 3]},
        {"auto_pad": "NOTSET", "pads": [0, 0, 1, 1]},
    ],
)
@pytest.mark.parametrize("opset", [8, 13])
def test_conv(attributes: dict[str, Any], opset: int) -> None:
    network = imported(model([node("Conv", "x w b", "y", **attributes)], {"w": W, "b": B}, opset=opset))
    assert titles(network) == ["Conv2d"]
    assert network.order == ("x", "my_y", "y")


def test_conv_without_bias() -> None:
    imported(model([node("Conv", "x w", "y")], {"w": W}))
    imported(model([node("Conv", "x w -", "y")], {"w": W}))


@pytest.mark.parametrize("kernel", [(4, 1), (1, 3), (2, 5)])
def test_same_padding_of_any_kernel(kernel: tuple[int, int]) -> None:
    for auto_pad in ("SAME_UPPER", "SAME_LOWER"):
        imported(model([node("Conv", "x w", "y", auto_pad=auto_pad, strides=[1, 2])], {"w": numbers(2, 3, *kernel)}))


def test_grouped_and_depthwise_conv() -> None:
    imported(model([node("Conv", "x w", "y", group=3)], {"w": numbers(3, 1, 3, 3)}))
    imported(model([node("Conv", "x w", "y", group=2)], {"w": numbers(6, 2, 2, 2)}, shape=(1, 4, 5, 5)))


def test_weights_of_other_float_types() -> None:
    for dtype in (np.float16, np.float64):
        network = imported(
            model([node("Cast", "w", "v", to=1), node("Conv", "x v", "y")], [const("w", W, dtype)]), tolerance=1e-5
        )
        assert titles(network) == ["Conv2d"]


@pytest.mark.parametrize("attributes", [{}, {"transB": 1}, {"alpha": 0.5, "beta": -2.0}, {"transB": 1, "alpha": 3.0}])
@pytest.mark.parametrize("bias", [(4,), (1, 4), (1,), (), None])
def test_gemm(attributes: dict[str, Any], bias: tuple[int, ...] | None) -> None:
    constants = {"w": numbers(4, 5) if attributes.get("transB") else numbers(5, 4)}
    if bias is not None:
        constants["b"] = numbers(*bias)
    made = model([node("Gemm", "x w" if bias is None else "x w b", "y", **attributes)], constants, shape=(2, 5))
    assert titles(imported(made)) == ["Linear"]


def test_matmul_and_its_bias() -> None:
    nodes = [node("MatMul", "x w", "a"), node("Add", "a b", "y")]
    network = imported(model(nodes, {"w": numbers(5, 4), "b": B}, shape=(2, 5)))
    assert titles(network) == ["Linear"]
    assert isinstance(network.nodes["my_a"], Linear)
    np.testing.assert_array_equal(network.nodes["my_a"].bias, B)


def test_a_bias_that_others_must_not_see_stays_apart() -> None:
    nodes = [node("MatMul", "x w", "a"), node("Add", "a b", "c"), node("Add", "a c", "y")]
    assert sorted(titles(imported(model(nodes, {"w": numbers(5, 4), "b": B}, shape=(2, 5))))) == ["Affine", "Linear"]
    nodes = [node("MatMul", "x w", "a"), node("Identity", "a", "i"), node("Add", "i b", "c"), node("Add", "i c", "y")]
    assert sorted(titles(imported(model(nodes, {"w": numbers(5, 4), "b": B}, shape=(2, 5))))) == ["Affine", "Linear"]


@pytest.mark.parametrize("shape", [(3, 1, 1), (1, 3, 1, 1), (1,), (), (1, 1, 1), (1, 1, 6, 7)])
@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
def test_constant_operands(op: str, shape: tuple[int, ...]) -> None:
    value = np.full(shape, 1.5) if 6 in shape else numbers(*shape)
    imported(model([node(op, "x c", "y")], {"c": value}))
    if op != "Div":
        imported(model([node(op, "c x", "y")], {"c": value}))


def test_relu_neg_and_clip() -> None:
    assert titles(imported(model([node("Relu", "x", "y")]))) == ["ReLU"]
    assert titles(imported(model([node("Neg", "x", "y")]))) == ["Affine"]
    assert titles(imported(model([node("Clip", "x", "y", min=0.0)], opset=10))) == ["ReLU"]
    assert titles(imported(model([node("Clip", "x zero", "y")], {"zero": 0.0}))) == ["ReLU"]
    assert titles(imported(model([node("Clip", "x zero top", "y")], {"zero": 0.0, "top": np.inf}))) == ["ReLU"]


def test_clip_to_a_bound() -> None:
    constants = {"zero": 0.0, "half": 0.5}
    nodes = [node("Constant", "", "c", value_float=0.5), node("Clip", "x zero c", "y")]
    made = [
        model([node("Clip", "x", "y", min=0.0, max=0.5)], opset=10),
        model([node("Clip", "x zero half", "y")], constants),
        model(nodes, constants),
    ]
    for each in made:
        (relu,) = imported(each).order[1:-1]
        found = imported(each).nodes[relu]
        assert isinstance(found, ReLU)
        assert found.max == 0.5


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2]},
        {"kernel_shape": [2, 3], "strides": [2, 1]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
        {"kernel_shape": [3, 2], "pads": [2, 0, 0, 1]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1, "pads": [1, 0, 1, 1]},
        {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "auto_pad": "SAME_UPPER"},
        {"kernel_shape": [3, 2], "auto_pad": "SAME_LOWER", "strides": [2, 2]},
        {"kernel_shape": [2, 2], "auto_pad": "VALID"},
    ],
)
def test_max_pool(attributes: dict[str, Any]) -> None:
    made = model([node("MaxPool", "x", "y", **attributes)])
    # The reference evaluator takes another number of windows for SAME_LOWER.
    assert titles(imported(made, evaluator=attributes.get("auto_pad") != "SAME_LOWER")) == ["MaxPool2d"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"kernel_shape": [2, 2]},
        {"kernel_shape": [2, 3], "strides": [2, 1]},
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        {"kernel_shape": [3, 2], "pads": [2, 0, 0, 1], "count_include_pad": 1},
        {"kernel_shape": [2, 1], "strides": [2, 1], "ceil_mode": 1},
        {"kernel_shape": [2, 2], "auto_pad": "VALID"},
    ],
)
def test_average_pool(attributes: dict[str, Any]) -> None:
    assert titles(imported(model([node("AveragePool", "x", "y", **attributes)]))) == ["AvgPool2d"]


def test_global_pools() -> None:
    network = imported(model([node("GlobalAveragePool", "x", "y")]))
    assert isinstance(network.nodes["my_y"], AvgPool2d)
    imported(model([node("GlobalMaxPool", "x", "y")]))


@pytest.mark.parametrize(
    "nodes",
    [
        [node("GlobalAveragePool", "x", "a"), node("Flatten", "a", "y")],
        [node("GlobalAveragePool", "x", "a"), node("Squeeze", "a axes", "y")],
        [node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)],
        [node("ReduceMean", "x", "y", axes=[-1, -2], keepdims=0)],
        [node("ReduceMean", "x", "a", axes=[-1, 2]), node("Reshape", "a wanted", "y")],
    ],
)
def test_averages_over_space_become_one_node(nodes: list[onnx.NodeProto]) -> None:
    constants = [const("axes", [2, 3], INTS), const("wanted", [0, -1], INTS)]
    network = imported(model(nodes, constants))
    assert [type(network.nodes[name]) for name in network.order[1:-1]] == [GlobalAvgPool]


def test_an_average_that_others_read_keeps_its_shape() -> None:
    nodes = [node("GlobalAveragePool", "x", "a"), node("Flatten", "a", "b"), node("Relu", "a", "c")]
    nodes += [node("Flatten", "c", "d"), node("Add", "b d", "y")]
    assert sorted(titles(imported(model(nodes)))) == ["AvgPool2d", "Flatten", "Flatten", "ReLU"]


def test_reduce_mean_of_opset_18() -> None:
    imported(model([node("ReduceMean", "x axes", "y")], [const("axes", [3, 2], INTS)], opset=18))


@pytest.mark.parametrize("opset", [8, 9, 14, 15, 20])
def test_batch_normalization(opset: int) -> None:
    constants = {"s": [1.0, -2.0, 0.0], "b": numbers(3), "m": numbers(3, seed=1), "v": [0.5, 1.0, 0.0]}
    for shape in (MAP, (2, 3)):
        made = model([node("BatchNormalization", "x s b m v", "y", epsilon=1e-3)], constants, shape=shape, opset=opset)
        network = imported(made, evaluator=opset >= 14)
        assert isinstance(network.nodes["my_y"], Affine)
