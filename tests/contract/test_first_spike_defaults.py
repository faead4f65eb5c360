"""The command line and the classifiers train alike where nothing is asked for."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.cli.train import first_spike as train_first_spike
from pysnn.files.first_spike import load
from pysnn.first_spike.learn import RULES, SSTDPClassifier, STDBPClassifier

CLASSES: dict[str, Any] = {"stdbp": STDBPClassifier, "sstdp": SSTDPClassifier}
OTHER_NAMES = {"rate": "learning_rate", "validation": "validation_fraction"}
"""What an option of the command line is called as a parameter."""
ALONE = {"data", "out", "hidden", "augment", "seed", "resume", "history", "limit", "threads", "as_json"}
"""What a class has in another form (data, layers, seeds, threads) or not at all."""
OF_THE_CLASS = {"hidden_layer_sizes", "layers", "input_shape", "scale", "bias", "random_state", "n_jobs"}
OF_THE_RULE = {"causal", "anti_causal", "tau"}
"""Parameters of SSTDP's kernel, which the command line leaves to the rule."""

every_rule = pytest.mark.parametrize("rule", CLASSES)


def defaults(function: Any) -> dict[str, Any]:
    found = {name: p.default for name, p in inspect.signature(function).parameters.items() if name != "self"}
    # The command line leaves an option out where a class says "auto".
    return {name: None if value == "auto" and name != "backend" else value for name, value in found.items()}


@every_rule
def test_defaults_are_the_same(rule: str) -> None:
    options = defaults(getattr(train_first_spike, rule))
    parameters = defaults(CLASSES[rule])
    shared = {OTHER_NAMES.get(name, name): value for name, value in options.items() if name not in ALONE}
    assert shared == {name: parameters.get(name, "missing") for name in shared}
    assert set(parameters) - set(shared) - OF_THE_CLASS <= OF_THE_RULE
    assert {"epochs", "learning_rate", "weight_decay", "complement", "invert", "batch_size"} <= set(shared)


@every_rule
def test_a_class_has_the_defaults_of_its_rule(rule: str) -> None:
    parameters, own = defaults(CLASSES[rule]), defaults(RULES[rule])
    # The rule alone is the paper's, whose kernel does not grow.
    shared = (set(parameters) & set(own)) - {"growth"}
    assert shared
    assert {name: parameters[name] for name in shared} == {name: own[name] for name in shared}


@every_rule
@pytest.mark.parametrize("bright", [False, True])
def test_they_train_the_same_network(tmp_path: Path, rule: str, bright: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = np.zeros((80, 30), dtype=np.uint8), np.repeat(np.arange(2), 40)
    x[:40, :8], x[40:, 10:18] = (rng.integers(100, 256, (40, 8)) for _ in range(2))
    # The smallest and the largest value of every feature, so that the class scales by 255 too.
    x[:2] = [[0], [255]]
    x = 255 - x if bright else x
    np.savez(tmp_path / "data.npz", x=x, y=y)
    arguments = ["train", rule, "--data", tmp_path / "data.npz", "--out", tmp_path / "net.psnn", "--hidden", 12]
    done = CliRunner().invoke(app, [str(argument) for argument in [*arguments, "--seed", 3]])
    assert done.exit_code == 0, done.stderr
    model = CLASSES[rule]((12,), random_state=3).fit(x, y)
    saved = load(tmp_path / "net.psnn").network
    assert saved.coding == model.network_.coding == model.coding_ == ("dark" if bright else "bright")
    for ours, theirs in zip(saved.weights, model.network_.weights, strict=True):
        assert np.array_equal(ours, theirs)
