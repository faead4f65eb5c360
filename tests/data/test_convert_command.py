"""``pysnn convert`` on networks that others trained, and ``pysnn run`` on what it saved."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

from pysnn.cli.app import app


def invoke(*arguments: Any) -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert done.exit_code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_resnet20_from_onnx(data_dir: Path, tmp_path: Path) -> None:
    data = f"cifar10:{data_dir / 'cifar10'}:train"
    model = data_dir / "pretrained" / "resnet20_cifar10.onnx"
    options = ["--mean", "0.4914,0.4822,0.4465", "--std", "0.2470,0.2435,0.2616", "--per-channel", "--limit", "40"]
    found = invoke("convert", model, "--calibration", data, "--steps", 64, "--out", tmp_path / "net.psnn", *options)
    assert len(found["rows"]) == 19
    assert found["meta"]["import.difference"] < 1e-5
    assert found["meta"]["ann_accuracy"] > 0.95
    (row,) = invoke("run", tmp_path / "net.psnn", "--data", data, "--steps", 64, "--limit", 40)["rows"]
    assert row["accuracy"] > 0.9


@pytest.mark.slow
def test_mnist_8_reaches_its_ann(data_dir: Path, tmp_path: Path) -> None:
    with gzip.open(data_dir / "mnist" / "train-images-idx3-ubyte.gz") as stream:
        pixels = np.frombuffer(stream.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)[:200]
    with gzip.open(data_dir / "mnist" / "train-labels-idx1-ubyte.gz") as stream:
        labels = np.frombuffer(stream.read(), np.uint8, offset=8)[:200]
    data = tmp_path / "train.npz"
    np.savez(data, x=pixels.astype(np.float32), y=labels)
    model = data_dir / "pretrained" / "mnist-8.onnx"
    options = ["--method", "error-min", "--precision", "int8"]
    found = invoke("convert", model, "--calibration", data, "--steps", 32, "--out", tmp_path / "net.psnn", *options)
    assert found["meta"]["import.difference"] < 1e-5
    (row,) = invoke("run", tmp_path / "net.psnn", "--data", data, "--steps", 32)["rows"]
    assert (row["precision"], row["ann_accuracy"]) == ("int8", found["meta"]["ann_accuracy"])
    assert row["accuracy"] >= row["ann_accuracy"] - 0.011
