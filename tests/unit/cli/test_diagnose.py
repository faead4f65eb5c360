"""``pysnn diagnose``: the tables and sentences of the library, from files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import Network, ReLU
from pysnn.cli.app import app
from pysnn.convert import Conversion, ann_accuracy, convert, diagnose
from pysnn.convert.analysis.blame import summarise_blame
from pysnn.datasets.npz import load_data
from pysnn.files.conversion import save_conversion
from pysnn.files.psnn import load, save
from pysnn.files.settings import Settings
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata
from tests.unit.convert.test_blame import LABELS, chain
from tests.unit.convert.test_recovered_ann import DATA

Files = tuple[Path, Path, Path]


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["diagnose", *(str(argument) for argument in arguments)])


def write(folder: Path, ann: Network, **settings: Any) -> tuple[Conversion, Files]:
    """Return a conversion, and the files of it, of its data and of its ANN."""
    conversion = convert(ann, DATA, "max-norm", steps=4, **settings)
    model, data = save(folder / "ann.psnn", ann), folder / "data.npz"
    np.savez(data, x=DATA, y=LABELS)
    network = save_conversion(folder / "net.psnn", conversion, DATA, settings=Settings(steps=4))
    return conversion, (network, data, model)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Conversion, Files]:
    return write(tmp_path, chain())


def test_the_tables_are_those_of_the_conversion(made: tuple[Conversion, Files]) -> None:
    conversion, (network, data, _) = made
    done = invoke(network, "--data", data, "--json", "--steps", "2,8", "--layers", "all")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    errors = conversion.errors(DATA, [2, 8])
    assert found["rows"] == errors.to_dicts()
    assert found["blame"] == conversion.blame(DATA, 8, LABELS, layers="all").to_dicts()
    assert found["diagnosis"]["finding"] == diagnose(errors).finding
    assert found["meta"]["ann.sha256"] == conversion.provenance["ann.sha256"]
    assert found["meta"]["data_sha256"] == load_data(data).digest


def test_what_is_printed_for_people(made: tuple[Conversion, Files]) -> None:
    conversion, (network, data, _) = made
    done = invoke(network, "--data", data)
    assert done.exit_code == 0, done.stderr
    assert "errors at T = 4, 20 samples" in done.stdout
    assert str(diagnose(conversion.errors(DATA, 4))) in done.stdout
    blame = conversion.blame(DATA, 4, LABELS)
    assert summarise_blame(blame) in done.stdout
    right = 100 * ann_accuracy(conversion.ann, DATA, LABELS)
    assert f"Right: the ANN {right:.2f} %, the converted network {100 * blame['accuracy'][0]:.2f} %." in done.stdout


@pytest.mark.slow
def test_tables_and_plot_are_written(made: tuple[Conversion, Files], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    _, (network, data, _) = made
    errors, blame, plot = tmp_path / "e.parquet", tmp_path / "b.csv", tmp_path / "p.png"
    options = ["--limit", 7, "--layers", 1, "--precision", "int8", "--backend", "reference", "--threads", 1]
    done = invoke(network, "--data", data, *options, "--report", errors, "--blame-report", blame, "--plot", plot)
    assert done.exit_code == 0, done.stderr
    assert pl.read_parquet(errors).columns == list(SCHEMAS["errors"])
    assert set(pl.read_parquet(errors)["samples"]) == {7}
    assert read_metadata(errors)["method"] == "max-norm"
    assert pl.read_csv(blame).columns == list(SCHEMAS["blame"])
    assert plot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_without_layers_and_labels_there_is_no_experiment(made: tuple[Conversion, Files], tmp_path: Path) -> None:
    np.savez(tmp_path / "plain.npz", x=DATA)
    done = invoke(made[1][0], "--data", tmp_path / "plain.npz", "--layers", 0)
    assert done.exit_code == 0, done.stderr
    assert "tried" not in done.stdout
    assert "Right" not in done.stdout


@pytest.mark.parametrize("what", ["bounds", "biases"])
def test_where_the_network_does_not_hold_its_ann_the_model_is_asked_for(tmp_path: Path, what: str) -> None:
    if what == "bounds":
        conversion, (network, data, model) = write(tmp_path, chain().replace({"relu1": ReLU(max=0.25)}))
    else:
        conversion, (network, data, model) = write(tmp_path, chain(), calibrate=["bias"])
    refused = invoke(network, "--data", data)
    assert refused.exit_code == 1
    assert "it does not hold all of its ANN" in refused.stderr
    assert "--ann MODEL" in refused.stderr
    done = invoke(network, "--data", data, "--ann", model, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows"] == conversion.errors(DATA, 4).to_dicts()


def test_the_wrong_model_is_noticed(made: tuple[Conversion, Files], tmp_path: Path) -> None:
    conversion, (network, data, _) = made
    fc: Any = conversion.ann.nodes["fc"]
    other = save(tmp_path / "other.psnn", chain().replace({"fc": type(fc)(fc.weight * 1.5, fc.bias)}))
    done = invoke(network, "--data", data, "--ann", other, "--json", "--layers", 0)
    assert done.exit_code == 0
    assert "is not the very network that" in done.stderr
    assert json.loads(done.stdout)["rows"][1]["e_p"] > conversion.errors(DATA, 4)["e_p"][1]
    nodes = {name.replace("relu", "act"): node for name, node in chain().nodes.items()}
    renamed = save(tmp_path / "renamed.psnn", Network.chain(nodes))
    done = invoke(network, "--data", data, "--ann", renamed)
    assert done.exit_code == 1
    assert "it has no ReLU 'relu1', so" in done.stderr


def test_networks_of_unknown_making(made: tuple[Conversion, Files], tmp_path: Path) -> None:
    _, (network, data, _) = made
    bare = save(tmp_path / "bare.psnn", load(network).network)
    assert "it does not say for how many time-steps" in invoke(bare, "--data", data).stderr
    done = invoke(bare, "--data", data, "--steps", 4, "--layers", 0)
    assert done.exit_code == 0
    assert "does not say what its ANN is" in done.stderr
    poisson = save(tmp_path / "poisson.psnn", load(network).network, settings=Settings(steps=4, coding="poisson"))
    refused = invoke(poisson, "--data", data)
    assert refused.exit_code == 1
    assert "the analysis is for the coding 'constant', and this runs 'poisson'" in refused.stderr


@pytest.mark.parametrize("wrong", [("--layers", "some"), ("--layers", "-1"), ("--steps", "0"), ("--steps", "a")])
def test_wrong_usage(made: tuple[Conversion, Files], wrong: tuple[str, str]) -> None:
    assert invoke(made[1][0], "--data", made[1][1], *wrong).exit_code == 2
