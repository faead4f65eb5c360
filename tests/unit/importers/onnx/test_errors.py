"""What cannot be imported is refused by name, all of it at once; damaged and hostile files give a clear error."""

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
from onnx import TensorProto, helper

from pysnn import FileFormatError, MissingExtraError, NetworkError, PysnnError
from pysnn.importers import onnx as onnx_io
from tests.unit.importers.onnx.models import model, node, numbers


def refused(made: onnx.ModelProto, **options: Any) -> str:
    """Return the message of the error, which must be a NetworkError."""
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(made.SerializeToString(), **options)
    return str(caught.value)


def test_every_unsupported_node_is_listed() -> None:
    nodes = [
        node("Sigmoid", "x", "a"),
        node("Clip", "a six zero", "b"),
        node("Conv", "b w", "c"),
        node("Loop", "c", "d"),
        node("Relu", "d", "e"),
        node("Frobnicate", "e", "f"),
        node("AveragePool", "c", "g", kernel_shape=[2, 2], dilations=[2, 2]),
        node("Softmax", "f", "h"),
        node("Add", "g h", "y"),
    ]
    text = refused(model(nodes, {"zero": 0.0, "six": 6.0, "w": numbers(4, 3, 3, 3)}))
    assert "6 nodes" in text
    for expected in (
        "- Sigmoid 'my_a': not supported; train the network with ReLU instead",
        "- Clip 'my_b': it clips to 6..0;",
        "- Loop 'my_d': not supported; control flow",
        "- Frobnicate 'my_f': not supported; pysnn imports Add, AveragePool",
        "- AveragePool 'my_g': dilations (2, 2)",
        "- Softmax 'my_h': not supported; only at the end of a classifier",
    ):
        assert expected in text
    assert "Relu" not in text.replace("Relu,", "")


def test_a_second_result_that_is_read() -> None:
    nodes = [node("MaxPool", "x", "a i", kernel_shape=[2, 2]), node("Add", "a i", "y")]
    assert "its second result is read" in refused(model(nodes))


def test_sums_of_different_shapes() -> None:
    nodes = [node("GlobalAveragePool", "x", "a"), node("Add", "x a", "y")]
    assert "adds values of different shapes" in refused(model(nodes))
    nodes[1] = node("Sub", "x a", "y")
    assert "subtracts values of different shapes" in refused(model(nodes))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("Relu", "b", "a"), node("Relu", "a", "b"), node("Add", "x b", "y")], "depends on itself"),
        ([node("Relu", "y", "y")], "depends on itself"),
        ([node("Relu", "nowhere", "y")], "Relu 'my_y': it reads 'nowhere', which is no node's result"),
        ([node("Relu", "x", "z")], "the output 'y': it reads 'y', which is no node's result"),
        ([node("Relu", "x", "y"), node("Neg", "x", "y")], "has a second origin"),
        ([node("Relu", "x", "x")], "has a second origin"),
        ([node("Relu", "x", "")], "it has no result"),
        ([node("Constant", "", "y", value_float=1.0)], "does not depend on the input"),
        ([node("Relu", "- x", "y")], "it has 2 inputs"),
        ([node("Relu", "-", "y")], "must come from the network's input"),
    ],
)
def test_unsound_graphs(nodes: list[onnx.NodeProto], message: str) -> None:
    assert message in refused(model(nodes))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (("N", 3, "H", 7), "dimension 2 (H) is dynamic"),
        ((1, None, 6, 7), "dimension 1 (unnamed) is dynamic"),
        ((3, 6, 7, 2, 5), "expected (batch, n) or (batch, channels, height, width)"),
        ((), "expected (batch, n)"),
        ((1, 0), "all positive"),
        ((1, -5), "all positive"),
        ((-1, -1), "all positive"),
        ((1, 1 << 40), "at most"),
    ],
)
def test_input_shapes(shape: tuple[Any, ...], message: str) -> None:
    with pytest.raises(PysnnError) as caught:
        onnx_io.load(model([node("Relu", "x", "y")], shape=shape).SerializeToString())
    assert message in str(caught.value)


def changed(change: Any) -> onnx.ModelProto:
    made = model([node("Conv", "x w", "y")], {"w": numbers(4, 3, 3, 3)})
    change(made)
    return made


def external(made: onnx.ModelProto) -> None:
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="/etc/passwd"))


def second_input(made: onnx.ModelProto) -> None:
    made.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, [1]))
    made.graph.node[0].input.append("x2")


def integer_input(made: onnx.ModelProto) -> None:
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64


def with_function(made: onnx.ModelProto) -> None:
    function = helper.make_function("d", "MyFunction", ["a"], ["b"], [node("Relu", "a", "b")], made.opset_import)
    made.functions.append(function)


def opset(number: int) -> Any:
    return lambda made: setattr(made.opset_import[0], "version", number)


def second_opset(made: onnx.ModelProto) -> None:
    made.opset_import.append(helper.make_opsetid("ai.onnx", 9))


def initialiser(**fields: Any) -> Any:
    def change(made: onnx.ModelProto) -> None:
        for name, value in fields.items():
            made.graph.initializer[0].ClearField(name)
            if name == "dims":
                made.graph.initializer[0].dims.extend(value)
            else:
                setattr(made.graph.initializer[0], name, value)

    return change


REFUSED_FILES: list[tuple[Any, str]] = [
    (external, "its values are in another file ('/etc/passwd'); load the model from its path"),
    (second_input, "one input, got 2 ('x', 'x2') that 'y' depends on"),
    (integer_input, "got INT64"),
    (with_function, "functions ('MyFunction')"),
    (opset(7), "expected opset 8 to"),
    (opset(10**6), "expected opset 8 to"),
    (opset(-3), "expected opset 8 to"),
    (second_opset, "expected one version of the standard opset"),
    (lambda made: made.ClearField("opset_import"), "names no opset"),
    (lambda made: made.ClearField("graph"), "no graph"),
    (lambda made: made.graph.ClearField("output"), "no output"),
    (lambda made: made.graph.ClearField("input"), "one input, got 0"),
    (lambda made: made.graph.input[0].ClearField("type"), "expected a tensor"),
    (lambda made: made.graph.input[0].type.tensor_type.ClearField("shape"), "it has no shape"),
    (lambda made: made.graph.initializer.append(made.graph.initializer[0]), "stands there once"),
    (initialiser(name=""), "stands there once"),
    (initialiser(dims=[4, 3, 3, 4]), "do not fit its shape"),
    (initialiser(dims=[1 << 40, 1 << 40]), "at most 8 dimensions"),
    (initialiser(dims=[-1, 3]), "at most 8 dimensions"),
    (initialiser(dims=[1] * 99), "at most 8 dimensions"),
    (initialiser(data_type=TensorProto.STRING), "got STRING"),
    (initialiser(data_type=777), "got number 777"),
    (initialiser(data_type=0), "got UNDEFINED"),
    (initialiser(raw_data=b"123"), "do not fit its shape"),
    (lambda made: made.graph.node[0].attribute.extend([helper.make_attribute("group", 1)] * 2), "twice"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED_FILES, ids=[str(i) for i in range(len(REFUSED_FILES))])
def test_files_with_what_is_not_read(change: Any, message: str) -> None:
    with pytest.raises((NetworkError, FileFormatError)) as caught:
        onnx_io.load(changed(change).SerializeToString())
    assert message in str(caught.value)


def test_outputs() -> None:
    nodes = [node("Relu", "x", "a"), node("Sigmoid", "a", "b"), node("Flatten", "a", "y")]
    made = model(nodes, outputs=("b", "y"))
    assert "choose one with output=NAME" in refused(made)
    assert "computes no value of that name" in refused(made, output="z")
    network = onnx_io.load(made.SerializeToString(), output="y")
    assert network.order == ("x", "my_a", "my_y", "y")
    assert onnx_io.load(made.SerializeToString(), output="a").output_name == "a"


def test_names_are_made_printable_and_unique() -> None:
    nodes = [
        helper.make_node("Relu", ["x"], ["a"], name="same"),
        helper.make_node("Neg", ["a"], ["b"], name="same"),
        helper.make_node("Relu", ["b"], ["c"], name="bad\n\u202ename"),
        helper.make_node("Neg", ["c"], ["d"], name="n" * 999),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("Relu", ["e"], ["y"], name="x"),
    ]
    network = onnx_io.load(model(nodes).SerializeToString())
    assert network.order == ("x", "same", "same_1", "bad__name", "n" * 180, "e", "x_1", "y")


def test_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.onnx"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(FileFormatError, match=r"bad\.onnx: not an ONNX model"):
        onnx_io.load(path)
    with pytest.raises(FileNotFoundError):
        onnx_io.load(tmp_path / "none.onnx")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pysnn\[onnx\]'"):
        onnx_io.load(b"")


def test_a_long_chain_and_a_wide_sum_are_no_problem() -> None:
    chain = [node("Relu", f"v{i}" if i else "x", f"v{i + 1}") for i in range(3000)]
    total = node("Sum", " ".join(f"v{i + 1}" for i in range(3000)), "y")
    assert len(onnx_io.load(model([*chain, total], shape=(1, 4)).SerializeToString()).nodes) == 3002


def test_constants_that_double_are_stopped() -> None:
    doubling = [node("Concat", f"c{i} c{i}", f"c{i + 1}", axis=0) for i in range(40)]
    assert "constant values" in refused(model([*doubling, node("Reshape", "x c40", "y")], {"c0": numbers(2)}))
