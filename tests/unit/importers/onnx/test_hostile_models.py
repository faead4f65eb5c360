"""Models that mean harm, from the file to the thresholds: an error of pysnn's own, and soon."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
from onnx import helper

from pysnn import DataError, FileFormatError, NetworkError, PysnnError
from pysnn.convert import convert
from pysnn.importers import onnx as onnx_io
from pysnn.importers.model_files import load_ann
from pysnn.importers.onnx.layout import assembly
from tests.unit.importers.onnx.models import model, node, numbers

X = numbers(3, 2, 4, 4)
TINY = model(
    [
        node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
        node("Clip", "a zero six", "c"),
        node("MaxPool", "c", "d", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", "d", "e"),
        node("Gemm", "e m", "y"),
    ],
    {"w": numbers(1, 2, 3, 3), "zero": 0.0, "six": 6.0, "m": numbers(4, 2)},
    shape=("N", 2, 4, 4),
).SerializeToString()


def convert_or_refuse(path: Path) -> bool:
    """Whatever the file holds: thresholds, or an error that pysnn raises on purpose."""
    try:
        source = load_ann(path)
        source.compare(X)
        convert(source.network, X, "max-norm", steps=2)
    except PysnnError:
        return False
    return True


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(TINY) - 1),
        st.sampled_from(["set", "flip", "cut", "double"]),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@pytest.mark.filterwarnings("ignore:ReLU:UserWarning")
@given(edits=EDITS)
def test_mutated_files(tmp_path: Path, edits: list[tuple[int, str, bytes]]) -> None:
    data = bytearray(TINY)
    for where, kind, values in edits:
        at = min(where, len(data) - 1)
        if kind == "set":
            data[at : at + len(values)] = values
        elif kind == "flip":
            data[at] ^= 1 << (values[0] % 8)
        elif kind == "cut":
            del data[at : at + values[0] % 8]
        else:
            data[at:at] = data[at : at + values[0]]
    path = tmp_path / "tiny.onnx"
    path.write_bytes(data)
    convert_or_refuse(path)


def test_every_truncation(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(TINY)
    assert convert_or_refuse(path)
    for length in range(0, len(TINY), 3):
        path.write_bytes(TINY[:length])
        assert not convert_or_refuse(path)


def nested(depth: int) -> onnx.GraphProto:
    """If nodes in the branches of If nodes."""
    graph = helper.make_graph([node("Relu", "x", "y")], "innermost", [], [])
    for _ in range(depth):
        branch = helper.make_node("If", ["x"], ["y"], name="if", then_branch=graph, else_branch=graph)
        graph = helper.make_graph([branch], "level", [], [])
    return graph


@pytest.mark.parametrize(
    ("op", "attributes"),
    [
        ("If", {"then_branch": nested(8), "else_branch": nested(0)}),
        ("Loop", {"body": nested(3)}),
        ("Scan", {"body": nested(0), "num_scan_inputs": 1}),
    ],
)
def test_control_flow_is_refused_by_name(op: str, attributes: Any) -> None:
    made = model([node("Relu", "x", "a"), node(op, "a", "y", **attributes)])
    with pytest.raises(NetworkError, match=rf"{op} 'my_y': not supported; control flow .* unrolled"):
        onnx_io.load(made.SerializeToString())


def wrapped(field: int, content: bytes) -> bytes:
    """Return a message with one field, which holds ``content``."""
    length, size = len(content), bytearray()
    while length > 127:
        size.append(length & 127 | 128)
        length >>= 7
    return bytes([field << 3 | 2, *size, length]) + content


def test_messages_nested_without_end() -> None:
    # A graph's nodes (field 1), their attributes (5), whose graph (6) is one again; a model's graph is field 7.
    graph = b""
    for _ in range(2000):
        graph = wrapped(1, wrapped(5, wrapped(6, graph)))
    for data in (wrapped(7, graph), TINY + wrapped(7, graph)):
        with pytest.raises(FileFormatError, match="not an ONNX model, or a damaged one"):
            onnx_io.load(data)


CLAIMS: list[tuple[Any, type[PysnnError]]] = [
    (lambda made: made.graph.initializer[0].dims.__setitem__(0, 1 << 27), FileFormatError),
    (lambda made: made.graph.initializer[0].dims.__setitem__(0, 1 << 62), FileFormatError),
    (lambda made: made.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 1 << 40), NetworkError),
    (lambda made: made.graph.node[0].attribute[0].ints.__setitem__(0, 1 << 40), NetworkError),
    (lambda made: made.graph.node[0].attribute[0].ints.__setitem__(0, 1 << 23), NetworkError),
    (lambda made: made.graph.node[2].attribute[0].ints.__setitem__(0, 1 << 30), NetworkError),
    (lambda made: made.graph.node[2].attribute[1].ints.__setitem__(0, 0), NetworkError),
]


@pytest.mark.parametrize(("claim", "kind"), CLAIMS, ids=[str(i) for i in range(len(CLAIMS))])
def test_sizes_that_nothing_stands_behind(claim: Any, kind: type[PysnnError]) -> None:
    made = onnx.ModelProto.FromString(TINY)
    claim(made)
    with pytest.raises(kind):
        onnx_io.load(made.SerializeToString())


def test_a_batch_that_nothing_stands_behind(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for batch in (1 << 40, (1 << 62) + 1):
        made = onnx.ModelProto.FromString(TINY)
        made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = batch
        path.write_bytes(made.SerializeToString())
        with pytest.raises(DataError, match=r"batches of .* too large"):
            load_ann(path).compare(X)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["w", "six", "m"])
def test_numbers_that_are_none(name: str, value: float) -> None:
    made = onnx.ModelProto.FromString(TINY)
    tensor = next(each for each in made.graph.initializer if each.name == name)
    array = onnx.numpy_helper.to_array(tensor).copy()
    array.reshape(-1)[-1] = value
    tensor.CopyFrom(onnx.numpy_helper.from_array(array, name))
    if (name, value) == ("six", np.inf):
        assert onnx_io.load(made.SerializeToString()).nodes["my_c"].max is None  # type: ignore[attr-defined]
        return
    with pytest.raises(NetworkError, match=r"finite|it clips to"):
        onnx_io.load(made.SerializeToString())


def test_rearrangements_without_end_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [node("Transpose", "x", "v0", perm=[0, 2, 3, 1])]
    nodes += [node("Add", f"v{k} c", f"v{k + 1}") for k in range(9)]
    nodes += [node("Transpose", "v9", "t", perm=[0, 3, 1, 2]), node("Conv", "t w", "y")]
    data = model(nodes, {"c": numbers(2), "w": numbers(1, 2, 3, 3)}, shape=("N", 2, 4, 4)).SerializeToString()
    assert len(onnx_io.load(data).nodes) == 12
    monkeypatch.setattr(assembly, "_MOST_REARRANGED", 200)
    with pytest.raises(NetworkError, match="the model rearranges more than"):
        onnx_io.load(data)
