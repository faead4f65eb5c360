"""The command line's contract: what goes to stdout and stderr, in which form, with which exit code."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import IF, Input, Linear, Network, Output, Scale, run
from pysnn.backends import BACKENDS
from pysnn.cli.app import app
from pysnn.convert import CORRECTIONS, METHODS
from pysnn.datasets.npz import load_data
from pysnn.files.psnn import save
from pysnn.files.settings import Settings
from pysnn.neurons import NEURONS
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata

X = np.random.default_rng(0).random((7, 3)).astype(np.float32)
Y = np.array([0, 1, 1, 0, 1, 0, 0])
NETWORK = Network.chain(
    {
        "in": Input((3,)),
        "fc1": Linear(np.random.default_rng(1).normal(size=(5, 3))),
        "if": IF(v_init=0.5),
        "scale": Scale(1.5),
        "fc2": Linear(np.random.default_rng(2).normal(size=(2, 5))),
        "out": Output(),
    }
)


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    network, data = tmp_path / "net.psnn", tmp_path / "data.npz"
    np.savez(data, x=X, y=Y)
    known: dict[str, str | int | float] = {"ann_accuracy": 0.875, "ann_accuracy_data": load_data(data).digest}
    save(network, NETWORK, settings=Settings(steps=8, precision="int8"), provenance=known)
    return network, data


def test_run_prints_one_row_for_each_number_of_steps(files: tuple[Path, Path]) -> None:
    done = invoke("run", files[0], "--data", files[1], "--steps", "4,1,16", "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [row["steps"] for row in found["rows"]] == [1, 4, 16]
    assert list(found["rows"][0]) == list(SCHEMAS["run"])
    assert found["meta"]["data_sha256"] == load_data(files[1]).digest
    expected = run(NETWORK, X, steps=[1, 4, 16], labels=Y, precision="int8")
    assert [row["accuracy"] for row in found["rows"]] == list(expected.accuracy)
    assert [row["synops"] * 7 for row in found["rows"]] == pytest.approx(expected.total("synops").tolist())
    assert {row["precision"] for row in found["rows"]} == {"int8"}
    assert {row["ann_accuracy"] for row in found["rows"]} == {0.875}


def test_run_takes_the_options_that_it_is_given(files: tuple[Path, Path]) -> None:
    options = ["--precision", "float32", "--backend", "reference", "--threads", 1, "--batch-size", 2, "--limit", 5]
    done = invoke("run", files[0], "--data", files[1], "--steps", 8, "--json", *options)
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["precision"], row["samples"], row["ann_accuracy"]) == ("float32", 5, None)
    assert json.loads(done.stdout)["meta"]["backend"] == "reference"


def test_run_takes_the_steps_that_the_network_is_meant_for(files: tuple[Path, Path], tmp_path: Path) -> None:
    done = invoke("run", files[0], "--data", files[1], "--json")
    assert [row["steps"] for row in json.loads(done.stdout)["rows"]] == [8]
    assert "T = 8" in done.stderr
    save(tmp_path / "open.psnn", NETWORK)
    done = invoke("run", tmp_path / "open.psnn", "--data", files[1])
    assert done.exit_code == 2
    assert "open.psnn' does not say for how many time-steps it is meant; give --steps T" in done.stderr


def test_run_without_timing_is_one_run(files: tuple[Path, Path]) -> None:
    given = ["run", files[0], "--data", files[1], "--steps", "2,4", "--json"]
    timed, once = invoke(*given), invoke(*given, "--no-timing")
    rows = json.loads(once.stdout)["rows"]
    assert rows[0]["ms_per_sample"] is None
    assert rows[1]["ms_per_sample"] > 0
    assert "ms_per_sample: of the one run" in once.stderr
    assert "each number of steps was measured once" in timed.stderr
    assert invoke("--quiet", *given).stderr == ""
    known = [{**row, "ms_per_sample": None} for row in json.loads(timed.stdout)["rows"]]
    assert [{**row, "ms_per_sample": None} for row in rows] == known


def test_run_counts_samples_of_spikes_along_their_own_axis(tmp_path: Path) -> None:
    spikes = np.random.default_rng(3).integers(0, 2, (4, 7, 3), dtype=np.uint8)
    save(tmp_path / "net.psnn", NETWORK, settings=Settings(steps=4, coding="spikes"))
    np.savez(tmp_path / "data.npz", x=spikes, y=Y)
    done = invoke("run", tmp_path / "net.psnn", "--data", tmp_path / "data.npz", "--limit", 5, "--json")
    assert done.exit_code == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    expected = run(NETWORK, spikes[:, :5], steps=4, labels=Y[:5], coding="spikes")
    assert (row["samples"], row["accuracy"]) == (5, expected.accuracy[0])
    np.savez(tmp_path / "data.npz", x=spikes, y=Y[:4])
    done = invoke("run", tmp_path / "net.psnn", "--data", tmp_path / "data.npz")
    assert done.exit_code == 1
    assert (
        "expected 'x' (steps, samples, ...) and one label a sample in 'y', got shapes (4, 7, 3) and (4,)" in done.stderr
    )


def test_tables_are_not_cut_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from pysnn.cli.show import show_rows

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", "1")
    show_rows([{"a_long_name": 123456.0, "another_name": 0.25, "[b]": ":x:\n\x1b"}] * 2, "title [b]")
    for text in ("a_long_name", "123,456", "another_name", "0.25", "[b]", "title [b]"):
        assert text in terminal.getvalue()
    assert "…" not in terminal.getvalue()


def test_run_writes_predictions_and_the_table(files: tuple[Path, Path], tmp_path: Path) -> None:
    predictions, table = tmp_path / "p.npz", tmp_path / "t.parquet"
    done = invoke("run", files[0], "--data", files[1], "--steps", "2,8", "--predictions", predictions, "--table", table)
    assert done.exit_code == 0
    assert "accuracy" in done.stdout
    expected = run(NETWORK, X, steps=[2, 8], precision="int8")
    with np.load(predictions) as found:
        assert np.array_equal(found["labels"], expected.predictions)
        assert np.array_equal(found["scores"], expected.scores)
        assert found["steps"].tolist() == [2, 8]
    assert pl.read_parquet(table)["steps"].to_list() == [2, 8]
    assert read_metadata(table)["network"] == str(files[0])


def test_data_without_labels_have_no_accuracy(files: tuple[Path, Path], tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=X)
    done = invoke("run", files[0], "--data", tmp_path / "x.npz", "--steps", 2, "--json")
    assert json.loads(done.stdout)["rows"][0]["accuracy"] is None


@pytest.mark.parametrize("steps", ["0", "-1", "x", "1,,2", "2.5"])
def test_wrong_usage_is_exit_code_2(files: tuple[Path, Path], steps: str) -> None:
    assert invoke("run", files[0], "--data", files[1], "--steps", steps).exit_code == 2
    assert invoke("run", files[0], "--steps", "1").exit_code == 2
    assert invoke("nonsense").exit_code == 2


@pytest.mark.parametrize("broken", ["network", "data", "missing", "objects", "shape", "labels", "backend"])
def test_bad_input_is_exit_code_1_and_one_line_on_stderr(files: tuple[Path, Path], tmp_path: Path, broken: str) -> None:
    network, data = files
    options: list[str] = []
    if broken == "network":
        network.write_bytes(network.read_bytes()[:-3])
    elif broken == "data":
        data.write_bytes(data.read_bytes()[:40])
    elif broken == "missing":
        data = tmp_path / "nowhere.npz"
    elif broken == "objects":
        np.savez(data, x=np.array([{}], dtype=object))
    elif broken == "shape":
        np.savez(data, x=X[:, :2])
    elif broken == "labels":
        np.savez(data, x=X, y=Y / 2)
    else:
        options = ["--backend", "abacus"]
    done = invoke("run", network, "--data", data, "--steps", 1, *options)
    assert done.exit_code == 1
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn run: ")
    named = {"network": "net.psnn", "data": "data.npz", "missing": "nowhere.npz", "objects": "data.npz"}
    assert (
        named.get(
            broken,
            {
                "shape": "data.npz': Input 'in': expected (samples, 3)",
                "labels": "data.npz': labels",
                "backend": "abacus",
            }.get(broken, ""),
        )
        in line
    )


def test_info_shows_the_installation_and_a_network(files: tuple[Path, Path]) -> None:
    found = json.loads(invoke("info", "--json").stdout)
    assert [row["backend"] for row in found["rows"]] == list(BACKENDS)
    assert {"pysnn", "threads", "simd_levels", "simd_used"} <= set(found["meta"])
    found = json.loads(invoke("info", files[0], "--json").stdout)
    assert [row["node"] for row in found["rows"]] == list(NETWORK.nodes)
    assert found["meta"]["parameters"] == NETWORK.parameters
    assert found["meta"]["settings"]["precision"] == "int8"
    assert "fc1" in invoke("info", files[0]).stdout


@pytest.mark.parametrize(
    ("command", "registry"), [("methods", METHODS), ("corrections", CORRECTIONS), ("neurons", NEURONS)]
)
def test_lists_have_every_entry(command: str, registry: dict[str, Any]) -> None:
    rows = json.loads(invoke(command, "--json").stdout)["rows"]
    assert [row["name"] for row in rows] == list(registry)
    assert all(row["title"] and row["source"] for row in rows)
    assert next(iter(registry)) in invoke(command).stdout


@pytest.mark.slow
def test_quickstart_writes_its_files_and_prints_its_table(tmp_path: Path) -> None:
    done = invoke("quickstart", "--out", tmp_path, "--json")
    assert done.exit_code == 0
    rows = json.loads(done.stdout)["rows"]
    assert [(row["precision"], row["steps"]) for row in rows] == [
        (precision, steps) for precision in ("float32", "int8") for steps in (1, 2, 4, 8, 16, 32)
    ]
    assert {"run.parquet", "errors.parquet", "digits.psnn", "digits-test.npz"} <= {p.name for p in tmp_path.iterdir()}
    again = invoke("run", tmp_path / "digits.psnn", "--data", tmp_path / "digits-test.npz", "--steps", 8, "--json")
    (row,) = json.loads(again.stdout)["rows"]
    assert row["accuracy"] == rows[3]["accuracy"]
    assert row["ann_accuracy"] == rows[3]["ann_accuracy"]
