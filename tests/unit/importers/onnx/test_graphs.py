"""Nodes together: sums, moves, and constants that the file computes."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import Conv2d, ReLU
from tests.unit.importers.onnx.models import MAP, const, imported, model, node, numbers, titles

INTS = np.int64


def test_sums_are_edges_that_meet() -> None:
    nodes = [node("Conv", "x w", "a", pads=[1, 1, 1, 1]), node("Add", "a x", "b"), node("Relu", "b", "y")]
    network = imported(model(nodes, {"w": numbers(3, 3, 3, 3)}))
    assert network.sources["my_y"] == ("my_a", "x")


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Add", "x x", "y")],
        [node("Relu", "x", "a"), node("Sum", "x a x x", "y")],
        [node("Sum", "x", "y")],
        [node("Relu", "x", "a"), node("Sub", "x a", "y")],
        [node("Sub", "x x", "y")],
        [node("Relu", "x", "a"), node("Add", "x a", "b"), node("Add", "a b", "y")],
        [node("Relu", "x", "a"), node("Add", "x a", "b"), node("Relu", "b", "c"), node("Add", "b c", "y")],
        [node("Relu", "x", "a"), node("Add", "x a", "b"), node("Concat", "b x b", "y", axis=1)],
        [node("Concat", "x x", "y", axis=-3)],
        [node("Relu", "x", "a"), node("Sum", "x a k", "y")],
    ],
)
def test_sums(nodes: list[onnx.NodeProto]) -> None:
    imported(model(nodes, {"k": numbers(3, 1, 1)}))


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("Flatten", "x", "y")], []),
        ([node("Flatten", "x", "y", axis=-3)], []),
        ([node("Reshape", "x s", "y")], [const("s", [2, 126], INTS)]),
        ([node("Reshape", "x s", "y")], [const("s", [0, -1], INTS)]),
        ([node("Reshape", "x s", "y")], [const("s", [-1, 126], INTS)]),
        ([node("Reshape", "x s", "y")], [const("s", [2, 3, -1, 7], INTS)]),
        ([node("Pad", "x p", "y")], [const("p", [0, 1, 0, 2, 0, 3, 1, 0], INTS)]),
        ([node("Pad", "x p v", "y")], [const("p", [0, 0, 1, 1, 0, 0, 1, 1], INTS), const("v", 0.0)]),
        ([node("Slice", "x s e", "y")], [const("s", [0, 1], INTS), const("e", [9, 3], INTS)]),
        (
            [node("Slice", "x s e a t", "y")],
            [
                const("s", [0, -5], INTS),
                const("e", [1 << 60, -1], INTS),
                const("a", [2, 3], INTS),
                const("t", [2, 3], INTS),
            ],
        ),
        ([node("Identity", "x", "a"), node("Dropout", "a", "y")], []),
        ([node("Dropout", "x r", "y")], [const("r", 0.5)]),
        ([node("Dropout", "x r t", "y")], [const("r", 0.5), const("t", False, np.bool_)]),
        ([node("Cast", "x", "a", to=10), node("Cast", "a", "y", to=1)], []),
    ],
)
def test_moves(nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]) -> None:
    tolerance = 1e-2 if nodes[0].op_type == "Cast" else 1e-6
    imported(model(nodes, constants), tolerance=tolerance)


def test_pad_and_slice_of_old_opsets() -> None:
    imported(model([node("Pad", "x", "y", pads=[0, 0, 1, 0, 0, 0, -1, 2])], opset=9), evaluator=False)
    network = imported(model([node("Slice", "x", "y", starts=[1], ends=[3], axes=[1])], opset=9))
    assert titles(network) == ["Crop"]
    imported(model([node("Dropout", "x", "y", ratio=0.3)], opset=9))


def test_pad_with_axes() -> None:
    constants = [const("p", [1, 2, 0, 1], INTS), const("a", [-1, 1], INTS)]
    imported(model([node("Pad", "x p - a", "y")], constants, opset=18))


def option_a() -> list[onnx.NodeProto]:
    """A stride of two in space, and zero channels around."""
    return [
        node("Slice", "x s e a t", "half"),
        node("Pad", "half p", "short"),
        node("Conv", "x w", "c", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Add", "c short", "d"),
        node("Relu", "d", "y"),
    ]


def test_option_a_shortcut() -> None:
    constants = [
        const("s", [0, 0], INTS),
        const("e", [(1 << 63) - 1] * 2, INTS),
        const("a", [2, 3], INTS),
        const("t", [2, 2], INTS),
        const("p", [0, 1, 0, 0, 0, 2, 0, 0], INTS),
        const("w", numbers(6, 3, 3, 3)),
    ]
    assert titles(imported(model(option_a(), constants))) == ["Conv2d", "Subsample", "Pad", "ReLU"]


def reshape_from_shape(unsqueeze: onnx.NodeProto) -> list[onnx.NodeProto]:
    """A batch size that is read off the input, as exporters write x.view(x.size(0), -1)."""
    return [
        node("Shape", "x", "shape"),
        node("Constant", "", "zero", value=const("", 0, INTS)),
        node("Gather", "shape zero", "batch", axis=0),
        unsqueeze,
        node("Concat", "batch1 rest", "wanted", axis=0),
        node("Reshape", "x wanted", "flat"),
        node("Gemm", "flat w", "y"),
    ]


@pytest.mark.parametrize("batch", [1, 2, "N", None])
def test_reshape_computed_from_shape(batch: int | str | None) -> None:
    constants = [const("rest", [-1], INTS), const("w", numbers(126, 5)), const("axes", [0], INTS)]
    shape = (batch, *MAP[1:])
    nodes = reshape_from_shape(node("Unsqueeze", "batch", "batch1", axes=[0]))
    assert titles(imported(model(nodes, constants, shape=shape, opset=11))) == ["Flatten", "Linear"]
    nodes = reshape_from_shape(node("Unsqueeze", "batch axes", "batch1"))
    assert titles(imported(model(nodes, constants, shape=shape))) == ["Flatten", "Linear"]


def test_constants_are_computed() -> None:
    nodes = [
        node("Transpose", "w", "wt", perm=[3, 2, 0, 1]),
        node("Constant", "", "two", value_float=2.0),
        node("Constant", "", "sizes", value_ints=[3, 1, 1]),
        node("ConstantOfShape", "sizes", "ones", value=const("", [1.0])),
        node("Mul", "wt two", "w2"),
        node("Sub", "w2 ones4", "w3"),
        node("Neg", "w3", "w4"),
        node("Div", "w4 two", "w5"),
        node("Squeeze", "lone axes0", "b"),
        node("Slice", "b from to", "b4"),
        node("Conv", "x w5 b4", "c"),
        node("Add", "c shift", "d"),
        node("Mul", "x ones", "e"),
        node("Conv", "e w5", "f"),
        node("Add", "d f", "y"),
    ]
    constants = [
        const("w", numbers(3, 3, 3, 4)),
        const("ones4", np.ones((1, 3, 1, 1))),
        const("lone", numbers(1, 6)),
        const("axes0", [0], INTS),
        const("from", [1], INTS),
        const("to", [5], INTS),
        const("shift", numbers(4, 1, 1)),
    ]
    assert sorted(titles(imported(model(nodes, constants)))) == ["Affine", "Conv2d", "Conv2d"]


def test_pads_computed_backwards() -> None:
    """PyTorch's exporter turns pads around with a Slice that goes backwards."""
    nodes = [
        node("Reshape", "pairs two", "p2"),
        node("Slice", "p2 from to axis step", "p3"),
        node("Transpose", "p3", "p4", perm=[1, 0]),
        node("Reshape", "p4 flat", "p5"),
        node("Pad", "x p5", "y"),
    ]
    constants = [
        const("pairs", [1, 2, 0, 1, 2, 0, 0, 0], INTS),
        const("two", [-1, 2], INTS),
        const("flat", [-1], INTS),
        const("from", [-1], INTS),
        const("to", [-(1 << 63)], INTS),
        const("axis", [0], INTS),
        const("step", [-1], INTS),
    ]
    assert titles(imported(model(nodes, constants))) == ["Pad"]


def test_a_dense_block_and_a_fire_module() -> None:
    nodes = [
        node("BatchNormalization", "x s b m v", "n1"),
        node("Relu", "n1", "r1"),
        node("Conv", "r1 w1", "c1", pads=[1, 1, 1, 1]),
        node("Concat", "x c1", "k1", axis=1),
        node("Conv", "k1 squeeze", "sq"),
        node("Relu", "sq", "r2"),
        node("Conv", "r2 e1", "a"),
        node("Conv", "r2 e3", "b3", pads=[1, 1, 1, 1]),
        node("Concat", "a b3", "k2", axis=1),
        node("Relu", "k2", "y"),
    ]
    constants = {
        "s": numbers(3),
        "b": numbers(3, seed=1),
        "m": numbers(3, seed=2),
        "v": [0.5, 1.0, 2.0],
        "w1": numbers(2, 3, 3, 3),
        "squeeze": numbers(2, 5, 1, 1),
        "e1": numbers(3, 2, 1, 1),
        "e3": numbers(4, 2, 3, 3),
    }
    network = imported(model(nodes, constants, opset=15))
    assert isinstance(network.nodes["my_c1"], Conv2d)
    assert isinstance(network.nodes["my_y"], ReLU)
