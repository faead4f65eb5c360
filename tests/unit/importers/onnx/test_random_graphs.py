"""Random models: the imported network, folded or not, computes what the model computes."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn.ann import ann_pass
from pysnn.convert.folding.fold import fold
from tests.unit.importers.onnx.models import const, imported, model, node, numbers

Maker = Callable[[str, str, str], list[onnx.NodeProto]]

CONSTANTS = {
    "w1": numbers(3, 3, 1, 1) / 2,
    "w3": numbers(3, 3, 3, 3) / 5,
    "wd": numbers(3, 1, 3, 3) / 3,
    "wc": numbers(3, 6, 1, 1) / 2,
    "bias": numbers(3),
    "c3": numbers(3, 1, 1),
    "scale": numbers(3, seed=1),
    "mean": numbers(3, seed=2),
    "var": np.array([0.5, 1.0, 2.0]),
    "fc": numbers(108, 4) / 10,
    "zeros": np.zeros((2, 1, 6, 6)),
    "limit": np.float32(0.7),
    "none": np.float32(0),
}
INTEGERS = {"parts": [1, 2], "map": [-1, 3, 6, 6]}

# Every maker keeps the shape (3, 6, 6); it may read two values.
MAKERS: list[Maker] = [
    lambda a, _, y: [node("Conv", f"{a} w1 bias", y)],
    lambda a, _, y: [node("Conv", f"{a} w3", y, auto_pad="SAME_UPPER")],
    lambda a, _, y: [node("Conv", f"{a} wd bias", y, pads=[1, 1, 1, 1], group=3)],
    lambda a, _, y: [node("BatchNormalization", f"{a} scale bias mean var", y)],
    lambda a, _, y: [node("Relu", a, y)],
    lambda a, _, y: [node("Add", f"{a} c3", y)],
    lambda a, _, y: [node("Mul", f"c3 {a}", y)],
    lambda a, b, y: [node("Add", f"{a} {b}", y)],
    lambda a, b, y: [node("Sub", f"{a} {b}", y)],
    lambda a, b, y: [node("Concat", f"{a} {b}", f"{y}c", axis=1), node("Conv", f"{y}c wc", y)],
    lambda a, _, y: [node("MaxPool", a, y, kernel_shape=[3, 3], pads=[1, 1, 1, 1])],
    lambda a, _, y: [node("AveragePool", a, y, kernel_shape=[3, 1], pads=[1, 0, 1, 0], count_include_pad=1)],
    lambda a, _, y: [node("Identity", a, y)],
    lambda a, _, y: [
        node("Transpose", a, f"{y}l", perm=[0, 2, 3, 1]),
        node("Mul", f"{y}l bias", f"{y}m"),
        node("Transpose", f"{y}m", y, perm=[0, 3, 1, 2]),
    ],
    lambda a, b, y: [
        node("Transpose", a, f"{y}l", perm=[0, 3, 2, 1]),
        node("Transpose", b, f"{y}m", perm=[0, 3, 2, 1]),
        node("Add", f"{y}l {y}m", f"{y}n"),
        node("Relu", f"{y}n", f"{y}o"),
        node("Transpose", f"{y}o", y, perm=[0, 3, 2, 1]),
    ],
    lambda a, _, y: [node("Split", f"{a} parts", f"{y}a {y}b", axis=1), node("Concat", f"{y}b {y}a", y, axis=1)],
    lambda a, _, y: [node("Split", f"{a} parts", f"{y}a {y}b", axis=1), node("Concat", f"{y}b zeros", y, axis=1)],
    lambda a, _, y: [node("Flatten", a, f"{y}f"), node("Reshape", f"{y}f map", y)],
    lambda a, _, y: [node("Relu", a, f"{y}r"), node("Min", f"{y}r limit", y)],
    lambda a, _, y: [node("Min", f"limit {a}", f"{y}r"), node("Max", f"{y}r none", y)],
]
TAILS: list[Callable[[str], list[onnx.NodeProto]]] = [
    lambda a: [node("Flatten", a, "flat"), node("Gemm", "flat fc", "y")],
    lambda a: [node("GlobalAveragePool", a, "pooled"), node("Flatten", "pooled", "y")],
    lambda a: [node("Relu", a, "y")],
    lambda a: [
        node("Transpose", a, "t", perm=[0, 2, 3, 1]),
        node("Flatten", "t", "flat"),
        node("Gemm", "flat fc", "y"),
    ],
    lambda a: [node("ReduceMean", a, "m", axes=[3], keepdims=0), node("ReduceMean", "m", "y", axes=[2], keepdims=0)],
    lambda a: [node("Transpose", a, "t", perm=[0, 3, 1, 2]), node("Flatten", "t", "y")],
]


@pytest.mark.slow
@given(st.data())
def test_random_models(data: st.DataObject) -> None:
    values = ["x"]
    nodes: list[onnx.NodeProto] = []
    for i in range(data.draw(st.integers(1, 10))):
        maker = data.draw(st.sampled_from(MAKERS))
        first, second = (data.draw(st.sampled_from(values[-3:])) for _ in range(2))
        nodes += maker(first, second, f"v{i}")
        values.append(f"v{i}")
    nodes += data.draw(st.sampled_from(TAILS))(values[-1])
    constants = [const(name, value) for name, value in CONSTANTS.items()]
    constants += [const(name, value, np.int64) for name, value in INTEGERS.items()]
    made = model(nodes, constants, shape=(2, 3, 6, 6), opset=15)
    network = imported(made, tolerance=1e-4)
    x = numbers(2, 3, 6, 6)
    before, after = ann_pass(network, x)[0], ann_pass(fold(network), x)[0]
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4 * max(float(np.abs(before).max()), 1.0))
