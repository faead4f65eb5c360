"""Two passes on the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pysnn import LIF, Input, Linear, Network, Output
from pysnn.cli.app import app
from pysnn.convert import convert
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.datasets.npz import save_arrays
from pysnn.files.psnn import save
from pysnn.files.settings import Settings
from pysnn.simulation.two_pass import run_two_pass


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("two_pass")
    digits = load_digits()
    network = convert(load_digits_mlp(), digits.x_train[:200], "percentile", compare=False).network
    save(path / "net.psnn", network)
    save_arrays(path / "test.npz", x=digits.x_test[:50], y=digits.y_test[:50])
    return path


def test_the_table_is_that_of_python(folder: Path) -> None:
    done = invoke(
        *("run", folder / "net.psnn", "--data", folder / "test.npz", "--steps", "2,4", "--precision", "int8"),
        *("--two-pass", "offset", "--lead", 2, "--predictions", folder / "out.npz", "--json"),
    )
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    digits = load_digits()
    network = convert(load_digits_mlp(), digits.x_train[:200], "percentile", compare=False).network
    expected = run_two_pass(
        network,
        digits.x_test[:50],
        steps=[2, 4],
        lead=2,
        method="offset",
        precision="int8",
        labels=digits.y_test[:50],
    )
    assert [row["steps"] for row in rows] == [4, 6]
    assert [row["accuracy"] for row in rows] == list(expected.accuracy)
    assert [row["synops"] for row in rows] == expected.activity.effective_acs.tolist()
    assert "both passes, 2 + T" in done.stderr
    with np.load(folder / "out.npz") as kept:
        assert np.array_equal(kept["scores"], expected.scores)
        assert kept["steps"].tolist() == [4, 6]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--two-pass", "residual"), 2, "--two-pass METHOD and --lead STEPS go together"),
        (("--lead", "2"), 2, "--two-pass METHOD and --lead STEPS go together"),
        (("--two-pass", "residual", "--lead", "2", "--profile"), 2, "two passes are not measured by stage"),
        (("--two-pass", "residul", "--lead", "2"), 1, "method: expected one of residual, offset"),
        (("--two-pass", "offset-by-layer", "--lead", "8"), 1, "expected at most 4 steps, got 8"),
    ],
)
def test_wrong_options_say_what_was_expected(folder: Path, options: tuple[str, ...], code: int, said: str) -> None:
    done = invoke("run", folder / "net.psnn", "--data", folder / "test.npz", "--steps", "4", *options)
    assert done.exit_code == code
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_networks_with_another_coding_or_neuron_are_refused(folder: Path) -> None:
    network = Network.chain(
        {"in": Input((64,)), "fc": Linear(np.ones((10, 64))), "lif": LIF(tau=0.02), "out": Output("count")}
    )
    options = ("--data", folder / "test.npz", "--steps", "2", "--two-pass", "residual", "--lead", "2")
    said_of = {Settings(coding="poisson", dt=1e-3): "is 'constant', got 'poisson'", Settings(dt=1e-3): "got LIF 'lif'"}
    for settings, said in said_of.items():
        save(folder / "lif.psnn", network, settings=settings)
        done = invoke("run", folder / "lif.psnn", *options)
        assert done.exit_code == 1
        assert said in done.stderr
