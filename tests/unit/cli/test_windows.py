"""Networks of FirstSpike neurons on the command line: converted, run, diagnosed, priced, exported."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pysnn import FirstSpike, ReLU
from pysnn.cli.app import app
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.datasets.npz import save_arrays
from pysnn.files.psnn import load, save


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def rows_and_meta(done: Result) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    return found["rows"], found["meta"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled ANN, its data, and the network converted with windows of 8 steps."""
    path = tmp_path_factory.mktemp("windows")
    digits = load_digits()
    save(path / "ann.psnn", load_digits_mlp())
    save_arrays(path / "train.npz", x=digits.x_train[:200], y=digits.y_train[:200])
    rows, meta = rows_and_meta(convert(path, "--window", 8, "--precision", "int8", "--json"))
    assert [row["method"] for row in rows] == ["first-spike", "first-spike"]
    assert (meta["window"], meta["method.window"]) == (8, 8)
    assert "steps" not in meta
    return path


def convert(folder: Path, *more: Any) -> Result:
    given = (folder / "ann.psnn", "--calibration", folder / "train.npz", "--out", folder / "net.psnn")
    return invoke("convert", *given, "--method", "first-spike", *more)


def test_the_saved_network_has_windows_and_a_golden_pass(folder: Path) -> None:
    saved = load(folder / "net.psnn")
    neurons = [saved.network.nodes[name] for name in saved.network.neurons]
    assert [node.window for node in neurons if isinstance(node, FirstSpike)] == [8, 8]
    assert saved.settings.steps is None
    assert saved.golden is not None
    assert saved.golden.steps == (1,)
    saved.verify()


def test_trained_clips_keep_their_bounds(folder: Path) -> None:
    ann = load(folder / "ann.psnn").network
    clips = {name: ReLU(max=2.0) for name, node in ann.nodes.items() if isinstance(node, ReLU)}
    save(folder / "clips.psnn", ann.replace(clips))
    given = ("convert", folder / "clips.psnn", "--calibration", folder / "train.npz", "--out", folder / "own.psnn")
    done = invoke(*given, "--method", "trained", "--window", 8)
    assert done.exit_code == 0, done.stderr
    network = load(folder / "own.psnn").network
    neurons = [network.nodes[name] for name in network.neurons]
    assert [(node.v_threshold, node.window) for node in neurons if isinstance(node, FirstSpike)] == [(0.25, 8)] * 2
    done = invoke(*given, "--method", "trained", "--window", 8, "--calibrate", "bias")
    assert (done.exit_code, "goes without --calibrate" in done.stderr) == (2, True)
    done = invoke(*given, "--method", "trained", "--window", 300)
    assert (done.exit_code, "trained: window must be an integer in 1..255" in done.stderr) == (2, True)


def test_run_takes_one_pass(folder: Path) -> None:
    (row,), _ = rows_and_meta(invoke("run", folder / "net.psnn", "--data", folder / "train.npz", "--json"))
    assert (row["steps"], row["window"]) == (1, 8)
    assert row["accuracy"] > 0.95
    assert 0 < row["spikes_per_neuron"] <= 1


def test_diagnose_takes_the_ann(folder: Path) -> None:
    given = ("diagnose", folder / "net.psnn", "--data", folder / "train.npz", "--ann", folder / "ann.psnn")
    found = json.loads(invoke(*given, "--limit", 20, "--json").stdout)
    assert {row["window"] for row in found["errors"]["rows"]} == {8} if "errors" in found else True
    done = invoke(*given, "--limit", 20)
    assert done.exit_code == 0, done.stderr
    assert "With windows of 8 steps" in done.stdout


def test_estimate_and_info_say_the_latency(folder: Path) -> None:
    done = invoke("estimate", folder / "net.psnn", "--data", folder / "train.npz", "--chips", "truenorth", "--json")
    rows, meta = rows_and_meta(done)
    assert meta["steps"] == 16
    (latency,) = [row["value"] for row in rows if row["term"] == "latency" and row["chip"] == "truenorth"]
    assert latency == pytest.approx(16.0)
    _, meta = rows_and_meta(invoke("info", folder / "net.psnn", "--json"))
    assert (meta["windows"]["windows"], meta["windows"]["steps"]) == (2, 16)


def test_export_says_one_step(folder: Path) -> None:
    done = invoke("export", folder / "net.psnn", "--out", folder / "net.plan")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (("convert", "--steps", 8), "--window S in place of --steps"),
        (("convert", "--window", 0), "window must be an integer in 1..255, got 0"),
        (("convert", "--window", 300), "1..255, got 300"),
        (("convert", "--window", 8, "--calibrate", "bias"), "without --calibrate"),
        (("run", "--steps", "4"), "windows of 8 steps"),
        (("diagnose", "--steps", "4"), "windows of 8 steps"),
        (("estimate", "--steps", "4", "--chips", "truenorth"), "windows of 8 steps"),
    ],
)
def test_what_is_refused(folder: Path, command: tuple[Any, ...], text: str) -> None:
    name, *more = command
    if name == "convert":
        done = convert(folder, *more)
    else:
        done = invoke(name, folder / "net.psnn", "--data", folder / "train.npz", *more)
    assert done.exit_code in (1, 2)
    assert text in " ".join(done.stderr.replace("│", " ").split())


def test_other_methods_ask_for_steps(folder: Path) -> None:
    given = (folder / "ann.psnn", "--calibration", folder / "train.npz", "--out", folder / "other.psnn")
    done = invoke("convert", *given, "--method", "percentile")
    assert done.exit_code == 2
    assert "give --steps T" in " ".join(done.stderr.replace("│", " ").split())


def test_weights_are_fitted_where_that_is_asked_for(folder: Path) -> None:
    given = ("convert", folder / "ann.psnn", "--calibration", folder / "train.npz", "--out", folder / "fitted.psnn")
    rows, meta = rows_and_meta(invoke(*given, "--method", "first-spike", "--window", 4, "--fit-weights", "--json"))
    assert (len(rows), meta["method.fit_weights"]) == (2, True)
    done = invoke(*given, "--steps", 4, "--fit-weights")
    assert (done.exit_code, "method 'percentile' has the settings" in " ".join(done.stderr.split())) == (2, True)
