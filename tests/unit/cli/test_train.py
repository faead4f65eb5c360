"""``pysnn train``: what it writes, prints and refuses, and that it goes on where it was killed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn.cli.app import app
from pysnn.files.first_spike import load
from pysnn.first_spike import Conv, Dense, EarliestPool
from pysnn.first_spike.defaults import SSTDP_DEFAULTS
from pysnn.first_spike.learn import training
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata

X = np.random.default_rng(0).integers(0, 256, (60, 1, 6, 6)).astype(np.uint8)
Y = np.arange(60) % 3
SHORT = ["--epochs", 2, "--batch-size", 10, "--hidden", "8", "--threads", 1]


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    np.savez(tmp_path / "data.npz", x=X, y=Y)
    return tmp_path / "data.npz"


@pytest.mark.parametrize("rule", ["stdbp", "sstdp"])
def test_it_saves_a_network_and_its_history(data: Path, tmp_path: Path, rule: str) -> None:
    out, history = tmp_path / "net.psnn", tmp_path / "h.parquet"
    done = invoke("train", rule, "--data", data, "--out", out, "--history", history, "--json", "--seed", 5, *SHORT)
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["epoch"] for row in rows] == [1, 2]
    assert list(rows[0]) == list(SCHEMAS["training"])
    assert pl.read_parquet(history)["epoch"].to_list() == [1, 2]
    assert read_metadata(history)["seed"] == 5
    assert "epoch 1: loss " in done.stderr
    assert "the best on 6 held-out samples" in done.stderr
    assert load(out).provenance["validation"] == 6
    saved = load(out)
    saved.verify(backend="reference")
    assert saved.network.neuron == {"stdbp": "ramp", "sstdp": "step"}[rule]
    assert saved.network.coding == "both"
    assert saved.network.input_shape == (36,)
    assert saved.provenance["seed"] == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data.npz", "h.parquet", "net.psnn"]
    ran = invoke("run", out, "--data", data, "--json")
    assert json.loads(ran.stdout)["rows"][0]["samples"] == 60


def test_the_same_seed_gives_the_same_file(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        invoke("train", "stdbp", "--data", data, "--out", tmp_path / name, *SHORT)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_convolutions_take_images(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.psnn"
    done = invoke("train", "sstdp", "--data", data, "--out", out, *SHORT, "--hidden", "4C3-P2", "--steps", 8)
    assert done.exit_code == 0, done.stderr
    network = load(out).network
    first: dict[str, Any] = dict(SSTDP_DEFAULTS.first_weights("step"))
    assert network.layers == (Conv(channels=4, kernel=3, **first), EarliestPool(2), Dense(units=3, **first))
    assert (network.input_shape, network.steps) == ((1, 6, 6), 8)


def test_held_out_samples_choose_and_it_is_said(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.psnn"
    done = invoke("train", "stdbp", "--data", data, "--out", out, *SHORT, "--validation", 12, "--json")
    found = json.loads(done.stdout)
    best = max(row["validation_accuracy"] for row in found["rows"])
    assert load(out).provenance["validation_accuracy"] == best
    assert "the best on 12 held-out samples" in done.stderr


def test_nothing_is_held_out_if_that_is_asked_for(data: Path, tmp_path: Path) -> None:
    done = invoke("train", "stdbp", "--data", data, "--out", tmp_path / "net.psnn", *SHORT, "--validation", 0)
    assert "the last epoch, 2; nothing was held out" in done.stderr
    assert "validation_accuracy" not in load(tmp_path / "net.psnn").provenance


@pytest.mark.parametrize(("asked", "held"), [(0.25, 15), (12, 12), (0.5, 30)])
def test_a_share_or_a_number_is_held_out(data: Path, tmp_path: Path, asked: float, held: int) -> None:
    done = invoke("train", "sstdp", "--data", data, "--out", tmp_path / "net.psnn", *SHORT, "--validation", asked)
    assert f"the best on {held} held-out samples" in done.stderr


def bars(seed: int = 0) -> tuple[Any, Any]:
    """Draw bright bars on black, whose places are the classes; sorted by class."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(3), 40)
    x = np.zeros((120, 1, 9, 9), dtype=np.uint8)
    for image, label in zip(x, y, strict=True):
        image[0, 3 * label : 3 * label + 2, rng.integers(0, 3) :] = rng.integers(180, 256)
    return x, y


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["stdbp", "sstdp"])
def test_white_pictures_learn_as_black_ones_do(tmp_path: Path, rule: str) -> None:
    """Inverted in training and in runs of the saved file, and it is said."""
    x, y = bars()
    accuracies, said = [], []
    for name, pictures in (("black", x), ("white", 255 - x), ("grey", 230 - (x // 4) * 3)):
        np.savez(tmp_path / f"{name}.npz", x=pictures, y=y)
        net, source = tmp_path / f"{name}.psnn", tmp_path / f"{name}.npz"
        done = invoke("train", rule, "--data", source, "--out", net, "--hidden", 20, "--epochs", 50, "--threads", 1)
        assert done.exit_code == 0, done.stderr
        said.append("background is bright" in done.stderr)
        ran = invoke("run", net, "--data", source, "--json")
        accuracies.append(json.loads(ran.stdout)["rows"][0]["accuracy"])
    assert said == [False, True, True]
    assert min(accuracies) > 0.95
    assert load(tmp_path / "white.psnn").network.coding == "dark"


def test_white_pictures_as_they_are_get_a_note(tmp_path: Path) -> None:
    x, y = bars()
    np.savez(tmp_path / "white.npz", x=255 - x, y=y)
    arguments = ["--data", tmp_path / "white.npz", "--out", tmp_path / "net.psnn", *SHORT]
    done = invoke("train", "sstdp", *arguments, "--no-invert")
    assert "note: bright background: " in done.stderr
    assert load(tmp_path / "net.psnn").network.coding == "bright"
    done = invoke("train", "sstdp", *arguments, "--invert", "--complement")
    assert done.exit_code == 1
    assert "expected one of them at most" in done.stderr


def test_a_rate_that_is_too_high_is_seen(tmp_path: Path) -> None:
    x, y = bars()
    np.savez(tmp_path / "data.npz", x=x, y=y)
    arguments = ["--data", tmp_path / "data.npz", "--out", tmp_path / "net.psnn", "--hidden", 20, "--threads", 1]
    done = invoke("train", "sstdp", *arguments, "--epochs", 5, "--rate", 2.0)
    assert done.exit_code == 0, done.stderr
    assert "note: nothing was learned: in 5 epochs" in done.stderr
    assert "note: silent outputs: " in done.stderr


def test_a_killed_training_is_resumed(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, out = tmp_path / "whole.psnn", tmp_path / "net.psnn"
    arguments = ["train", "stdbp", "--data", data, *SHORT, "--out"]
    invoke(*arguments, whole)

    class Killed(BaseException):
        pass

    def kill(_self: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(training.Training, "_trained", kill)
        with pytest.raises(Killed):
            invoke(*arguments, out)
    assert (tmp_path / "net.psnn.checkpoint").exists()
    assert not out.exists()
    wrong = invoke(*arguments, out, "--resume", "--seed", 1)
    assert wrong.exit_code == 1
    assert "another training" in wrong.stderr
    done = invoke(*arguments, out, "--resume")
    assert "going on from" in done.stderr
    assert "epoch 1:" not in done.stderr
    assert out.read_bytes() == whole.read_bytes()


@pytest.mark.parametrize(
    ("change", "options", "what"),
    [
        ({"y": Y - 1}, [], "got -1"),
        ({"y": Y / 2}, [], "whole numbers"),
        ({"y": None}, [], "needs labels 'y'"),
        ({"x": X * np.float32(1)}, [], "scale the data first"),
        ({"x": np.full((60, 4), np.nan)}, [], "got nan"),
        ({}, ["--hidden", "8C"], "got '8C'"),
        ({}, ["--hidden", "4C9"], "conv1"),
        ({}, ["--validation", 60], "more samples than the 60"),
        ({}, ["--rate", -1], "rate: expected"),
        ({}, ["--backend", "abacus"], "abacus"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_1(
    tmp_path: Path, change: dict[str, Any], options: list[Any], what: str
) -> None:
    arrays = {name: array for name, array in {"x": X, "y": Y, **change}.items() if array is not None}
    np.savez(tmp_path / "data.npz", **arrays)
    out = tmp_path / "net.psnn"
    done = invoke("train", "stdbp", "--data", tmp_path / "data.npz", "--out", out, *SHORT, *options)
    assert done.exit_code == 1, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn train stdbp: ")
    assert what in line
    assert not out.exists()


def test_images_are_distorted_if_asked_for(data: Path, tmp_path: Path) -> None:
    for name, options in (
        ("a", []),
        ("b", ["--augment", "shift=1,rotate=10"]),
        ("c", ["--augment", "shift=1,rotate=10"]),
    ):
        assert invoke("train", "stdbp", "--data", data, "--out", tmp_path / name, *SHORT, *options).exit_code == 0
    weights = {name: load(tmp_path / name).network.weights[0] for name in "abc"}
    assert not np.array_equal(weights["a"], weights["b"])
    assert np.array_equal(weights["b"], weights["c"])


def test_wrong_usage_is_exit_code_2(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "net.psnn"
    for text in ("shift", "blur=1", "shift=x"):
        assert invoke("train", "stdbp", "--data", data, "--out", out, "--augment", text).exit_code == 2
    assert invoke("train", "stdbp", "--out", out).exit_code == 2
    assert invoke("train", "hebb", "--data", data, "--out", out).exit_code == 2
    assert invoke("train", "stdbp", "--data", data, "--out", out, "--history", "h.txt").exit_code == 2
    assert invoke("train", "sstdp", "--data", data, "--out", out, "--epochs", 0).exit_code == 2
