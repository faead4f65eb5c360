"""``pysnn convert``: model files in, a network that says where it comes from out."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import Linear, Network, Output
from pysnn.ann import ann_accuracy
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.convert.folding.fold import fold
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.datasets.npz import load_data, save_arrays
from pysnn.files.psnn import load, save
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata
from tests.unit.cli.convert_files import MEAN, PIXELS, STD, Files, Y, ann, invoke, options, write_files


def rows_and_meta(done: Result) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    return found["rows"], found["meta"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return write_files(tmp_path)


def test_the_saved_network_is_that_of_convert(files: Files) -> None:
    rows, meta = rows_and_meta(invoke(*options(files, per_channel=True, json=True)))
    expected = convert(fold(ann()), PIXELS, "max-norm", steps=8, per_channel=True)
    assert rows == expected.report.to_dicts()
    saved = load(files[2])
    assert saved.network == expected.network
    assert (saved.settings.steps, saved.settings.precision) == (8, "float32")
    assert saved.golden is not None
    assert saved.golden.steps == (1, 2, 4, 8)
    saved.verify()
    digest = load_data(files[1]).digest
    accuracy = ann_accuracy(ann(), PIXELS, Y)
    assert dict(saved.provenance) == {
        **expected.provenance,
        "model": "ann.psnn",
        "model.kind": "pysnn",
        "model.sha256": hashlib.sha256(files[0].read_bytes()).hexdigest(),
        "calibration.file_sha256": digest,
        "ann_accuracy": accuracy,
        "ann_accuracy_on": "calibration data",
        "ann_accuracy_data": digest,
    }
    assert saved.provenance.items() <= meta.items()
    assert (meta["network"], meta["calibration"], meta["steps"]) == (str(files[2]), str(files[1]), 8)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_model_whose_name_is_no_text(files: Files, tmp_path: Path) -> None:
    model = files[0].rename(tmp_path / os.fsdecode(b"net\xff.psnn"))
    data = files[1].rename(tmp_path / os.fsdecode(b"data\xff.npz"))
    _, meta = rows_and_meta(invoke(*options((model, data, files[2]), table=tmp_path / "t.parquet", json=True)))
    assert meta["model"] == r"net\udcff.psnn"
    assert load(files[2]).provenance["model"] == r"net\udcff.psnn"


def test_what_is_said_on_stderr_and_printed_for_people(files: Files) -> None:
    done = invoke(*options(files))
    accuracy, agreement, saved = done.stderr.strip().splitlines()
    assert (
        accuracy == f"ANN: {100 * ann_accuracy(ann(), PIXELS, Y):.2f} % right on the 30 samples of the calibration data"
    )
    assert agreement.startswith("agreement with the ANN on 30 samples at T = 8: ")
    assert saved == f"saved {files[2]}: layers of neurons 1, T = 8, float32"
    assert "ann.psnn by max-norm" in done.stdout
    assert "relu1" in done.stdout


def test_run_shows_the_accuracy_of_the_ann_on_the_same_data_only(files: Files, tmp_path: Path) -> None:
    def shown(data: Path) -> Any:
        arguments = ["run", str(files[2]), "--data", str(data), "--steps", "8", "--json"]
        return json.loads(CliRunner().invoke(app, arguments).stdout)["rows"][0]["ann_accuracy"]

    np.savez(tmp_path / "other.npz", x=PIXELS[1:], y=Y[1:])
    assert invoke(*options(files)).exit_code == 0
    assert shown(files[1]) == ann_accuracy(ann(), PIXELS, Y)
    assert shown(tmp_path / "other.npz") is None
    _, meta = rows_and_meta(invoke(*options(files, limit=10, json=True)))
    assert meta["ann_accuracy"] == ann_accuracy(ann(), PIXELS[:10], Y[:10])
    assert meta["calibration.samples"] == 10
    assert shown(files[1]) is None


def test_data_without_labels_and_int8(files: Files) -> None:
    np.savez(files[1], x=PIXELS)
    _, meta = rows_and_meta(invoke(*options(files, precision="int8", json=True)))
    assert "ann_accuracy" not in meta
    saved = load(files[2])
    assert saved.settings.precision == "int8"
    assert saved.golden is not None
    assert saved.golden.precision == "int8"
    saved.verify()


def test_int8_merges_layers_without_an_activation_between(files: Files) -> None:
    whole = ann()
    between = {"thin": Linear(np.ones((2, 3)), [1, 2]), "wide": Linear([[1, 2], [3, 4], [5, 6]])}
    nodes = [(name, node) for name, node in whole.nodes.items() if name != whole.output_name]
    save(files[0], Network.chain([*nodes, *between.items(), ("out", Output())]))
    done = invoke(*options(files, precision="int8"))
    assert done.exit_code == 0, done.stderr
    assert "int8: weight layers merged with those that read them 2; " in done.stderr
    assert "thin" not in load(files[2]).network.nodes
    refused = invoke(*options(files))
    assert "runs in float32 only: Linear 'thin': int8 weights need spikes" in refused.stderr


def test_mean_and_std_stay_in_the_network(files: Files) -> None:
    save(files[0], ann(normalised=False))
    _, plain = rows_and_meta(invoke(*options(files, json=True)))
    assert load(files[2]).network.input.mean is None
    _, normalised = rows_and_meta(invoke(*options(files, mean="0.5,0.25", std="0.5,0.25", json=True)))
    node = load(files[2]).network.input
    assert (node.mean.tolist(), node.std.tolist()) == (MEAN, STD)
    assert load(files[2]).network == convert(fold(ann()), PIXELS, "max-norm", steps=8).network
    assert plain["model.sha256"] == normalised["model.sha256"]


def test_the_report_has_every_layer_at_the_powers_of_two(files: Files, tmp_path: Path) -> None:
    report, table = tmp_path / "report.parquet", tmp_path / "table.csv"
    done = invoke(*options(files, steps=6, percentile=99, method="percentile", report=report, table=table))
    assert done.exit_code == 0
    found = pl.read_parquet(report)
    assert list(found.columns) == list(SCHEMAS["errors"])
    assert found["steps"].to_list() == [1, 2, 4, 6]
    conversion = convert(fold(ann()), PIXELS, "percentile", steps=6, percentile=99.0)
    assert found.equals(conversion.errors(PIXELS, [1, 2, 4, 6]))
    assert read_metadata(report)["method.percentile"] == 99
    assert pl.read_csv(table)["threshold"].to_list() == conversion.report["threshold"].to_list()
    assert f"wrote {report}: the error of each layer on the first 30 samples" in done.stderr


def test_calibrate_is_passed_on_only_if_given(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Mapping[str, Any]] = []

    def spy(*arguments: Any, calibrate: Any = None, progress: Any, **settings: Any) -> Any:
        assert callable(progress)
        seen.append({"calibrate": calibrate, **settings})
        return convert(*arguments, **settings)

    monkeypatch.setattr("pysnn.convert.convert", spy)
    assert invoke(*options(files, calibrate="bias,v_init")).exit_code == 0
    assert invoke(*options(files)).exit_code == 0
    shared = {"steps": 8, "compare": False, "precision": "float32"}
    assert seen == [{"calibrate": ("bias", "v_init"), **shared}, {"calibrate": None, **shared}]


@pytest.mark.slow
def test_what_does_not_fit_is_one_line_on_stderr(tmp_path: Path) -> None:
    """uint8 digits of 0..16, a share for a percentile, labels in another order; and what fits, which says nothing."""
    digits = load_digits()
    few = np.rint(digits.x_train * 16).astype(np.uint8)
    save_arrays(tmp_path / "right.npz", x=digits.x_train, y=digits.y_train)
    save_arrays(tmp_path / "bytes.npz", x=few)
    save_arrays(tmp_path / "turned.npz", x=digits.x_train, y=(digits.y_train + 3) % 10)
    save(tmp_path / "ann.psnn", load_digits_mlp())
    net = tmp_path / "net.psnn"

    def said(command: str, file: Path, data: str, *more: Any) -> list[str]:
        source = "--data" if command == "run" else "--calibration"
        words = [command, file, "--steps", 16, source, tmp_path / data, *more]
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0
        return [line for line in done.stderr.splitlines() if "warning" in line]

    out = ("--out", net, "--per-channel")
    assert said("convert", tmp_path / "ann.psnn", "right.npz", *out) == []
    assert said("run", net, "right.npz") == []
    (found,) = said("run", net, "bytes.npz")
    assert found.startswith("pysnn run: warning: input: uint8 data over 255 in 0..0.06275 do not fit")
    (found,) = said("convert", tmp_path / "ann.psnn", "bytes.npz", *out)
    assert found.startswith("pysnn convert: warning: input: uint8 data over 255")
    (found,) = said("convert", tmp_path / "ann.psnn", "turned.npz", *out)
    assert "no better than chance" in found
    first, second = said("convert", tmp_path / "ann.psnn", "right.npz", *out, "--percentile", 0.999)
    assert "99.9 says the share of 0.999" in first
    assert "agreement with the ANN on 256 samples at T = 16" in second
    saved = load(net).provenance
    assert float(saved["agreement"]) < 0.9
    assert saved["agreement.samples"] == 256
