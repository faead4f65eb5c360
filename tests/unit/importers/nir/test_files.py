"""Files: what is damaged is refused in a sentence; what NIR has no word for is no part of one."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn import (
    ALIF,
    IF,
    LIF,
    Affine,
    Conv2d,
    Delay,
    Flatten,
    Input,
    Linear,
    LossyExportError,
    MaxPool2d,
    Network,
    NetworkError,
    Node,
    Output,
    Scale,
    SumPool2d,
)
from pysnn.cli.app import app
from pysnn.errors import FileFormatError
from pysnn.files.psnn import load as load_psnn
from pysnn.importers.nir import load, save
from tests.unit.importers.nir.graphs import unpacked


def written(path: Path, **parts: Any) -> Path:
    """Write an HDF5 file with a NIR graph whose parts may be changed."""
    with h5py.File(path, "w") as file:
        graph = file.create_group("node")
        graph["type"] = parts.get("type", "NIRGraph")
        if "edges" in parts:
            graph["edges"] = parts["edges"]
        if parts.get("nodes", True):
            graph.create_group("nodes").create_group("a")
    return path


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"edges": np.zeros((0, 2))}, "node 'a': its type is missing"),
        ({}, "node 'graph': expected a graph with nodes and edges, found"),
        ({"nodes": False, "edges": np.zeros((0, 2))}, "node 'graph': expected a graph with nodes and edges"),
        ({"type": "LIF"}, "expected a NIRGraph, got the node LIF alone"),
        ({"edges": np.zeros(3)}, "its type is missing|expected edges as pairs"),
    ],
)
def test_files_without_a_graph(parts: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=message):
        load(written(tmp_path / "bad.nir", **parts), "sinabs")


def test_files_that_are_no_nir(tmp_path: Path) -> None:
    (tmp_path / "a.nir").write_text("hello")
    with pytest.raises(FileFormatError, match=r"a.nir: not a NIR file, or a damaged one; it looks like text"):
        load(tmp_path / "a.nir", "sinabs")
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.nir", "sinabs")
    with h5py.File(tmp_path / "b.nir", "w") as file:
        file["x"] = 1
    with pytest.raises(FileFormatError, match=r"b.nir: expected a group of HDF5 for the node 'graph', found none"):
        load(tmp_path / "b.nir", "sinabs")


@pytest.mark.slow
def test_no_damaged_file_crashes(tmp_path: Path) -> None:
    whole = unpacked("norse_iaf", tmp_path).read_bytes()
    random = np.random.default_rng(0)
    for at in range(60):
        data = bytearray(whole[: int(random.integers(1, len(whole)))] if at % 3 == 0 else whole)
        for place in random.integers(0, len(data), 8):
            data[place] = int(random.integers(256))
        (tmp_path / "bad.nir").write_bytes(data)
        try:
            load(tmp_path / "bad.nir", "norse")
        except (FileFormatError, NetworkError):
            continue


def chain(*nodes: Node, shape: tuple[int, ...] = (2,)) -> Network:
    names = ["in", *(f"n{at}" for at in range(len(nodes))), "out"]
    return Network.chain(dict(zip(names, [Input(shape), *nodes, Output("count")], strict=True)))


@pytest.mark.parametrize(
    ("neuron", "lost"),
    [
        (IF(compare=">"), "IF 'n0': reset subtract would be read back as zero"),
        (IF(compare=">", reset="value", v_init=0.5), "IF 'n0': v_init 0.5 would be read back as 0"),
        (IF(compare=">", reset="value", floor=-1.0), "IF 'n0': floor True would be read back as False"),
        (IF(reset="value"), "IF 'n0': compare >= would be read back as >"),
        (
            LIF(tau=4e-3, refractory=2, reset="value", compare=">"),
            "LIF 'n0': refractory True would be read back as False",
        ),
    ],
)
def test_what_nir_has_no_word_for_is_named(neuron: Node, lost: str, tmp_path: Path) -> None:
    network = chain(neuron)
    with pytest.raises(LossyExportError, match=lost):
        save(tmp_path / "a.nir", network, "strict", dt=1e-3)
    save(tmp_path / "a.nir", network, "strict", dt=1e-3, allow_loss=True)
    assert type(load(tmp_path / "a.nir", "strict", dt=1e-3).network.nodes["n0"]) is type(neuron)


def test_layers_come_back_whole(tmp_path: Path) -> None:
    parts = (
        Conv2d(np.ones((2, 1, 3, 3)), np.ones(2), stride=2, padding=1),
        LIF(tau=4e-3, r=[2.0, 4.0], v_threshold=[1.0, 0.5], reset="value", compare=">"),
        SumPool2d(2),
        Scale([1.0, 2.0]),
        Delay(3),
        Flatten(),
        Linear(np.ones((3, 8))),
        IF(reset="value", compare=">"),
    )
    network = chain(*parts, shape=(1, 8, 8))
    save(tmp_path / "a.nir", network, "strict", dt=1e-3)
    found = load(tmp_path / "a.nir", "strict", dt=1e-3)
    assert found.network == network
    assert found.dt == 1e-3


@pytest.mark.parametrize(
    ("node", "shape", "message"),
    [
        (ALIF(tau_adapt=1.0), (2,), "ALIF 'n0': NIR has no neuron with an adaptive threshold"),
        (MaxPool2d(2), (1, 4, 4), "MaxPool2d 'n0': NIR has no such node"),
        (Affine(1.0, 0.5), (2,), "Affine 'n0': NIR's Scale adds nothing"),
        (SumPool2d(2, 2, (1, 0, 0, 0)), (1, 4, 4), "SumPool2d 'n0': NIR has the same padding at both ends"),
    ],
)
def test_what_has_no_counterpart_in_nir(node: Node, shape: tuple[int, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=message):
        save(tmp_path / "a.nir", chain(node, shape=shape), "strict", dt=1e-3, allow_loss=True)
    assert not (tmp_path / "a.nir").exists()


def test_the_normalisation_of_an_input_is_a_loss(tmp_path: Path) -> None:
    network = Network.chain(
        {"in": Input((1,), mean=[0.5], std=[2.0]), "n": IF(reset="value", compare=">"), "out": Output("count")}
    )
    with pytest.raises(LossyExportError, match="Input 'in': what is done to data"):
        save(tmp_path / "a.nir", network, "strict", dt=1e-3)


def test_the_command_imports_and_says_what_was_taken(tmp_path: Path) -> None:
    path = unpacked("sinabs_iaf", tmp_path)
    out = tmp_path / "net.psnn"
    done = CliRunner().invoke(
        app, ["import", str(path), "--from", "sinabs", "--out", str(out), "--steps", "20", "--json"]
    )
    assert done.exit_code == 0, done.stderr
    assert "MultiSpike" in done.stderr
    saved = load_psnn(out)
    assert (saved.settings.coding, saved.settings.steps) == ("spikes", 20)
    assert saved.provenance["import.kind"] == "NIR, sinabs"
    assert saved.network == load(path, "sinabs").network


def test_the_command_exports(tmp_path: Path) -> None:
    from pysnn.files.psnn import save as save_psnn

    network = chain(IF(reset="value"))
    save_psnn(tmp_path / "net.psnn", network)
    arguments = ["export", str(tmp_path / "net.psnn"), "--out", str(tmp_path / "net.nir")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "--to: expected in whose words NIR is written" in done.stderr
    assert CliRunner().invoke(app, [*arguments, "--to", "spikingjelly", "--json"]).stdout.startswith('{"file"')
    assert CliRunner().invoke(app, [*arguments, "--to", "strict", "--precision", "int8"]).exit_code == 2
    plan = ["export", str(tmp_path / "net.psnn"), "--out", str(tmp_path / "net.plan"), "--to", "strict"]
    assert "are for NIR" in CliRunner().invoke(app, plan).stderr
    assert load(tmp_path / "net.nir", "spikingjelly").network == network
    lossy = CliRunner().invoke(app, [*arguments, "--to", "snntorch"])
    assert (lossy.exit_code, "IF 'n0': compare" in lossy.stderr) == (1, True)
    assert CliRunner().invoke(app, [*arguments, "--to", "snntorch", "--allow-loss"]).exit_code == 0


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    path = unpacked("snntorch_leaky_zero", tmp_path)
    arguments = ["import", str(path), "--from", "snntorch", "--out", str(tmp_path / "net.psnn")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 1
    assert "needs reset" in done.stderr
    assert CliRunner().invoke(app, [*arguments, "--reset", "zero"]).exit_code == 0
