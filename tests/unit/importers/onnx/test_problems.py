"""Many problems are told by their kinds."""

import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from pysnn.importers.onnx.problems import Problem, listed
from tests.unit.importers.onnx.models import model, node


def test_kinds_with_their_counts() -> None:
    nodes = []
    for k in range(40):
        nodes += [
            node("Erf", f"a{k}" if k else "x", f"b{k}"),
            node("Loop", f"b{k}", f"c{k}"),
            node("Tanh", f"b{k}", f"a{k + 1}"),
        ]
    nodes += [node("Sum", " ".join(f"c{k}" for k in range(40)), "s"), node("Det", "s", "t"), node("Add", "t a40", "y")]
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(model(nodes).SerializeToString())
    first, *lines = str(caught.value).splitlines()
    assert first == "the model has 121 nodes that pysnn cannot import:"
    assert len(lines) == 4
    assert any(line.startswith("- 40 x Erf (first: 'my_b0'): not supported; ") for line in lines)
    assert any(line.startswith("- 40 x Loop (first: ") for line in lines)
    assert any(line.startswith("- 40 x Tanh (first: ") for line in lines)
    assert any(line.startswith("- Det 'my_t': not supported; ") for line in lines)


def test_different_reasons_are_different_kinds_while_they_are_few() -> None:
    few = [Problem("Conv", f"c{k}", f"reason {k % 3}") for k in range(30)]
    assert listed(few).splitlines()[1:] == [f"- 10 x Conv (first: 'c{k}'): reason {k}" for k in range(3)]
    many = [Problem("Conv", f"c{k}", f"reason {k}") for k in range(30)]
    assert listed(many).splitlines()[1:] == ["- 30 x Conv (first: 'c0'): reason 0"]
