"""Neurons with windows behind the interfaces that train: classifier, command."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.datasets import load_digits
from pysnn.files import first_spike as files
from pysnn.first_spike import decide
from pysnn.first_spike.learn import STDBPClassifier


@pytest.mark.slow
def test_the_classifier_learns_with_a_falling_threshold() -> None:
    digits = load_digits()
    model = STDBPClassifier(neuron="falling", epochs=20, random_state=0).fit(digits.x_train, digits.y_train)
    assert model.network_.neuron == "falling"
    assert model.score(digits.x_test, digits.y_test) > 0.9
    assert (model.predict_proba(digits.x_test).argmax(axis=1) == model.predict(digits.x_test)).mean() > 0.999


def test_probabilities_follow_the_decision_where_outputs_are_above_their_threshold() -> None:
    digits = load_digits()
    model = STDBPClassifier(neuron="falling", epochs=1, random_state=0).fit(digits.x_train[:200], digits.y_train[:200])
    model.network_ = model.network_.with_weights([weight * 4 for weight in model.network_.weights])
    x = digits.x_test[:100]
    values = model._values(x.astype(np.float64))
    decided = decide(model.network_, values)
    assert (decided.time == 2).any()
    assert (model.predict_proba(x).argmax(axis=1) == decided.winner).all()


def test_the_command_trains_them(tmp_path: Path) -> None:
    out = tmp_path / "net.psnn"
    command = ["train", "stdbp", "--data", "digits", "--hidden", "32", "--epochs", "3", "--neuron", "falling"]
    done = CliRunner().invoke(app, [*command, "--out", str(out), "--min-slope", "0.5", "--weight-decay", "0"])
    assert done.exit_code == 0, done.stderr
    saved = files.load(out)
    assert saved.network.neuron == "falling"
    saved.verify()
    again = CliRunner().invoke(app, ["run", str(out), "--data", "digits:test"])
    assert again.exit_code == 0, again.stderr


def test_another_neuron_is_refused(tmp_path: Path) -> None:
    command = ["train", "stdbp", "--data", "digits", "--neuron", "step", "--out", str(tmp_path / "net.psnn")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "expected ramp or falling, got 'step'" in done.stderr


def test_a_training_is_the_same_each_time() -> None:
    digits = load_digits()
    models = [
        STDBPClassifier(neuron="falling", epochs=2, random_state=3).fit(digits.x_train[:200], digits.y_train[:200])
        for _ in range(2)
    ]
    for one, other in zip(models[0].network_.weights, models[1].network_.weights, strict=True):
        assert np.array_equal(one, other)
