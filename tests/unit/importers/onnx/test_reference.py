"""What an import is compared with: ONNX Runtime, or the reference evaluator where that is not installed."""

from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn import DataError, NetworkError
from pysnn.importers import onnx as onnx_io
from pysnn.importers.check import check_import
from pysnn.importers.onnx import reference
from tests.unit.importers.onnx.models import model, node, numbers

NODES = [node("Flatten", "x", "f"), node("Gemm", "f w b", "y")]
CONSTANTS = {"w": numbers(126, 5), "b": numbers(5)}


@pytest.mark.parametrize("batch", ["N", 1, 2])
def test_every_software_gives_the_same(batch: int | str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = model(NODES, CONSTANTS, shape=(batch, 3, 6, 7)).SerializeToString()
    x = numbers(4, 3, 6, 7)
    network = onnx_io.load(data)
    assert check_import(network, x, onnx_io.reference_outputs(data, x), reference.reference_name()) < 1e-5
    monkeypatch.setattr(reference, "find_spec", lambda _: None)
    assert reference.reference_name() == "onnx.reference"
    expected = onnx_io.reference_outputs(data, x)
    assert expected.shape == (4, 5)
    assert check_import(network, x, expected, reference.reference_name()) < 1e-5


def test_a_value_inside_the_model() -> None:
    data = model(NODES, CONSTANTS).SerializeToString()
    x = numbers(2, 3, 6, 7)
    np.testing.assert_array_equal(onnx_io.reference_outputs(data, x, output="f"), x.reshape(2, -1))


def test_samples_that_do_not_fit() -> None:
    data = model(NODES, CONSTANTS, shape=(2, 3, 6, 7)).SerializeToString()
    with pytest.raises(DataError, match=r"samples of shape \(3, 6, 7\)|sample of shape \(3, 6, 7\)"):
        onnx_io.reference_outputs(data, numbers(2, 3, 7, 6))


def test_a_batch_that_is_not_full(monkeypatch: pytest.MonkeyPatch) -> None:
    data = model(NODES, CONSTANTS, shape=(4, 3, 6, 7)).SerializeToString()
    x = numbers(9, 3, 6, 7)
    expected = onnx_io.reference_outputs(data, np.concatenate([x, x[:3]]))[:9]
    np.testing.assert_array_equal(onnx_io.reference_outputs(data, x), expected)
    monkeypatch.setattr(reference, "_BATCH", 4)
    open_batch = model(NODES, CONSTANTS, shape=("N", 3, 6, 7)).SerializeToString()
    np.testing.assert_allclose(onnx_io.reference_outputs(open_batch, x), expected, atol=1e-5)


def test_what_the_other_software_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = model([NODES[0], node("Gemm", "f short", "y")], {"short": numbers(5, 5)}).SerializeToString()
    for found in (find_spec("onnxruntime"), None):
        monkeypatch.setattr(reference, "find_spec", lambda _, found=found: found)
        with pytest.raises(NetworkError, match=r"ONNX Runtime cannot compute|onnx\.reference cannot compute"):
            onnx_io.reference_outputs(wrong, numbers(2, 3, 6, 7))
    with pytest.raises(NetworkError, match=r"no value of that name; its outputs are 'y'; values inside are 'f'"):
        onnx_io.reference_outputs(wrong, numbers(2, 3, 6, 7), output="nowhere")


def test_another_network_is_found_out() -> None:
    data = model(NODES, CONSTANTS).SerializeToString()
    other = model(NODES, {**CONSTANTS, "b": numbers(5, seed=9)}).SerializeToString()
    x = numbers(2, 3, 6, 7)
    with pytest.raises(NetworkError, match="differs from ONNX"):
        check_import(onnx_io.load(data), x, onnx_io.reference_outputs(other, x), "ONNX Runtime")
