"""Channels last, vectors that become maps, sequences: the values of the file's own order arrive where they belong."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import NetworkError
from pysnn.ann import ann_pass
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, const, model, node, numbers, titles

INTS = np.int64
W = numbers(4, 3, 3, 3)
TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


def keras(tail: list[onnx.NodeProto], constants: list[onnx.TensorProto], opset: int = 13) -> onnx.ModelProto:
    """A network as tf2onnx writes it: channels last outside, first inside."""
    nodes = [
        node("Transpose", "x", "t", perm=TO_FIRST),
        node("Conv", "t w b", "c", auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Relu", "c", "r"),
    ]
    given = [const("w", W), const("b", numbers(4)), *constants]
    return model([*nodes, *tail], given, shape=("N", 6, 8, 3), opset=opset)


def test_keras_with_a_dense_layer() -> None:
    """Flatten of a Keras network counts channels last: the columns of the dense layer are turned."""
    tail = [
        node("Transpose", "r", "last", perm=TO_LAST),
        node("Reshape", "last flat", "f"),
        node("MatMul", "f m", "d"),
        node("Add", "d v", "e"),
        node("Softmax", "e", "y"),
    ]
    found = agrees(keras(tail, [const("flat", [-1, 48], INTS), const("m", numbers(48, 5)), const("v", numbers(5))]))
    assert found.network.input.shape == (3, 6, 8)
    assert titles(found.network) == ["Conv2d", "ReLU", "Flatten", "Linear"]
    assert found.notes[-1] == (
        "the network takes samples of shape (3, 6, 8), channels first or, as the model does, (6, 8, 3)"
    )


def test_a_hidden_layer_behind_a_turned_flatten() -> None:
    tail = [
        node("Transpose", "r", "last", perm=TO_LAST),
        node("Flatten", "last", "f"),
        node("Mul", "f scale", "g"),
        node("BatchNormalization", "g scale shift shift var", "h"),
        node("Relu", "h", "i"),
        node("Gemm", "i m", "y"),
    ]
    constants = [const("m", numbers(48, 5)), const("scale", numbers(48)), const("shift", numbers(48, seed=3))]
    agrees(keras(tail, [*constants, const("var", numbers(48) ** 2 + 1)]))


def test_keras_global_average() -> None:
    tail = [
        node("Transpose", "r", "last", perm=TO_LAST),
        node("ReduceMean", "last", "f", axes=[1, 2], keepdims=0),
        node("MatMul", "f m", "y"),
    ]
    found = agrees(keras(tail, [const("m", numbers(4, 5))]))
    assert titles(found.network) == ["Conv2d", "ReLU", "GlobalAvgPool", "Linear"]


def test_transposes_around_every_layer() -> None:
    """What tf2onnx writes without its optimiser; per-channel constants lie in the last axis then."""
    tail = [
        node("Transpose", "r", "l1", perm=TO_LAST),
        node("Mul", "l1 s", "l2"),
        node("Pad", "l2 pads", "l3"),
        node("Transpose", "l3", "t2", perm=TO_FIRST),
        node("Conv", "t2 w2", "c2"),
        node("Transpose", "c2", "l4", perm=TO_LAST),
        node("Relu", "l4", "l5"),
        node("Transpose", "l5", "t3", perm=TO_FIRST),
        node("MaxPool", "t3", "p", kernel_shape=[2, 2]),
        node("Transpose", "p", "y", perm=TO_LAST),
    ]
    constants = [
        const("s", numbers(4)),
        const("pads", [0, 1, 1, 0, 0, 1, 1, 0], INTS),
        const("w2", numbers(2, 4, 3, 3)),
    ]
    agrees(keras(tail, constants))


def test_data_are_prepared_in_channels_last() -> None:
    nodes = [
        node("Sub", "x mean", "a"),
        node("Div", "a std", "b"),
        node("Pad", "b pads", "c"),
        node("Transpose", "c", "t", perm=TO_FIRST),
        node("Conv", "t w", "d"),
        node("Relu", "d", "y"),
    ]
    constants = [const("mean", numbers(3)), const("std", [1.0, 2.0, 3.0]), const("w", W)]
    made = model(nodes, [*constants, const("pads", [0, 1, 1, 0, 0, 1, 1, 0], INTS)], shape=(2, 6, 8, 3))
    found = agrees(made)
    assert found.network.input.shape == (3, 6, 8)


@pytest.mark.parametrize(
    ("shape", "nodes", "core"),
    [
        (("N", 28, 28), [node("Flatten", "x", "f")], (1, 28, 28)),
        (("N", 28, 28), [node("Reshape", "x flat", "f")], (1, 28, 28)),
        (("N", 1, 28, 28), [node("Reshape", "x flat", "f")], (1, 28, 28)),
        (("N", 784, 1), [node("Flatten", "x", "f")], (784,)),
        (("N", 784, 1), [node("Reshape", "x flat", "f")], (784,)),
        (("N", 1, 784), [node("Squeeze", "x one", "f")], (784,)),
        (("N", 28, 28, 1), [node("Flatten", "x", "f")], (28, 28, 1)),
        (("N", 784, 1, 1), [node("Squeeze", "x", "f")], (784, 1, 1)),
        (("N", 2, 14, 1, 28), [node("Flatten", "x", "f")], (2, 14, 28)),
        ((-1, 28, 28), [node("Flatten", "x", "f")], (1, 28, 28)),
        ((0, 28, 28), [node("Flatten", "x", "f")], (1, 28, 28)),
        ((-1, 784), [node("Identity", "x", "f")], (784,)),
        ((0, 784), [node("Relu", "x", "f")], (784,)),
    ],
)
def test_inputs_before_a_dense_layer(
    shape: tuple[int | str, ...], nodes: list[onnx.NodeProto], core: tuple[int, ...]
) -> None:
    constants = [const("flat", [-1, 784], INTS), const("one", [1], INTS), const("w", numbers(784, 6))]
    found = agrees(model([*nodes, node("Gemm", "f w", "y")], constants, shape=shape))
    assert found.network.input.shape == core


@pytest.mark.parametrize(
    ("shape", "nodes"),
    [
        (("N", 126), [node("Reshape", "x map", "m")]),
        (("N", 126), [node("Sub", "x half", "s"), node("Relu", "s", "r"), node("Reshape", "r map", "m")]),
        (("N", 18, 7), [node("Reshape", "x map", "m")]),
        (("N", 6, 7, 3), [node("Transpose", "x", "m", perm=TO_FIRST)]),
        (("N", 126), [node("Reshape", "x last", "l"), node("Transpose", "l", "m", perm=TO_FIRST)]),
        (MAP := ("N", 3, 6, 7), [node("Flatten", "x", "f"), node("Reshape", "f map", "m")]),
        (MAP, [node("Transpose", "x", "t", perm=TO_LAST), node("Transpose", "t", "m", perm=TO_FIRST)]),
    ],
)
def test_maps_that_the_input_is_made_to_be(shape: tuple[int | str, ...], nodes: list[onnx.NodeProto]) -> None:
    constants = [
        const("map", [-1, 3, 6, 7], INTS),
        const("last", [-1, 6, 7, 3], INTS),
        const("half", 0.5),
        const("w", W),
    ]
    found = agrees(model([*nodes, node("Conv", "m w", "c"), node("Relu", "c", "y")], constants, shape=shape))
    assert found.network.input.shape == (3, 6, 7)


@pytest.mark.parametrize("shape", [("N", 126), ("N", 6, 7, 3)])
def test_mean_and_std_are_for_the_channels_of_the_map(shape: tuple[int | str, ...]) -> None:
    turn = node("Reshape", "x map", "m") if len(shape) == 2 else node("Transpose", "x", "m", perm=TO_FIRST)
    nodes = [turn, node("Conv", "m w", "c"), node("Relu", "c", "y")]
    made = model(nodes, [const("map", [-1, 3, 6, 7], INTS), const("w", W)], shape=shape)
    data = made.SerializeToString()
    network = onnx_io.load(data, mean=[0.1, 0.2, 0.3], std=[1.0, 2.0, 3.0])
    x = numbers(2, 3, 6, 7)
    given = onnx_io.read_onnx(data).layout.to_model(network.input.normalise(x))
    expected = onnx_io.reference_outputs(data, given).reshape(2, -1)
    np.testing.assert_allclose(ann_pass(network, x)[0], expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(NetworkError, match=r"mean needs 3 values \(one per channel\), got 1"):
        onnx_io.load(data, mean=[0.1], std=[1.0])


def test_an_image_without_channels() -> None:
    nodes = [node("Unsqueeze", "x axes", "m"), node("Conv", "m w", "c"), node("GlobalAveragePool", "c", "y")]
    constants = [const("axes", [1], INTS), const("w", numbers(4, 1, 3, 3))]
    assert agrees(model(nodes, constants, shape=(1, 9, 8))).network.input.shape == (1, 9, 8)


def sequence(tail: list[onnx.NodeProto], **attributes: object) -> onnx.ModelProto:
    nodes = [
        node("Conv", "x w b", "c", **attributes),
        node("BatchNormalization", "c b b b v", "n"),
        node("Relu", "n", "r"),
    ]
    constants = [const("w", numbers(4, 3, 3)), const("b", numbers(4)), const("v", np.ones(4))]
    constants += [const("m", numbers(4, 5)), const("axes", [2], INTS)]
    return model([*nodes, *tail], constants, shape=("N", 3, 20))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"pads": [1, 2]},
        {"strides": [2], "dilations": [2], "pads": [2, 2]},
        {"auto_pad": "SAME_UPPER", "kernel_shape": [3]},
    ],
)
@pytest.mark.parametrize(
    "tail",
    [
        [node("GlobalAveragePool", "r", "p"), node("Flatten", "p", "f"), node("Gemm", "f m", "y")],
        [node("GlobalMaxPool", "r", "p"), node("Squeeze", "p axes", "f"), node("Gemm", "f m", "y")],
        [node("ReduceMean", "r", "f", axes=[2], keepdims=0), node("Gemm", "f m", "y")],
        [node("MaxPool", "r", "p", kernel_shape=[3], strides=[2], pads=[1, 0], ceil_mode=1), node("Flatten", "p", "y")],
        [node("AveragePool", "r", "p", kernel_shape=[2], strides=[2]), node("Flatten", "p", "y")],
    ],
)
def test_one_dimension_of_space(tail: list[onnx.NodeProto], attributes: dict[str, object]) -> None:
    assert agrees(sequence(tail, **attributes)).network.input.shape == (3, 1, 20)


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("shape", [("N", 3, 20), ("N", 60), ("N", 20, 3)])
def test_a_dimension_is_added_for_the_convolution(shape: tuple[int | str, ...], axis: int) -> None:
    """PyTorch's exporters write Conv1d as a two-dimensional one between Unsqueeze and Squeeze."""
    kernel = (1, 3) if axis == 2 else (3, 1)
    start = {3: [node("Transpose", "x", "s", perm=[0, 2, 1])], 2: [node("Reshape", "x seq", "s")]}
    first = [node("Identity", "x", "s")] if shape[1] == 3 else start[len(shape)]
    nodes = [
        *first,
        node("Unsqueeze", "s axes", "u"),
        node("Conv", "u w", "c"),
        node("Squeeze", "c axes", "q"),
        node("Relu", "q", "r"),
        node("Flatten", "r", "f"),
        node("Gemm", "f m", "y"),
    ]
    constants = [const("axes", [axis], INTS), const("w", numbers(4, 3, *kernel)), const("m", numbers(72, 5))]
    agrees(model(nodes, [*constants, const("seq", [0, 3, 20], INTS)], shape=shape))


@pytest.mark.parametrize("opset", [11, 13])
def test_a_vector_with_an_axis_for_batch_normalisation(opset: int) -> None:
    """BatchNorm1d: Unsqueeze, BatchNormalization, Squeeze."""
    axes = {"axes": [2]} if opset < 13 else {}
    more = "" if axes else " axes"
    nodes = [
        node("Gemm", "x w", "a"),
        node("Unsqueeze", f"a{more}", "b", **axes),
        node("BatchNormalization", "b s s s v", "c"),
        node("Squeeze", f"c{more}", "d", **axes),
        node("Relu", "d", "y"),
    ]
    constants = [const("w", numbers(7, 5)), const("s", numbers(5)), const("v", np.ones(5)), const("axes", [2], INTS)]
    found = agrees(model(nodes, constants, shape=("N", 7), opset=opset))
    assert titles(found.network) == ["Linear", "Affine", "ReLU"]


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("order", [(3, 2), (2, 3), (-1, -2)])
def test_means_one_after_the_other(order: tuple[int, int], keep: int) -> None:
    first, second = order
    if not keep and second == 3:
        second = 2
    if not keep and (first, second) == (-1, -2):
        second = -1
    nodes = [
        node("Conv", "x w", "c"),
        node("ReduceMean", "c", "a", axes=[first], keepdims=keep),
        node("ReduceMean", "a", "b", axes=[second], keepdims=keep),
        node("Flatten", "b", "f"),
        node("Gemm", "f m", "y"),
    ]
    agrees(model(nodes, {"w": W, "m": numbers(4, 5)}))


def test_a_matrix_product_with_an_axis_more() -> None:
    nodes = [node("MatMul", "x w", "a"), node("Add", "a b", "c"), node("Relu", "c", "d"), node("MatMul", "d v", "y")]
    agrees(model(nodes, {"w": numbers(7, 5), "b": numbers(5), "v": numbers(5, 2)}, shape=("N", 1, 7)))


def test_a_channel_shuffle_is_refused() -> None:
    nodes = [
        node("Conv", "x w", "c"),
        node("Reshape", "c groups", "g"),
        node("Transpose", "g", "t", perm=[0, 2, 1, 3, 4]),
        node("Reshape", "t back", "s"),
        node("Conv", "s v", "y"),
    ]
    constants = [const("w", W), const("v", numbers(4, 4, 1, 1)), const("groups", [-1, 2, 2, 4, 5], INTS)]
    made = model(nodes, [*constants, const("back", [-1, 4, 4, 5], INTS)])
    with pytest.raises(NetworkError, match=r"Conv 'my_y': it reads .* in another order; only the network's input"):
        onnx_io.load(made.SerializeToString())


def test_an_output_that_is_turned() -> None:
    found = agrees(model([node("Conv", "x w", "c"), node("Transpose", "c", "y", perm=TO_LAST)], {"w": W}))
    assert titles(found.network) == ["Conv2d", "Flatten", "Linear"]


def test_sums_of_different_orders_are_refused() -> None:
    nodes = [node("Transpose", "x", "t", perm=[0, 2, 1]), node("Add", "x t", "y")]
    with pytest.raises(NetworkError, match="lie in different orders"):
        onnx_io.load(model(nodes, shape=("N", 5, 5)).SerializeToString())
