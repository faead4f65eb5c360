"""``pysnn convert`` on ONNX models: compared with other software before anything is converted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx

from pysnn.cli.app import app
from pysnn.files.psnn import load
from pysnn.importers import check
from tests.unit.importers.onnx.models import model, node, numbers

X = np.random.default_rng(0).random((10, 3, 6, 7)).astype(np.float32)
NODES = [
    node("Conv", "x w", "a"),
    node("BatchNormalization", "a s s s v", "b", epsilon=1e-3),
    node("Clip", "b zero six", "c"),
    node("Flatten", "c", "d"),
    node("Gemm", "d m", "e"),
    node("Softmax", "e", "y"),
]
CONSTANTS = {"w": numbers(4, 3, 3, 3), "s": numbers(4), "v": np.ones(4), "zero": 0.0, "six": 6.0, "m": numbers(80, 5)}


def converted(made: onnx.ModelProto, folder: Path, x: Any = X, *options: Any) -> Result:
    (folder / "net.onnx").write_bytes(made.SerializeToString())
    np.savez(folder / "data.npz", x=x)
    given = ["--calibration", folder / "data.npz", "--steps", 4, "--out", folder / "net.psnn", *options, "--json"]
    return CliRunner().invoke(app, ["convert", str(folder / "net.onnx"), *map(str, given)])


def refused(done: Result) -> str:
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn convert: ")
    return line


@pytest.mark.parametrize("batch", [1, 4, "N"])
def test_the_import_is_compared_on_the_calibration_data(tmp_path: Path, batch: Any) -> None:
    made = model(NODES, CONSTANTS, shape=(batch, 3, 6, 7))
    done = converted(made, tmp_path, X, "--output", "e")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert [row["layer"] for row in found["rows"]] == ["my_c"]
    assert 0 <= found["meta"]["import.difference"] < 1e-5
    first = done.stderr.splitlines()[0]
    assert first.startswith(f"import: largest relative difference to {found['meta']['import.reference']} ")
    assert first.endswith("10 samples")
    assert dict(load(tmp_path / "net.psnn").provenance)["model.kind"] == "ONNX"


def test_mean_and_std_are_applied_before_the_model(tmp_path: Path) -> None:
    pixels = (X * 255).astype(np.uint8)
    done = converted(model(NODES, CONSTANTS), tmp_path, pixels, "--output", "e", "--mean", "1,0,0", "--std", "2,1,1")
    assert done.exit_code == 0, done.stderr
    assert load(tmp_path / "net.psnn").network.input.mean.tolist() == [1, 0, 0]


def test_a_difference_that_rounding_does_not_explain_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "TOLERANCE", 1e-12)
    line = refused(converted(model(NODES, CONSTANTS), tmp_path, X, "--output", "e"))
    assert "the imported network differs from" in line
    assert not (tmp_path / "net.psnn").exists()


def test_all_unsupported_nodes_are_in_one_line(tmp_path: Path) -> None:
    nodes = [node("Sigmoid", "x", "a"), node("If", "a", "b"), node("Tanh", "b", "y")]
    line = refused(converted(model(nodes), tmp_path))
    assert "net.onnx: the model has 3 nodes that pysnn cannot import: - Sigmoid 'my_a': " in line
    assert "If 'my_b': not supported; control flow" in line


@pytest.mark.parametrize(
    ("nodes", "constants", "text"),
    [
        ([node("Conv", "x w", "y")], {"w": np.full((4, 3, 3, 3), np.nan)}, "expected finite float32 values, got nan"),
        ([node("Conv", "x w", "y")], {"w": np.full((4, 3, 3, 3), np.inf)}, "expected finite float32 values, got inf"),
        ([node("Relu", "x", "r"), node("Conv", "r w", "y")], {"w": np.full((4, 3, 3, 3), 3e38)}, "not finite"),
        ([node("Conv", "x w", "y")], {"w": numbers(4, 3, 3, 3)}, "nothing to convert"),
    ],
)
def test_weights_that_are_no_numbers(tmp_path: Path, nodes: Any, constants: Any, text: str) -> None:
    assert text in refused(converted(model(nodes, constants), tmp_path))


def test_open_sizes_and_other_data(tmp_path: Path) -> None:
    line = refused(converted(model([node("Relu", "x", "y")], shape=("N", 3, "H", 7)), tmp_path))
    assert "net.onnx: input 'x': dimension 2 (H) is dynamic; export the model with it fixed" in line
    line = refused(converted(model(NODES, CONSTANTS), tmp_path, X.transpose(0, 2, 1, 3), "--output", "e"))
    assert "expected (samples, 3, 6, 7), got (10, 6, 3, 7)" in line


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    done = converted(model(NODES, CONSTANTS), tmp_path)
    assert done.exit_code == 0, done.stderr
    first, second, *_ = done.stderr.splitlines()
    assert first == "import: Softmax 'my_y' at the end is left out: it does not change which class wins"
    assert second == "import: the network is read at 'e', before what is left out"


@pytest.mark.slow
def test_a_model_with_channels_last_takes_either_data(tmp_path: Path) -> None:
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), *NODES]
    nodes[1] = node("Conv", "t w", "a")
    made = model(nodes, CONSTANTS, shape=("N", 6, 7, 3))
    saved = []
    for data in (X, np.ascontiguousarray(X.transpose(0, 2, 3, 1))):
        done = converted(made, tmp_path, data)
        assert done.exit_code == 0, done.stderr
        assert "(3, 6, 7), channels first or, as the model does, (6, 7, 3)" in done.stderr
        saved.append(load(tmp_path / "net.psnn"))
    assert saved[0].golden is not None
    assert saved[1].golden is not None
    np.testing.assert_array_equal(saved[0].golden.scores, saved[1].golden.scores)
    np.testing.assert_array_equal(saved[0].golden.input, saved[1].golden.input)
