"""Models in float16 and float64 are fed in their own type; what rounding explains depends on it."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pathlib import Path

from pysnn import NetworkError
from pysnn.importers import onnx as onnx_io
from pysnn.importers.check import HALF_TOLERANCE, TOLERANCE, check_import
from pysnn.importers.model_files import load_ann
from tests.unit.importers.onnx.models import const, model, node, numbers

NODES = [node("MatMul", "x w", "a"), node("Add", "a b", "c"), node("Relu", "c", "d"), node("MatMul", "d v", "y")]
X = numbers(20, 30)


def made(dtype: Any, kind: int) -> Any:
    parts = {"w": numbers(30, 40), "b": numbers(40), "v": numbers(40, 10)}
    constants = [const(name, value, dtype) for name, value in parts.items()]
    return model(NODES, constants, shape=("N", 30), kind=kind).SerializeToString()


@pytest.mark.parametrize(
    ("dtype", "kind", "tolerance"),
    [
        (np.float16, TensorProto.FLOAT16, HALF_TOLERANCE),
        (np.float64, TensorProto.DOUBLE, TOLERANCE),
        (np.float32, TensorProto.FLOAT, TOLERANCE),
    ],
)
def test_a_model_of_another_type(tmp_path: Path, dtype: Any, kind: int, tolerance: float) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(made(dtype, kind))
    found = load_ann(path)
    assert found.source is not None
    assert found.source.tolerance == tolerance
    compared = found.compare(X)
    assert compared is not None
    assert compared.difference < (1e-2 if dtype == np.float16 else 1e-6)
    with pytest.raises(NetworkError, match="the imported network differs"):
        check_import(found.network, X, onnx_io.reference_outputs(path, X) * 1.1, "ONNX", found.source.tolerance)


@pytest.mark.parametrize(("inner", "number"), [(np.float64, TensorProto.DOUBLE), (np.float16, TensorProto.FLOAT16)])
def test_types_mixed_with_casts(tmp_path: Path, inner: Any, number: int) -> None:
    nodes = [
        node("Cast", "x", "x2", to=number),
        node("MatMul", "x2 w", "a"),
        node("Cast", "a", "a2", to=TensorProto.FLOAT),
        node("Relu", "a2", "d"),
        node("MatMul", "d v", "y"),
    ]
    constants = [const("w", numbers(30, 40), inner), const("v", numbers(40, 10))]
    path = tmp_path / "m.onnx"
    path.write_bytes(model(nodes, constants, shape=("N", 30)).SerializeToString())
    compared = load_ann(path).compare(X)
    assert compared is not None
    assert compared.difference < 1e-2


def test_values_that_half_floats_do_not_hold() -> None:
    data = made(np.float16, TensorProto.FLOAT16)
    with pytest.raises(NetworkError, match="not finite"):
        check_import(onnx_io.load(data), X * 1e6, onnx_io.reference_outputs(data, X * 1e6), "ONNX")


def test_a_convolution_in_float64_is_compared_though_onnx_runtime_has_none(tmp_path: Path) -> None:
    nodes = [
        *(node("Conv", "x w", "a"), node("BatchNormalization", "a s s s v", "b"), node("Clip", "b low high", "c")),
        *(node("AveragePool", "c", "d", kernel_shape=[2, 2]), node("Flatten", "d", "e"), node("Gemm", "e m", "y")),
    ]
    values: dict[str, Any] = {
        "w": numbers(4, 3, 3, 3),
        "s": numbers(4),
        "v": np.ones(4),
        "low": 0.0,
        "high": 6.0,
        "m": numbers(48, 5),
    }
    constants = [const(name, value, np.float64) for name, value in values.items()]
    path = tmp_path / "m.onnx"
    made = model(nodes, constants, shape=("N", 3, 6, 7), kind=TensorProto.DOUBLE, opset=17)
    path.write_bytes(made.SerializeToString())
    found = load_ann(path)
    compared = found.compare(numbers(5, 3, 6, 7))
    assert compared is not None
    assert compared.reference == "onnx.reference"
    assert compared.difference < 1e-6
    constants[0] = const("w", values["w"] * 1.5, np.float64)
    other = model(nodes, constants, shape=("N", 3, 6, 7), kind=TensorProto.DOUBLE, opset=17)
    path.write_bytes(other.SerializeToString())
    with pytest.raises(NetworkError, match=r"differs from onnx\.reference"):
        found.compare(numbers(5, 3, 6, 7))
