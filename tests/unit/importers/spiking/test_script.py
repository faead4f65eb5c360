"""``pysnn import FILE.py:FUNCTION``."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.errors import DataError
from pysnn.files.psnn import load
from pysnn.importers.spiking.script import made_by, parse_place
from tests.unit.importers.spiking.nets import VALUES, on_grid

SCRIPT = """
import snntorch as snn
from torch import nn

def make():
    layers = [nn.Linear(12, 16), snn.Leaky(beta=0.9, init_hidden=True), nn.Linear(16, 6), snn.Leaky(beta=0.9, init_hidden=True, output=True)]
    return on_grid(nn.Sequential(*layers))
"""


def test_places() -> None:
    assert parse_place("a/b.py:make") == (Path("a/b.py"), "make")
    assert [parse_place(text) for text in ("net.nir", "a.py", "a.py:", "a.txt:make", "a.py:1")] == [None] * 5


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("make = 3", "expected a function 'make', found none"),
        ("def other(): pass", "expected a function 'make', found other"),
        ("def make(): raise ValueError('no weights')", "cannot be run: ValueError: no weights"),
        ("import nowhere", "cannot be run: ModuleNotFoundError"),
        ("def make(:", "cannot be run: SyntaxError"),
    ],
)
def test_scripts_that_cannot_be_run(code: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(code)
    with pytest.raises(DataError, match=message):
        made_by(tmp_path / "net.py", "make")


def test_a_script_imports_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside_net.py").write_text("VALUE = 5")
    (tmp_path / "net.py").write_text("from beside_net import VALUE\ndef make(): return VALUE")
    assert made_by(tmp_path / "net.py", "make") == 5
    with pytest.raises(FileNotFoundError):
        made_by(tmp_path / "none.py", "make")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--data: a module is compared with its library on data"),
        (["--from", "sinabs"], "--from is for a NIR file, and this is a module"),
        (["--no-reset-delay"], "--reset-delay is for a NIR file"),
        (["--data", "x.npz"], "--coding: expected constant, frames or spikes"),
        (["--data", "x.npz", "--coding", "constant"], "coding 'constant' needs steps"),
    ],
)
def test_what_a_module_needs(arguments: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("raise SystemExit")
    done = CliRunner().invoke(
        app, ["import", f"{tmp_path / 'net.py'}:make", "--out", str(tmp_path / "net.psnn"), *arguments]
    )
    assert done.exit_code in (1, 2)
    assert message in done.stderr


def test_a_nir_file_needs_its_writer(tmp_path: Path) -> None:
    (tmp_path / "net.nir").write_bytes(b"")
    done = CliRunner().invoke(app, ["import", str(tmp_path / "net.nir"), "--out", str(tmp_path / "net.psnn")])
    assert done.exit_code == 2
    assert "--from: of a NIR file, expected who wrote it: snntorch" in done.stderr


def test_options_of_modules_are_no_options_of_files(tmp_path: Path) -> None:
    (tmp_path / "net.nir").write_bytes(b"")
    arguments = ["import", str(tmp_path / "net.nir"), "--out", str(tmp_path / "net.psnn"), "--data", "x.npz"]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, "--data is for a module, and this is a NIR file" in done.stderr) == (2, True)


def test_the_command_keeps_the_run_of_the_library(tmp_path: Path) -> None:
    pytest.importorskip("snntorch", reason="snnTorch is not installed (make test-interop)")
    on_grid.__module__  # noqa: B018 - the script takes it from the tests
    (tmp_path / "net.py").write_text(f"from tests.unit.importers.spiking.nets import on_grid\n{SCRIPT}")
    np.savez(tmp_path / "x.npz", x=VALUES)
    out = tmp_path / "net.psnn"
    how = ["--data", str(tmp_path / "x.npz"), "--steps", "9", "--coding", "constant", "--json"]
    done = CliRunner().invoke(app, ["import", f"{tmp_path / 'net.py'}:make", "--out", str(out), *how])
    assert done.exit_code == 0, done.stderr
    assert f"running the code of '{tmp_path / 'net.py'}'" in done.stderr
    assert "all 792 values of 2 layers of neurons are the library's" in done.stderr
    assert json.loads(done.stdout)["source"] == "snnTorch module"
    saved = load(out)
    saved.verify()
    assert saved.provenance["import.differences"] == 0
