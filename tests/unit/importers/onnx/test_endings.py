"""What only names the class that wins is left out, with a note; values that could be read are listed."""

import logging
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
from onnx import TensorProto, helper

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import agrees, const, model, node, numbers

INTS = np.int64
DENSE = [node("Gemm", "x w", "h"), node("Relu", "h", "r"), node("Gemm", "r v", "scores")]
CONSTANTS = [const("w", numbers(6, 8)), const("v", numbers(8, 4)), const("flat", [-1], INTS)]


def classifier(tail: list[onnx.NodeProto], **options: Any) -> onnx.ModelProto:
    made = model([*DENSE, *tail], [*CONSTANTS, const("one", 1.0)], shape=("N", 6), **options)
    made.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    return made


@pytest.mark.parametrize(
    ("tail", "note"),
    [
        (
            [node("Softmax", "scores", "y")],
            "Softmax 'my_y' at the end is left out: it does not change which class wins",
        ),
        ([node("Softmax", "scores", "y", axis=1)], "Softmax 'my_y' at the end"),
        ([node("LogSoftmax", "scores", "y")], "LogSoftmax 'my_y' at the end"),
        ([node("Hardmax", "scores", "y")], "Hardmax 'my_y' at the end"),
        ([node("Sigmoid", "scores", "y")], "above 0 where the sigmoid is above 0.5"),
        (
            [node("ArgMax", "scores", "y", axis=1)],
            "ArgMax 'my_y' at the end is left out: the class with the largest score",
        ),
        ([node("ArgMin", "scores", "y", axis=-1, keepdims=0)], "the class with the smallest score wins"),
        ([node("Softmax", "scores", "s"), node("ArgMax", "s", "y", axis=1)], "Softmax 'my_s' at the end"),
        ([node("Softmax", "scores", "s"), node("Identity", "s", "y")], "Softmax 'my_s' at the end"),
        (
            [node("ArgMax", "scores", "a", axis=1), node("Cast", "a", "b", to=6), node("Reshape", "b flat", "y")],
            "ArgMax 'my_a' at the end",
        ),
    ],
)
def test_what_names_the_class_is_left_out(
    tail: list[onnx.NodeProto], note: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = classifier(tail)
    found = agrees(made)
    assert found.output == found.network.output_name == "scores"
    assert any(note in each for each in found.notes)
    assert found.notes[-1] == "the network is read at 'scores', before what is left out"
    with caplog.at_level(logging.WARNING, logger="pysnn"):
        assert onnx_io.load(made.SerializeToString()).output_name == "scores"
    assert [record.getMessage() for record in caplog.records] == [f"import: {each}" for each in found.notes]


def test_several_outputs_of_the_same_scores_need_no_choice() -> None:
    """As scikit-learn models come: a label and probabilities."""
    tail = [
        node("Softmax", "scores", "probabilities"),
        node("ArgMax", "probabilities", "top", axis=1),
        helper.make_node("ArrayFeatureExtractor", ["classes", "top"], ["label"], domain="ai.onnx.ml"),
        helper.make_node("ZipMap", ["probabilities"], ["map"], domain="ai.onnx.ml", classlabels_int64s=[1, 2, 3, 4]),
    ]
    made = classifier(tail, outputs=("label", "probabilities", "map"))
    made.graph.initializer.append(
        TensorProto(name="classes", data_type=TensorProto.STRING, dims=[4], string_data=[b"a", b"b", b"c", b"d"])
    )
    for output in (None, "label", "probabilities", "map", "scores"):
        assert agrees(made, output=output).output == "scores"


def test_two_classes_of_one_score() -> None:
    tail = [
        node("Gemm", "scores z", "logit"),
        node("Sigmoid", "logit", "p"),
        node("Sub", "one p", "q"),
        node("Concat", "q p", "both", axis=1),
        node("ArgMax", "both", "y", axis=1),
    ]
    made = classifier(tail)
    made.graph.initializer.append(const("z", numbers(4, 1)))
    found = agrees(made)
    assert found.output == "logit"
    assert "two classes have one score" in found.notes[1]


def test_a_scaler_of_scikit_learn() -> None:
    scaler = helper.make_node(
        "Scaler", ["x"], ["z"], name="s", domain="ai.onnx.ml", offset=[1.0, 2, 3, 4, 5, 6], scale=[0.5] * 5 + [2.0]
    )
    made = model([scaler, node("Gemm", "z w", "y")], CONSTANTS, shape=("N", 6))
    made.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))
    agrees(made)
    made.graph.node[0].attribute[0].floats.append(3.0)
    with pytest.raises(NetworkError, match="Scaler 's': attribute offset: expected 1 or 6 numbers"):
        onnx_io.load(made.SerializeToString())


def test_other_models_of_scikit_learn_are_read_elsewhere() -> None:
    tree = helper.make_node("TreeEnsembleClassifier", ["x"], ["y"], name="t", domain="ai.onnx.ml")
    with pytest.raises(NetworkError, match=r"TreeEnsembleClassifier 't': .*pysnn\.importers\.sklearn\.from_sklearn"):
        onnx_io.load(model([tree], shape=("N", 6)).SerializeToString())


def test_along_the_batch_nothing_is_left_out() -> None:
    with pytest.raises(NetworkError, match="Softmax 'my_y': not supported; only at the end of a classifier"):
        onnx_io.load(classifier([node("Softmax", "scores", "y", axis=0)]).SerializeToString())
    with pytest.raises(NetworkError, match="ArgMax 'my_y': not supported; only at the end"):
        onnx_io.load(classifier([node("ArgMax", "scores", "y")]).SerializeToString())


def test_in_the_middle_nothing_is_left_out() -> None:
    tail = [node("Softmax", "scores", "s"), node("Gemm", "s u", "y")]
    made = classifier(tail)
    made.graph.initializer.append(const("u", numbers(4, 2)))
    with pytest.raises(NetworkError, match="Softmax 'my_s': not supported"):
        onnx_io.load(made.SerializeToString())


def test_names_that_could_be_read_are_listed() -> None:
    made = classifier([node("Softmax", "scores", "y")])
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(made.SerializeToString(), output="score")
    assert str(caught.value) == (
        "output 'score': the model computes no value of that name; its outputs are 'y'; "
        "values inside are 'scores', 'r', 'h'"
    )


def test_an_input_that_the_output_does_not_need() -> None:
    """A label and a loss, left behind from training."""
    tail = [node("Sub", "scores label", "error"), node("ReduceMean", "error", "loss")]
    made = classifier(tail, outputs=("loss", "scores"))
    made.graph.input.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]))
    made.graph.input.append(helper.make_tensor_value_info("other", TensorProto.STRING, None))
    assert agrees(made, output="scores").network.input_name == "x"
    with pytest.raises(NetworkError, match=r"one input, got 2 \('x', 'label'\) that 'loss' depends on"):
        onnx_io.load(made.SerializeToString(), output="loss")
