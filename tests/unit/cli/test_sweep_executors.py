"""``pysnn sweep run --executor``: the same table wherever the points are run."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pysnn.cli.app import app
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.spec import load_spec

SPEC = """
job = "convert-run"
[networks.digits]
file = "digits-mlp"
data = "digits"
[data.digits]
train = "digits:train"
test = "digits:test"
[grid]
network = "digits"
method = "max-norm"
precision = ["float32", "int8"]
calibration_samples = 100
calibration_seed = [0, 3]
limit = 60
steps = [8, 2]
"""


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["sweep", *(str(argument) for argument in arguments)])


def write(folder: Path, text: str = SPEC) -> Path:
    (folder / "spec.toml").write_text(text, encoding="utf-8")
    return folder / "spec.toml"


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["loky", "dask-local"])
def test_the_executor_is_chosen_on_the_command_line(tmp_path: Path, executor: str) -> None:
    if not find_spec(executor.replace("dask-local", "distributed")):
        pytest.skip(f"needs the package of {executor}")
    spec = write(tmp_path)
    done = invoke("run", spec, "--executor", executor, "--workers", 2)
    assert done.exit_code == 0, done.stderr
    other = invoke("run", spec, "--workers", 1, "--out", tmp_path / "other")
    assert other.exit_code == 0
    tables = [
        SweepFolder(folder).table(SweepFolder(folder).plan()["points"])
        for folder in (tmp_path / "spec.sweep", tmp_path / "other")
    ]
    timed = ("started_at", "seconds", "ms_per_sample")
    assert tables[0].drop(timed).equals(tables[1].drop(timed))


def test_a_spec_names_the_files_that_workers_compare(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((4, 64), np.float32), y=np.zeros(4, np.int64))
    run = load_spec(write(tmp_path, SPEC.replace("digits:test", "npz:x.npz"))).run
    found = run.files()
    assert found[f"data '{tmp_path / 'x.npz'}' (npz)"] == hashlib.sha256((tmp_path / "x.npz").read_bytes()).hexdigest()
    np.savez(tmp_path / "x.npz", x=np.ones((4, 64), np.float32), y=np.zeros(4, np.int64))
    assert [name for name, digest in run.files().items() if found[name] != digest] == [
        f"data '{tmp_path / 'x.npz'}' (npz)"
    ]
