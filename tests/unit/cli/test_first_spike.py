"""``pysnn run`` and ``pysnn info`` on first-spike networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pysnn.cli.app import app
from pysnn.files.first_spike import save
from pysnn.first_spike import Conv, Dense, FirstSpikeNetwork, decide, evaluate
from pysnn.schemas import SCHEMAS

X = np.random.default_rng(0).integers(0, 256, (9, 1, 5, 5)).astype(np.uint8)
Y = np.arange(9) % 3
NETWORK = FirstSpikeNetwork.draw((1, 5, 5), [Conv(channels=2), Dense(units=3)], seed=1, neuron="step", steps=16)


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    network, data = tmp_path / "net.psnn", tmp_path / "data.npz"
    np.savez(data, x=X, y=Y)
    save(network, NETWORK, provenance={"rule": "sstdp"})
    return network, data


def test_run_prints_one_row(files: tuple[Path, Path], tmp_path: Path) -> None:
    predictions = tmp_path / "p.npz"
    done = invoke("run", files[0], "--data", files[1], "--json", "--predictions", predictions)
    assert done.exit_code == 0, done.stderr
    (row,) = json.loads(done.stdout)["rows"]
    assert list(row) == list(SCHEMAS["first_spike_run"])
    expected = evaluate(NETWORK, X, Y)
    assert row["accuracy"] == expected.accuracy
    assert row["ties"] == expected.ties
    assert row["additions_decision"] == expected.additions_decision <= row["additions_end"]
    assert row["decision_time_p90"] == expected.decision_time_p90
    with np.load(predictions) as found:
        assert found["labels"].tolist() == [decide(NETWORK, X).winner.tolist()]
        assert found["scores"].shape == (1, 9, 3)
        assert found["steps"].tolist() == [16]


def test_data_without_labels_have_no_accuracy(files: tuple[Path, Path], tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=X)
    done = invoke("run", files[0], "--data", tmp_path / "x.npz", "--json", "--backend", "reference", "--threads", 1)
    (row,) = json.loads(done.stdout)["rows"]
    assert row["accuracy"] is None
    assert row["samples"] == 9


def test_wrong_usage_is_exit_code_2(files: tuple[Path, Path]) -> None:
    for options in (["--steps", "4"], ["--precision", "int8"]):
        assert invoke("run", files[0], "--data", files[1], *options).exit_code == 2


def test_bad_data_are_one_line_and_exit_code_1(files: tuple[Path, Path], tmp_path: Path) -> None:
    np.savez(tmp_path / "wrong.npz", x=X[:, :, :4])
    done = invoke("run", files[0], "--data", tmp_path / "wrong.npz")
    assert (done.exit_code, done.stdout) == (1, "")
    expected = f"pysnn run: data '{tmp_path / 'wrong.npz'}': x: expected the shape (samples, 1, 5, 5)"
    assert done.stderr.strip().startswith(expected)


def test_info_shows_layers_and_provenance(files: tuple[Path, Path]) -> None:
    found = json.loads(invoke("info", files[0], "--json").stdout)
    assert [(row["type"], row["shape"], row["from"]) for row in found["rows"]] == [
        ("Conv", "2x3x3", "input"),
        ("Dense", "3", "conv1"),
    ]
    assert found["meta"]["parameters"] == 18 + 54
    assert found["meta"]["settings"] == {"neuron": "step", "steps": 16, "compare": ">="}
    assert found["meta"]["provenance"] == {"rule": "sstdp"}
