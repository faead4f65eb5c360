"""``pysnn convert``: model files in, a network that says where it comes from out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import IF, Affine, Conv2d, Flatten, Input, Linear, Network, Output, ReLU
from pysnn.ann import ann_accuracy
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.convert.fold import fold
from pysnn.io.npz import load_data
from pysnn.io.psnn import load, save
from pysnn.nodes import Node
from pysnn.tables import SCHEMAS, read_metadata

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (30, 2, 5, 5), dtype=np.uint8)
COLOURS = (PIXELS / 255).astype(np.float32)
Y = RNG.integers(0, 3, 30)
MEAN, STD = [0.5, 0.25], [0.5, 0.25]
BIAS = RNG.normal(0, 0.2, 4)
WEIGHTS = RNG.normal(0, 0.4, (4, 2, 3, 3)), RNG.normal(0, 0.3, (3, 36))


def ann(normalised: bool = True, weights: Any = WEIGHTS) -> Network:
    """A small network with an Affine that folds."""
    nodes: dict[str, Node] = {
        "in": Input((2, 5, 5), MEAN, STD) if normalised else Input((2, 5, 5)),
        "conv": Conv2d(weights[0], BIAS),
        "bn": Affine([0.5, 2.0, 1.0, 1.5], 0.125),
        "relu1": ReLU(2.0),
        "flat": Flatten(),
        "fc": Linear(weights[1]),
        "out": Output(),
    }
    return Network.chain(nodes)


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["convert", *(str(argument) for argument in arguments)])


def rows_and_meta(done: Result) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    return found["rows"], found["meta"]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A model, calibration data, and where to save."""
    model, data = save(tmp_path / "ann.psnn", ann()), tmp_path / "data.npz"
    np.savez(data, x=PIXELS, y=Y)
    return model, data, tmp_path / "snn.psnn"


def options(files: tuple[Path, Path, Path], **changes: Any) -> list[Any]:
    """The model and the options, some of them changed; ``None`` leaves one out."""
    chosen: dict[str, Any] = {"calibration": files[1], "steps": 8, "out": files[2], "method": "max-norm", **changes}
    named = [(f"--{name.replace('_', '-')}", value) for name, value in chosen.items() if value is not None]
    return [files[0], *(part for pair in named for part in (pair if pair[1] is not True else pair[:1]))]


def test_the_saved_network_is_that_of_convert(files: tuple[Path, Path, Path]) -> None:
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


def test_what_is_said_on_stderr_and_printed_for_people(files: tuple[Path, Path, Path]) -> None:
    done = invoke(*options(files))
    accuracy, saved = done.stderr.strip().splitlines()
    assert (
        accuracy == f"ANN: {100 * ann_accuracy(ann(), PIXELS, Y):.2f} % right on the 30 samples of the calibration data"
    )
    assert saved == f"saved {files[2]}: layers of neurons 1, T = 8, float32"
    assert "ann.psnn by max-norm" in done.stdout
    assert "relu1" in done.stdout


def test_run_shows_the_accuracy_of_the_ann_on_the_same_data_only(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
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


def test_data_without_labels_and_int8(files: tuple[Path, Path, Path]) -> None:
    np.savez(files[1], x=PIXELS)
    _, meta = rows_and_meta(invoke(*options(files, precision="int8", json=True)))
    assert "ann_accuracy" not in meta
    saved = load(files[2])
    assert saved.settings.precision == "int8"
    assert saved.golden is not None
    assert saved.golden.precision == "int8"
    saved.verify()


def test_mean_and_std_stay_in_the_network(files: tuple[Path, Path, Path]) -> None:
    save(files[0], ann(normalised=False))
    _, plain = rows_and_meta(invoke(*options(files, json=True)))
    assert load(files[2]).network.input.mean is None
    _, normalised = rows_and_meta(invoke(*options(files, mean="0.5,0.25", std="0.5,0.25", json=True)))
    node = load(files[2]).network.input
    assert (node.mean.tolist(), node.std.tolist()) == (MEAN, STD)
    assert load(files[2]).network == convert(fold(ann()), PIXELS, "max-norm", steps=8).network
    assert plain["model.sha256"] == normalised["model.sha256"]


def test_the_report_has_every_layer_at_the_powers_of_two(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
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


def test_calibrate_is_passed_on_only_if_given(files: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Mapping[str, Any]] = []

    def spy(*arguments: Any, calibrate: Any = None, **settings: Any) -> Any:
        seen.append({"calibrate": calibrate, **settings})
        return convert(*arguments, **settings)

    monkeypatch.setattr("pysnn.convert.convert", spy)
    assert invoke(*options(files, calibrate="bias,v_init")).exit_code == 0
    assert invoke(*options(files)).exit_code == 0
    assert seen == [{"calibrate": ("bias", "v_init"), "steps": 8}, {"calibrate": None, "steps": 8}]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"steps": 0}, "--steps"),
        ({"steps": None}, "--steps"),
        ({"out": None}, "--out"),
        ({"calibration": None}, "--calibration"),
        ({"method": "magic"}, "expected one of"),
        ({"percentile": 99}, "has the settings"),
        ({"method": "percentile", "percentile": 101}, "at most 100"),
        ({"mean": "0.5,0.5"}, "together"),
        ({"mean": "a,b", "std": "1,1"}, "--mean"),
        ({"precision": "int4"}, "--precision"),
        ({"report": "errors.xlsx"}, "--report"),
        ({"table": "table"}, "--table"),
        ({"limit": 0}, "--limit"),
    ],
)
def test_wrong_usage_is_exit_code_2(files: tuple[Path, Path, Path], changes: dict[str, Any], text: str) -> None:
    done = invoke(*options(files, **changes))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert text in done.stderr
    assert not files[2].exists()


def bad_data(**arrays: Any) -> Any:
    return lambda files: np.savez(files[1], **arrays)


def infinite(network: Network) -> Network:
    """Weights whose products leave float32."""
    return network.replace({"fc": Linear(np.full((3, 36), 3e38)), "conv": Conv2d(np.full((4, 2, 3, 3), 3e38), BIAS)})


BAD: dict[str, tuple[Any, str]] = {
    "no data": (lambda files: files[1].unlink(), "data.npz"),
    "no model": (lambda files: files[0].unlink(), "ann.psnn"),
    "damaged model": (lambda files: files[0].write_bytes(files[0].read_bytes()[:-1]), "ann.psnn"),
    "a spiking network": (
        lambda files: save(files[0], Network.chain({"in": Input((2, 5, 5)), "if": IF(), "out": Output()})),
        "ann.psnn: IF 'if': expected an ordinary network",
    ),
    "no ReLU": (
        lambda files: save(files[0], Network.chain({"in": Input((2, 5, 5)), "f": Flatten(), "out": Output()})),
        "nothing to convert",
    ),
    "no samples": (bad_data(x=PIXELS[:0]), "data.npz': Input 'in': expected at least one sample, got none"),
    "channels last": (bad_data(x=PIXELS.transpose(0, 2, 3, 1)), "data.npz': Input 'in': expected (samples, 2, 5, 5)"),
    "channels last hint": (bad_data(x=PIXELS.transpose(0, 2, 3, 1)), "x.transpose(0, 3, 1, 2)"),
    "text": (bad_data(x=np.array(["a"] * 3)), "data.npz': Input 'in': expected numbers"),
    "complex": (bad_data(x=COLOURS.astype(np.complex64)), "expected numbers"),
    "NaN": (bad_data(x=np.where(COLOURS > 0.9, np.nan, COLOURS)), "expected finite values, got nan at"),
    "labels of floats": (bad_data(x=PIXELS, y=Y / 2), "labels: expected 30 integers"),
    "no such class": (bad_data(x=PIXELS, y=Y + 1), "has classes 0..2, got 3"),
    "values that overflow": (lambda files: save(files[0], infinite(ann())), "is not finite"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_exit_code_1_and_one_line_on_stderr(files: tuple[Path, Path, Path], case: str) -> None:
    spoil, text = BAD[case]
    spoil(files)
    done = invoke(*options(files))
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn convert: ")
    assert text in line
    assert not files[2].exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [("model.pt", "from_torch"), ("model.h5", "expected .onnx, .safetensors"), ("a.safetensors", "a.safetensors")],
)
def test_other_files_are_refused_by_name(files: tuple[Path, Path, Path], name: str, text: str) -> None:
    files[0].rename(files[0].with_name(name))
    done = invoke(*options((files[0].with_name(name), *files[1:])))
    assert (done.exit_code, done.stdout) == (1, "")
    assert name in done.stderr
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_weights_of_another_model_and_an_output_of_a_psnn(files: tuple[Path, Path, Path]) -> None:
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    files[0].with_suffix(".safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    done = invoke(*options((files[0].with_suffix(".safetensors"), *files[1:])))
    assert done.exit_code == 1
    assert "export it to ONNX" in done.stderr
    done = invoke(*options(files, output="y"))
    assert done.exit_code == 1
    assert "ONNX models only" in done.stderr


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (COLOURS * 255, "float32 data in 0..255 do not look right for mean (0.5, 0.25)"),
        ((COLOURS - 0.5) / 0.25, "normalised already"),
    ],
)
def test_an_implausible_range_is_a_warning(files: tuple[Path, Path, Path], x: Any, text: str) -> None:
    np.savez(files[1], x=x)
    done = invoke(*options(files))
    assert done.exit_code == 0
    line, *_ = done.stderr.strip().splitlines()
    assert line.startswith("pysnn convert: warning: input: ")
    assert text in line


def test_a_silent_layer_is_a_warning_with_its_name(files: tuple[Path, Path, Path]) -> None:
    silent = fold(ann()).replace({"conv": Conv2d(np.zeros((4, 2, 3, 3)), np.full(4, -1.0))})
    save(files[0], silent)
    done = invoke(*options(files))
    assert done.exit_code == 0
    assert "pysnn convert: warning: ReLU 'relu1': never active" in done.stderr
    assert "pysnn convert: warning: layer 'relu1', T = 8, 16 samples: no neuron fires" in done.stderr
