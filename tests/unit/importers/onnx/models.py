"""Small ONNX models, and their results according to the reference evaluator of the package onnx."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
import onnx.numpy_helper
from numpy.typing import NDArray
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from pysnn.ann import ann_pass
from pysnn.convert.folding.fold import fold
from pysnn.encode.layout import laid_out
from pysnn.importers import onnx as onnx_io
from pysnn.importers.check import largest_difference
from pysnn.network import Network

__all__ = ["MAP", "agrees", "const", "imported", "model", "node", "numbers", "titles"]

MAP = (2, 3, 6, 7)
Array = NDArray[Any]


def numbers(*shape: int, seed: int = 0) -> Array:
    """Normal numbers, the same at every call."""
    return np.random.default_rng(seed + sum(shape)).normal(size=shape).astype(np.float32)


def const(name: str, value: Any, dtype: Any = np.float32) -> onnx.TensorProto:
    """Return an initialiser."""
    return onnx.numpy_helper.from_array(np.asarray(value, dtype=dtype), name)


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> onnx.NodeProto:
    """Return a node; ``inputs`` and ``outputs`` are names with blanks between, "-" for one that is left out."""
    parts = [["" if name == "-" else name for name in names.split()] for names in (inputs, outputs)]
    return helper.make_node(
        op, parts[0], parts[1], name=f"my_{outputs.split(maxsplit=1)[0]}" if outputs else op, **attributes
    )


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, Any] | Sequence[onnx.TensorProto] = (),
    *,
    shape: Sequence[int | str | None] = MAP,
    opset: int = 13,
    outputs: Sequence[str] = ("y",),
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """Return a model from "x" to "y". Constants are float32, or tensors; the input is of type ``kind``."""
    if isinstance(constants, Mapping):
        constants = [const(name, value) for name, value in constants.items()]
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        list(constants),
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def imported(made: onnx.ModelProto, *, tolerance: float = 1e-5, evaluator: bool = True) -> Network:
    """Import a model, compare it with ONNX Runtime (if installed) and the reference evaluator, and give the network.

    The evaluator of the package onnx has mistakes of its own (batch normalisation before opset 14 forgets epsilon, for
    example); ``evaluator=False`` leaves it out.
    """
    data = made.SerializeToString()
    network = onnx_io.load(data)
    values = numbers(*(dim.dim_value or 2 for dim in made.graph.input[0].type.tensor_type.shape.dim))
    found, _ = ann_pass(network, values)
    if find_spec("onnxruntime"):
        expected = onnx_io.reference_outputs(data, values)
        assert largest_difference(found, expected.reshape(len(values), -1)) < tolerance
    if evaluator:
        expected = np.asarray(ReferenceEvaluator(made).run(None, {"x": values})[0])  # type: ignore[index]
        assert largest_difference(found, expected.reshape(len(values), -1)) < tolerance
    return network


def agrees(
    made: onnx.ModelProto, *, output: str | None = None, tolerance: float = 1e-5, seed: int = 0
) -> onnx_io.ImportedModel:
    """Import a model and compare it with ONNX Runtime (if installed) on samples of the model's own shape.

    The samples go into the network as the network takes them, and where it takes the model's shape too, in that as well.
    """
    data = made.SerializeToString()
    found = onnx_io.read_onnx(data, output)
    core, sizes = found.layout.core, found.layout.sizes
    x = np.random.default_rng(seed).normal(size=(3, *core)).astype(np.float32)
    given = found.layout.to_model(x)
    assert given.shape == (3, *sizes)
    expected = onnx_io.reference_outputs(data, given, output).reshape(3, -1)
    for samples in (x, given) if laid_out(given, core) is not None else (x,):
        scores, _ = ann_pass(found.network, samples)
        assert largest_difference(scores, expected) < tolerance
        folded, _ = ann_pass(fold(found.network), samples)
        assert largest_difference(folded, expected) < max(tolerance, 1e-4)
    return found


def titles(network: Network) -> list[str]:
    """Types of the layers between input and output."""
    return [network.nodes[name].title for name in network.order[1:-1]]
