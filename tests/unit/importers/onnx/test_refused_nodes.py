"""Nodes that do not fit, one by one: each is refused with its op, its name and what is wrong with it."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import const, model, node, numbers

INTS = np.int64

REFUSED: list[tuple[onnx.NodeProto, str]] = [
    (node("Conv", "x x", "y"), "its weight is computed from the network's input"),
    (node("Conv", "x w w", "y"), "bias: expected floats in 1 dimensions"),
    (node("Conv", "x w k", "y"), "bias needs 4 values"),
    (node("Conv", "x", "y"), "it has 1 inputs"),
    (node("Conv", "x i", "y"), "weight: expected floats"),
    (node("Conv", "w x", "y"), "its input 0 must come from the network's input"),
    (node("Conv", "x w", "y", strides=[0, 1]), "strides: expected positive"),
    (node("Conv", "x w", "y", strides=[1]), "strides: expected 2 integers"),
    (node("Conv", "x w", "y", strides=[1 << 40, 1]), "stride"),
    (node("Conv", "x w", "y", pads=[-1, 0, 0, 0]), "no negative ones"),
    (node("Conv", "x w", "y", pads=[1, 1, 1, 1], auto_pad="SAME_UPPER"), "both pads"),
    (node("Conv", "x w", "y", auto_pad="SOME"), "auto_pad"),
    (node("Conv", "x w", "y", auto_pad=3), "auto_pad: expected a text"),
    (node("Conv", "x w", "y", kernel_shape=[2, 2]), "kernel_shape is"),
    (node("Conv", "x w", "y", group=0), "groups must be"),
    (node("Conv", "x w", "y", group=2), "expected 6 input channels, got 3"),
    (node("Conv", "x w", "y", group=2.5), "group: expected an integer"),
    (node("Conv", "x w", "y", wings=2), "attributes ['wings']"),
    (node("Conv", "x nan", "y"), "finite"),
    (node("Gemm", "x m", "y"), "expected an input of shape (batch, n)"),
    (node("MatMul", "x m", "y"), "expected an input of shape (batch, n)"),
    (node("MaxPool", "x", "y"), "no kernel_shape"),
    (node("MaxPool", "x", "y", kernel_shape=[3]), "kernel_shape: expected 2 integers, for the dimensions of space"),
    (node("MaxPool", "x", "y", kernel_shape=[2, 2], dilations=[2, 2]), "pooling with gaps"),
    (node("MaxPool", "x", "y", kernel_shape=[2, 2], pads=[2, 2, 2, 2]), "must be smaller than the window"),
    (node("MaxPool", "x", "y", kernel_shape=[20, 20]), "does not fit"),
    (node("ReduceMean", "x", "y", axes=[1]), "only a mean over height and width"),
    (node("ReduceMean", "x", "y"), "only a mean over height and width"),
    (node("Add", "x row", "y"), "differs within a channel"),
    (node("Add", "x small", "y"), "does not fit"),
    (node("Mul", "x x", "y"), "squeeze-and-excitation"),
    (node("Div", "k0 x", "y"), "divides by a value"),
    (node("Div", "x k0", "y"), "divides by zero"),
    (node("BatchNormalization", "x k k k k", "y"), "expected 3 floats"),
    (node("BatchNormalization", "x c c c minus", "y"), "must be positive"),
    (node("BatchNormalization", "x c c c c", "y", training_mode=1), "model.eval()"),
    (node("Dropout", "x k0 yes", "y"), "model.eval()"),
    (node("Flatten", "x", "y", axis=2), "axis 2"),
    (node("Flatten", "x", "y", axis=0), "axis 0"),
    (node("Reshape", "x to63", "y"), "it makes (63, 2, 2)"),
    (node("Reshape", "x to1", "y"), "it makes (252,)"),
    (node("Reshape", "x to5", "y"), "cannot take the shape"),
    (node("Reshape", "x c", "y"), "shape: expected integers"),
    (node("Reshape", "x x", "y"), "its shape is computed from the network's input"),
    (node("Squeeze", "x to5", "y"), "not all of size 1"),
    (node("Pad", "x pads", "y", mode="reflect"), "only padding with zeros"),
    (node("Pad", "x pads one", "y"), "only padding with zeros"),
    (node("Pad", "x batchpads", "y"), "pads the batch"),
    (node("Pad", "x to5", "y"), "do not fit the axes"),
    (node("Slice", "x zero1 to1", "y"), "cuts the batch"),
    (node("Concat", "x x", "y", axis=2), "axis 2"),
    (node("Concat", "x w", "y", axis=1), "only zeros are supported (padding)"),
    (node("Cast", "x", "y", to=7), "into integers"),
    (node("Clip", "x", "y"), "it clips to"),
    (node("Transpose", "x", "y", perm=[1, 0, 2, 3]), "leaves the batch first"),
    (node("Transpose", "x", "y", perm=[0, 1, 1, 3]), "an order of 4 axes"),
    (node("Transpose", "x", "y", perm=[0, 1]), "an order of 4 axes"),
    (node("LSTM", "x", "y"), "recurrent"),
    (node("If", "x", "y"), "control flow"),
    (node("Scan", "x", "y"), "control flow"),
    (node("Relu", "x", "y", domain="com.example"), "domain 'com.example'"),
    (node("ConstantOfShape", "huge", "y"), "constant values"),
    (node("Cast", "c", "y", to=8), "type number 8"),
    (node("Gather", "c far", "y"), "out of bounds"),
    (node("Constant", "", "y", value_string="text"), "expected one attribute with numbers"),
    (node("Constant", "", "y"), "expected one attribute with numbers"),
    (node("Div", "i zero1", "y"), "divides by zero"),
    (node("Transpose", "c", "y", perm=[0, 5]), "axes don't match"),
    (node("Slice", "c minus minus", "y"), "expected integers"),
]


@pytest.mark.parametrize(
    ("made", "message"), REFUSED, ids=[f"{i}-{made.op_type}" for i, (made, _) in enumerate(REFUSED)]
)
def test_a_node_that_does_not_fit(made: onnx.NodeProto, message: str) -> None:
    constants = [
        const("w", numbers(4, 3, 3, 3)),
        const("m", numbers(4, 4)),
        const("nan", np.full((4, 3, 3, 3), np.nan)),
        const("i", np.ones((4, 3, 3, 3)), INTS),
        const("k", numbers(5)),
        const("k0", 0.0),
        const("one", 1.0),
        const("c", np.ones(3)),
        const("minus", -np.ones(3)),
        const("row", numbers(7)),
        const("small", numbers(2, 1)),
        const("yes", True, np.bool_),
        const("to63", [63, 2, 2], INTS),
        const("to1", [-1], INTS),
        const("to5", [5], INTS),
        const("zero1", [0], INTS),
        const("far", [99], INTS),
        const("pads", [0, 0, 1, 1, 0, 0, 1, 1], INTS),
        const("batchpads", [1, 0, 0, 0, 0, 0, 0, 0], INTS),
        const("huge", [1 << 20, 1 << 20], INTS),
    ]
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(model([made], constants).SerializeToString())
    text = str(caught.value)
    assert text.startswith("the model has 1 node that pysnn cannot import:\n")
    assert f"- {made.op_type} '{made.name}': " in text
    assert message in text
