"""What the page on sweeps shows runs."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pysnn.cli.app import app
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.spec import load_spec

ROOT = Path(__file__).parents[3]


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["sweep", *(str(argument) for argument in arguments)])


def status_of(spec: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke("status", spec, "--json").stdout)
    return found


@pytest.mark.slow
def test_the_specs_of_the_page_run(tmp_path: Path) -> None:
    page, plastic = ((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("sweeps.md", "stdp.md"))
    block, train, mine, stdp = re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    spec = tmp_path / "spec.toml"
    spec.write_text(block, encoding="utf-8")
    assert invoke("run", spec).exit_code == 0
    (row,) = status_of(spec)["rows"]
    assert f"{row['points']} points, {row['rows']} rows" in page
    (base,) = re.findall(r"^```toml\n(.*?)^```", plastic, re.DOTALL | re.MULTILINE)
    (tmp_path / "network.toml").write_text(base, encoding="utf-8")
    (tmp_path / "plastic.toml").write_text(stdp, encoding="utf-8")
    assert invoke("run", tmp_path / "plastic.toml").exit_code == 0
    (row,) = status_of(tmp_path / "plastic.toml")["rows"]
    assert (row["points"], row["rows"]) == (18, 54)
    for name, text in (("train", train), ("function", mine)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert len(load_spec(tmp_path / "train.toml").points) == 16
    (tmp_path / "mine.py").write_text(
        "def loss(params, seed):\n    return {'loss': params['rate']}\n", encoding="utf-8"
    )
    (tmp_path / "weights.npz").touch()
    assert json.loads(invoke("run", tmp_path / "function.toml", "--json").stdout)["meta"]["best"][0]["loss"] == 0.1


@pytest.mark.slow
def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "sweeps.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "leaks.py").write_text(block, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = subprocess.run([sys.executable, "leaks.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "shape: (6, " in done.stdout
    assert SweepFolder(tmp_path / "leaks").plan()["columns"] is None
