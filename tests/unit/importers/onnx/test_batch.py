"""What is computed from the batch: refused by name, unless it is only a shape."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
from onnx import TensorProto

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, const, model, node, numbers, titles

INTS = np.int64
SIZES = [node("Shape", "x", "shape"), node("Gather", "shape which", "n", axis=0)]
FLOAT = node("Cast", "n", "f", to=TensorProto.FLOAT)


def message(nodes: list[onnx.NodeProto], which: int, shape: tuple[int | str, ...]) -> str:
    constants = [const("which", which, INTS), const("rest", [4, 4], INTS), const("one", [0], INTS)]
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(model(nodes, constants, shape=shape).SerializeToString())
    return str(caught.value)


@pytest.mark.parametrize("batch", ["N", 1, 4, -1])
@pytest.mark.parametrize("op", ["Div", "Mul", "Add", "Sub"])
def test_the_size_of_the_batch_as_a_number(batch: int | str, op: str) -> None:
    text = message([*SIZES, FLOAT, node(op, "x f", "y")], 0, (batch, 3, 6, 7))
    assert f"{op} 'my_y': its input 'f' is computed from the batch's size" in text


def test_values_made_for_each_batch() -> None:
    nodes = [
        *SIZES,
        FLOAT,
        node("Unsqueeze", "n one", "n1"),
        node("Concat", "n1 rest", "sizes", axis=0),
        node("ConstantOfShape", "sizes", "zeros"),
        node("Add", "zeros f", "full"),
        node("Add", "x full", "y"),
    ]
    assert "Add 'my_y': its input 'full' is computed from the batch's size" in message(nodes, 0, ("N", 4, 4))


def test_the_other_sizes_are_numbers_like_others() -> None:
    constants = [const("which", 2, INTS)]
    agrees(model([*SIZES, FLOAT, node("Div", "x f", "y")], constants, shape=("N", 3, 6, 7)))


def test_a_shape_that_mixes_the_batch_is_refused() -> None:
    nodes = [
        *SIZES,
        node("Unsqueeze", "n one", "n1"),
        node("Concat", "minus n1", "sizes", axis=0),
        node("Reshape", "x sizes", "y"),
    ]
    constants = [const("which", 0, INTS), const("one", [0], INTS), const("minus", [-1], INTS)]
    with pytest.raises(NetworkError, match=r"Reshape 'my_y': it makes \(.*the batch"):
        onnx_io.load(model(nodes, constants, shape=("N", 12)).SerializeToString())


def test_a_mean_over_the_batch_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"averages over the axes \(0,\)"):
        onnx_io.load(model([node("ReduceMean", "x", "y", axes=[0])]).SerializeToString())


@pytest.mark.parametrize(
    ("opset", "outputs", "attributes"),
    [
        (8, "y m v sm sv", {}),
        (9, "y m v sm sv", {}),
        (13, "y m v sm sv", {}),
        (14, "y m v", {"training_mode": 1}),
        (15, "y m v", {"training_mode": 1}),
        (15, "y", {"training_mode": 1}),
    ],
)
def test_batch_normalisation_for_training(opset: int, outputs: str, attributes: dict[str, int]) -> None:
    made = model(
        [node("BatchNormalization", "x s s s v2", outputs, **attributes)],
        {"s": numbers(3), "v2": np.ones(3)},
        opset=opset,
    )
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(made.SerializeToString())
    assert "BatchNormalization 'my_y': it is in the form for training" in str(caught.value)
    assert "model.eval()" in str(caught.value)


def test_results_that_are_named_but_empty_are_no_training() -> None:
    made = model([node("BatchNormalization", "x s s s v", "y - -")], {"s": numbers(3), "v": np.ones(3)})
    assert titles(onnx_io.load(made.SerializeToString())) == ["Affine"]
