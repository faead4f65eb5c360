"""Split, Slice and Concat, of maps, sequences and vectors, with zeros or without."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, const, model, node, numbers, titles

INTS = np.int64
SHAPE = ("N", 6, 4, 5)


def split_and_used(split: onnx.NodeProto, axis: int = 1) -> list[onnx.NodeProto]:
    """Both parts are used, in the other order."""
    return [split, node("Relu", "b", "r"), node("Concat", "r a", "y", axis=axis)]


SPLITS: list[tuple[str, int, dict[str, Any]]] = [
    ("x2", 11, {}),
    ("x2", 11, {"split": [2, 4]}),
    ("x2", 13, {}),
    ("x2 sizes", 13, {}),
    ("x2 sizes", 18, {}),
    ("x2", 18, {"num_outputs": 2}),
]


@pytest.mark.parametrize(("inputs", "opset", "attributes"), SPLITS)
@pytest.mark.parametrize("shape", [SHAPE, ("N", 6), ("N", 6, 9)])
@pytest.mark.parametrize("negative", [False, True])
def test_split_of_channels(
    inputs: str, opset: int, attributes: dict[str, Any], shape: tuple[int | str, ...], negative: bool
) -> None:
    axis = 1 - len(shape) if negative else 1
    start = [node("Conv", "x w", "x2")] if len(shape) == 3 else [node("Relu", "x", "x2")]
    nodes = [*start, *split_and_used(node("Split", inputs, "a b", axis=axis, **attributes))]
    constants = [const("sizes", [5, 1], INTS), const("w", numbers(6, 6, 1))]
    agrees(model(nodes, constants, shape=shape, opset=opset))


@pytest.mark.parametrize("axis", [2, 3, -1])
def test_split_of_space(axis: int) -> None:
    nodes = [
        node("Split", "x sizes", "a b", axis=axis),
        node("Flatten", "a", "f"),
        node("Flatten", "b", "g"),
        node("Concat", "g f", "y", axis=1),
    ]
    found = agrees(model(nodes, [const("sizes", [1, 3] if axis == 2 else [1, 4], INTS)], shape=SHAPE))
    assert titles(found.network)[:2] == ["Crop", "Crop"]


def test_split_into_parts_of_different_sizes() -> None:
    nodes = [node("Split", "x", "a b c", axis=1, num_outputs=3), node("Concat", "c a b", "y", axis=1)]
    agrees(model(nodes, shape=("N", 7, 2, 2), opset=18))
    nodes[0] = node("Split", "x", "a b c", axis=1)
    with pytest.raises(NetworkError, match="7 values cannot be split into 3 equal parts"):
        onnx_io.load(model(nodes, shape=("N", 7, 2, 2)).SerializeToString())


def test_a_part_that_nothing_reads() -> None:
    found = agrees(model([node("Split", "x", "a b", axis=1), node("Relu", "b", "y")], shape=SHAPE, opset=11))
    assert titles(found.network) == ["Crop", "ReLU"]


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (node("Split", "x sizes", "a y", axis=1), "parts of .5, 1, 1., 2 of them, are not 6 values"),
        (node("Split", "x", "a y", axis=0), "axis 0: expected one of 1..3"),
        (node("Split", "x", "a y"), "axis 0: expected one of 1"),
        (node("Split", "x", "a y", axis=7), "axis 7: expected one of 1..3"),
        (node("Split", "x", "a y", axis=1, num_outputs=3), "num_outputs is 3, and it has 2 results"),
    ],
)
def test_splits_that_do_not_fit(split: onnx.NodeProto, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        onnx_io.load(model([split], [const("sizes", [5, 1, 1], INTS)], shape=SHAPE, opset=18).SerializeToString())


@pytest.mark.parametrize("order", ["z1 x", "x z2", "z1 x z2", "z1 z2 x", "x z1 r", "z1 x z2 z2 r z1", "x z1 x"])
@pytest.mark.parametrize("shape", [(2, 6, 4, 5), (2, 6)])
def test_zeros_beside_values(order: str, shape: tuple[int, ...]) -> None:
    zeros = [const(f"z{n}", np.zeros((shape[0], n, *shape[2:]))) for n in (1, 2)]
    nodes = [node("Relu", "x", "r"), node("Concat", order, "y", axis=1)]
    agrees(model(nodes, zeros, shape=shape))


def test_zeros_of_the_batch_that_the_file_computes() -> None:
    """Option A, as PyTorch writes it with a dynamic batch: zeros of a shape that is read off the input."""
    nodes = [
        node("Conv", "x w", "c", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Slice", "x s e a t", "half"),
        node("Shape", "half", "shape"),
        node("Gather", "shape zero", "batch", axis=0),
        node("Unsqueeze", "batch first", "batch1"),
        node("Concat", "batch1 rest", "sizes", axis=0),
        node("ConstantOfShape", "sizes", "z"),
        node("Concat", "z half z", "short", axis=1),
        node("Add", "c short", "d"),
        node("Relu", "d", "y"),
    ]
    constants = [
        const("w", numbers(10, 6, 3, 3)),
        *(const(name, value, INTS) for name, value in (("s", [0, 0]), ("e", [99, 99]), ("a", [2, 3]), ("t", [2, 2]))),
        const("zero", 0, INTS),
        const("first", [0], INTS),
        const("rest", [2, 2, 3], INTS),
    ]
    found = agrees(model(nodes, constants, shape=SHAPE))
    assert titles(found.network) == ["Conv2d", "Subsample", "Pad", "ReLU"]


@pytest.mark.parametrize(
    ("constant", "message"),
    [
        (np.ones((2, 1, 4, 5)), "only zeros are supported"),
        (np.zeros((2, 1, 4, 4)), "do not fit a value of shape"),
        (np.zeros((1, 1, 4, 5)), "do not fit a value of shape"),
        (np.zeros(3), "only zeros are supported"),
    ],
)
def test_constants_that_do_not_fit(constant: np.ndarray, message: str) -> None:
    made = model([node("Concat", "x c", "y", axis=1)], {"c": constant}, shape=(2, 6, 4, 5))
    with pytest.raises(NetworkError, match=message):
        onnx_io.load(made.SerializeToString())


@pytest.mark.parametrize(("starts", "ends", "steps"), [([1], [4], [1]), ([0], [6], [2]), ([-2], [99], [1])])
def test_slices_of_vectors(starts: list[int], ends: list[int], steps: list[int]) -> None:
    constants = [const("s", starts, INTS), const("e", ends, INTS), const("a", [1], INTS), const("t", steps, INTS)]
    agrees(model([node("Slice", "x s e a t", "b"), node("Relu", "b", "y")], constants, shape=("N", 6)))


def test_channels_last_pieces() -> None:
    nodes = [
        node("Conv", "x w", "c"),
        node("Transpose", "c", "t", perm=[0, 2, 3, 1]),
        node("Split", "t", "a b", axis=3),
        node("Concat", "b z a", "k", axis=3),
        node("Transpose", "k", "m", perm=[0, 3, 1, 2]),
        node("Conv", "m v", "y"),
    ]
    constants = {"w": numbers(4, 6, 3, 3), "z": np.zeros((2, 2, 3, 1)), "v": numbers(2, 5, 1, 1)}
    agrees(model(nodes, constants, shape=(2, 6, 4, 5)))


def test_vectors_of_turned_maps_are_joined_in_their_own_order() -> None:
    nodes = [
        node("Conv", "x w", "c"),
        node("Transpose", "c", "t", perm=[0, 2, 3, 1]),
        node("Flatten", "t", "f"),
        node("Flatten", "c", "g"),
        node("Concat", "f g", "k", axis=1),
        node("Split", "k", "a b", axis=1),
        node("Add", "a b", "y"),
    ]
    agrees(model(nodes, {"w": numbers(4, 6, 3, 3)}, shape=SHAPE))
