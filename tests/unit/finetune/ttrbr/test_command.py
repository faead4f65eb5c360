"""``pysnn train ttrbr``: from a model's name to a spiking network's file."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("torch", reason="PyTorch is not installed (extra torch)")

import polars as pl
import torch

from pysnn import IF, run
from pysnn.cli.app import app
from pysnn.convert import round_weights
from pysnn.files.psnn import load
from pysnn.files.settings import Settings
from pysnn.finetune.trained_models import Recipe, normalised, save_trained
from pysnn.finetune.ttrbr import CifarResNet, train
from tests.unit.finetune.ttrbr.small import coloured, options
from tests.unit.importers.test_state_dicts import file_bytes


@pytest.fixture
def data(tmp_path: Path) -> Path:
    images, labels = coloured()
    np.savez(tmp_path / "d.npz", x=images, y=labels)
    return tmp_path / "d.npz"


def invoke(*arguments: Any) -> Any:
    usual = (
        "--batch-size",
        16,
        "--validation",
        16,
        "--crop",
        1,
        "--compute",
        "float32",
        "--threads",
        1,
        "--rate",
        0.05,
    )
    return CliRunner().invoke(app, [str(part) for part in ("train", "ttrbr", *usual, *arguments)])


def test_clips_then_steps_then_a_file(data: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "clip.psnn", tmp_path / "steps.psnn"
    common = ("--data", f"npz:{data}", "--model", "resnet8", "--block", "A", "--epochs", 2)
    done = invoke(*common, "--levels", 4, "--out", first)
    assert done.exit_code == 0, done.stderr
    assert "train: epoch 2: loss" in done.stderr
    start = tmp_path / "clip.psnn.checkpoint.npz"
    more = ("--start", start, "--steps", 4, "--out", second, "--history", tmp_path / "h.parquet", "--json")
    done = invoke(*common, *more)
    assert done.exit_code == 0, done.stderr
    assert [row["steps"] for row in json.loads(done.stdout)["rows"]] == [4, 4]
    assert pl.read_parquet(tmp_path / "h.parquet")["epoch"].to_list() == [1, 2]
    saved = load(second)
    assert (saved.settings.steps, saved.settings.precision) == (4, "int8")
    assert saved.provenance["method"] == "trained"
    assert saved.provenance["block"] == "A"
    assert round_weights(saved.network) == saved.network
    saved.verify()
    images, labels = coloured()
    result = run(saved.network, images, labels=labels, steps=4, precision="int8")
    assert result.accuracy[0] > 0.5
    # The same command does not start anew over what it has done.
    again = invoke(*common, *more)
    assert (again.exit_code, "--resume" in again.stderr) == (1, True)
    assert invoke(*common, *more, "--resume").exit_code == 0


def test_levels_become_spikes_in_windows(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "w.psnn"
    common = ("--data", f"npz:{data}", "--model", "resnet8", "--per-channel", "--out", out)
    done = invoke(*common, "--epochs", 2, "--window", 6, "--precision", "float32")
    assert done.exit_code == 0, done.stderr
    assert "windows of 6 steps" in done.stderr
    saved = load(out)
    assert saved.settings.steps is None
    assert [getattr(saved.network.nodes[name], "window", None) for name in saved.network.neurons] == [6] * 7
    saved.verify()
    # It is the network that was trained, but for the order of sums.
    training = Recipe(f"npz:{data}", "resnet8", window=6, per_channel=True).prepare(options(epochs=2))
    trained = train(training.task, options(epochs=2))
    images, _ = coloured()
    with torch.no_grad():
        scores = trained.model(normalised(images, training.source)).numpy()
    conversion = save_trained(tmp_path / "again.psnn", training, trained, Settings(), {})
    found = run(conversion.network, images).scores[0]
    assert np.mean(np.abs(found - scores) < 1e-4) > 0.95


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--steps", 4), 2, "--window has S steps of its own"),
        (("--levels", 4), 1, "expected those of the window, 6"),
        (("--potentials", 4), 1, "potentials: expected none"),
    ],
)
def test_what_does_not_go_with_a_window(data: Path, tmp_path: Path, more: Any, code: int, message: str) -> None:
    done = invoke("--data", f"npz:{data}", "--model", "resnet8", "--window", 6, "--out", tmp_path / "w.psnn", *more)
    assert (done.exit_code, message in done.stderr.replace("\n", " ")) == (code, True), done.stderr


def weights_of(path: Path, seed: int) -> str:
    """Save a network of 16 channels as ``resnet8`` reads it, and return its name."""
    torch.manual_seed(seed)
    path.write_bytes(file_bytes({name: tensor.numpy() for name, tensor in CifarResNet(8, 3).state_dict().items()}))
    return f"resnet8:{path}"


def test_teachers_are_other_networks(data: Path, tmp_path: Path) -> None:
    first, second = (weights_of(tmp_path / f"{seed}.safetensors", seed) for seed in (1, 2))
    learning = options(epochs=1, distillation=0.9)
    both = Recipe(f"npz:{data}", first, teachers=(first, second)).prepare(learning)
    assert both.task.taught_by.count(" ") == 1
    x = normalised(coloured()[0][:4], both.source)
    means = [Recipe(f"npz:{data}", name).prepare(learning).task.teacher(x) for name in (first, second)]
    torch.testing.assert_close(both.task.teacher(x), (means[0] + means[1]) / 2)
    # Another teacher is another training: a checkpoint is not gone on from.
    file, common = (
        tmp_path / "t.psnn",
        ("--data", f"npz:{data}", "--model", first, "--epochs", 1, "--distillation", 0.9),
    )
    assert invoke(*common, "--out", file, "--teacher", second).exit_code == 0
    assert (
        load(file).provenance["training.teachers"]
        == hashlib.sha256((tmp_path / "2.safetensors").read_bytes()).hexdigest()
    )
    other = invoke(*common, "--out", file, "--resume")
    assert (other.exit_code, "another training" in other.stderr.replace("\n", " ")) == (1, True), other.stderr


def test_wrong_teachers_are_a_sentence(data: Path, tmp_path: Path) -> None:
    common = ("--data", f"npz:{data}", "--model", "resnet8", "--out", tmp_path / "t.psnn")
    for more, message in (
        (("--teacher", "resnet8"), "teachers: expected a share of the loss"),
        (("--teacher", "resnet8", "--distillation", 0.5), "teacher 'resnet8': expected trained weights"),
    ):
        done = invoke(*common, *more)
        assert (done.exit_code, message in " ".join(done.stderr.split())) == (1, True), done.stderr


def test_potentials_without_a_training(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.psnn"
    done = invoke("--data", f"npz:{data}", "--model", "resnet8", "--epochs", 0, "--potentials", 4, "--out", out)
    assert done.exit_code == 0, done.stderr
    saved = load(out)
    assert (saved.settings.steps, saved.provenance["potentials"]) == (4, 4)
    neuron = saved.network.nodes["clip"]
    assert isinstance(neuron, IF)
    assert np.shape(neuron.v_init) == (16,)
    saved.verify()


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_what_is_given_back_is_what_is_in_the_file(data: Path, tmp_path: Path, precision: Any) -> None:
    training = Recipe(f"npz:{data}", "resnet8").prepare(options(epochs=0))
    trained = train(training.task, options(epochs=0))
    settings = Settings(steps=4, precision=precision)
    conversion = save_trained(tmp_path / "a.psnn", training, trained, settings, {"note": "x"})
    saved = load(tmp_path / "a.psnn")
    assert saved.network == conversion.network
    assert (round_weights(saved.network) == saved.network) == (precision == "int8")
    assert saved.golden is not None
    assert sum(counts.nbytes for counts in saved.golden.spikes.values()) <= 256 << 10
    saved.verify()


def test_wrong_input_is_a_sentence(data: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "o.psnn", "--data", f"npz:{data}")
    weights = tmp_path / "w.safetensors"
    weights.write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")
    for arguments, message in (
        (("--model", "lenet"), "expected resnet20[:FILE]"),
        (("--model", "resnet9"), "expected a depth of 6n + 2"),
        (("--model", f"resnet8:{weights}"), "expected tensors 'conv1.weight'"),
        (("--model", "torchvision:nothing"), "torchvision has no such model"),
        (("--model", "resnet8", "--data", "cifar10:x:test"), "a test split trains, calibrates and chooses nothing"),
        (("--model", "resnet8", "--block", "D"), "block must be one of"),
        (("--model", "resnet8", "--start", data), "expected a checkpoint"),
        (("--model", "resnet8", "--mean", "1", "--std", "1"), "one value for each of 3 channels"),
    ):
        done = invoke(*out, *arguments)
        assert done.exit_code == 1, arguments
        assert message in done.stderr
        assert "Traceback" not in done.stderr
