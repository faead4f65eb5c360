"""``pysnn sweep``: what it prints, where, with which exit code, and what it refuses of a spec."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn import run
from pysnn.cli.app import app
from pysnn.convert import ann_pass, convert
from pysnn.datasets import load_digits, load_digits_mlp
from pysnn.schemas import SCHEMAS
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.jobs.convert_run import pick
from pysnn.sweep.spec import load_spec
from pysnn.tables import read_metadata

ROOT = Path(__file__).parents[3]
HEAD = """
job = "convert-run"
[networks.digits]
file = "digits-mlp"
data = "digits"
[data.digits]
train = "digits:train"
test = "digits:test"
"""
GRID = """
[[grid]]
network = "digits"
method = "percentile"
precision = ["float32", "int8"]
calibration_samples = 100
calibration_seed = [0, 3]
limit = 60
steps = [8, 2]
[grid.settings]
percentile = 99.0
"""
ERROR_MIN = """
[[grid]]
network = "digits"
method = "error-min"
per_channel = true
split = "train"
limit = 50
steps = [2, 4]
"""
BAD = """
[[grid]]
network = "digits"
method = "max-norm"
steps = 1
[grid.settings]
nonsense = 3
"""


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["sweep", *(str(argument) for argument in arguments)])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le with mark", "utf-16-be with mark"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_spec_from_windows_is_read(tmp_path: Path, encoding: str, newline: str) -> None:
    plain = load_spec(write(tmp_path, HEAD, GRID))
    name, _, mark = encoding.partition(" with ")
    text = (HEAD + GRID).replace("\n", newline)
    (tmp_path / "spec.toml").write_bytes((("\ufeff" if mark else "") + text).encode(name))
    assert load_spec(tmp_path / "spec.toml").points == plain.points


@pytest.mark.slow
def test_a_sweep_runs_where_there_are_no_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = write(tmp_path, HEAD, '[[grid]]\nnetwork = "digits"\nmethod = "max-norm"\nsteps = [1, 2]\nlimit = 20\n')

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("multiprocessing.synchronize.SemLock.__init__", refused)
    before = dict(os.environ)
    done = invoke("run", spec, "--json")
    assert done.exit_code == 0, done.stderr
    assert "warning: sweep: worker processes cannot be had here ([Errno 30] Read-only file system)" in done.stderr
    assert dict(os.environ) == before
    alone = SweepFolder(tmp_path / "spec.sweep").table(SweepFolder(tmp_path / "spec.sweep").plan()["points"])
    monkeypatch.undo()
    done = invoke("run", spec, "--out", tmp_path / "second", "--workers", 2)
    assert "warning" not in done.stderr
    both = SweepFolder(tmp_path / "second").table(SweepFolder(tmp_path / "second").plan()["points"])
    columns = ["point", "steps", "accuracy", "synops", "agreement"]
    assert both.select(columns).equals(alone.select(columns))


def write(folder: Path, *parts: str) -> Path:
    path = folder / "spec.toml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


def status_of(target: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(invoke("status", target, "--json").stdout)
    return found


@pytest.mark.slow
def test_run_status_and_collect(tmp_path: Path) -> None:
    spec = write(tmp_path, HEAD, GRID, ERROR_MIN)
    done = invoke("run", spec, "--workers", 2, "--json")
    assert done.exit_code == 0
    (row,) = json.loads(done.stdout)["rows"]
    assert list(row) == list(SCHEMAS["sweep_status"])
    assert [row[name] for name in ("points", "done", "failed", "left", "rows")] == [6, 6, 0, 0, 10]
    assert status_of(spec)["rows"] == status_of(tmp_path / "spec.sweep")["rows"] == [row]
    done = invoke("collect", tmp_path / "spec.sweep", "--out", tmp_path / "all.parquet")
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'all.parquet'}: 10 rows of 6 points\n")
    table = pl.read_parquet(tmp_path / "all.parquet")
    assert dict(table.schema) == {name: getattr(pl, kind) for name, kind in SCHEMAS["sweep"].items()}
    assert read_metadata(tmp_path / "all.parquet")["job"] == "convert-run"
    check_rows(table)


def check_rows(table: pl.DataFrame) -> None:
    """Compare rows with the same conversions made by hand."""
    digits, ann = load_digits(), load_digits_mlp()
    labels = ann_pass(ann, digits.x_test[:60])[0].argmax(axis=1)
    few = digits.x_train[pick(1297, 100, 3)]
    network = convert(ann, few, "percentile", percentile=99.0).network
    expected = run(network, digits.x_test[:60], steps=[2, 8], labels=digits.y_test[:60], precision="int8")
    found = table.filter((pl.col("precision") == "int8") & (pl.col("calibration_seed") == 3))
    assert found["steps"].to_list() == [2, 8]
    assert found["accuracy"].to_list() == list(expected.accuracy)
    assert found["agreement"].to_list() == [float(np.mean(row == labels)) for row in expected.predictions]
    assert (found["synops"] * 60).to_list() == pytest.approx(expected.total("synops").tolist())
    assert set(found["ann_accuracy"]) == {float(np.mean(labels == digits.y_test[:60]))}
    assert set(found["settings"]) == {'{"percentile":99}'}
    assert (found["ms_per_sample"].null_count(), found["error"].null_count()) == (1, 2)
    assert set(found["warnings"]) == {None}
    # A method for one T is converted for each.
    few = digits.x_train[pick(1297, 1000, 0)]
    found = table.filter(pl.col("method") == "error-min")
    for steps in (2, 4):
        network = convert(ann, few, "error-min", steps=steps, per_channel=True).network
        expected = run(network, digits.x_train[:50], steps=steps, labels=digits.y_train[:50])
        row = found.row(by_predicate=pl.col("steps") == steps, named=True)
        assert (row["accuracy"], row["convert_steps"], row["split"]) == (expected.accuracy[0], steps, "train")


@pytest.mark.slow
def test_failed_points_are_told_and_tried_again(tmp_path: Path) -> None:
    spec = write(tmp_path, HEAD, GRID, BAD)
    done = invoke("run", spec, "--workers", 1, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "nonsense" in done.stdout
    assert done.stderr.strip().splitlines()[-1].startswith("pysnn sweep run: 1 points failed")
    (row,) = status_of(tmp_path / "out")["rows"]
    assert (row["done"], row["failed"], row["left"]) == (4, 1, 0)
    (failure,) = status_of(tmp_path / "out")["meta"]["failures"]
    assert failure["error"].startswith("KeywordError: method 'max-norm' has the settings")
    assert invoke("retry-failed", spec, "--workers", 1, "--out", tmp_path / "out").exit_code == 1
    assert status_of(tmp_path / "out")["rows"][0]["parts"] == row["parts"] + 1
    collected = json.loads(invoke("collect", tmp_path / "out", "--out", tmp_path / "t.json", "--json").stdout)
    assert collected["rows"] == json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["rows"]
    failed = collected["rows"][-1]
    assert (failed["method"], failed["network"], failed["accuracy"]) == ("max-norm", "digits", None)


@pytest.mark.slow
def test_shards_share_a_folder(tmp_path: Path) -> None:
    spec = write(tmp_path, HEAD, GRID)
    assert invoke("run", spec, "--shard", "1/2", "--workers", 1).exit_code == 0
    left = status_of(spec)["rows"][0]["left"]
    assert 0 < left < 4
    done = invoke("collect", spec, "--out", tmp_path / "some.csv")
    assert f"{left} of 4 points are not there yet" in done.stderr
    assert invoke("run", spec, "--shard", "2/2", "--workers", 1).exit_code == 0
    assert status_of(spec)["rows"][0]["left"] == 0


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_wrong_usage_is_exit_code_2(tmp_path: Path, shard: str) -> None:
    spec = write(tmp_path, HEAD, GRID)
    assert invoke("run", spec, "--shard", shard).exit_code == 2
    assert invoke("run").exit_code == 2
    assert invoke("collect", spec).exit_code == 2


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("job = ",), "expected TOML"),
        ((HEAD,), "key 'grid' is missing"),
        (("x = 1", HEAD, GRID), "there is no key 'x'"),
        ((HEAD.replace("convert-run", "other"), GRID), "key 'job'"),
        ((HEAD.replace('data = "digits"', 'data = "other"'), GRID), "networks.digits: key 'data'"),
        ((HEAD.replace('data = "digits"', 'data = "digits"\nmean = [0.5]'), GRID), "networks.digits: mean, std"),
        ((HEAD.replace('data = "digits"', 'data = "digits"\nstd = []'), GRID), "networks.digits: key 'std'"),
        ((HEAD, BAD.replace("max-norm", "best")), "grid 1: key 'method': expected max-norm or percentile"),
        ((HEAD.replace("digits-mlp", "none.onnx"), GRID), "none.onnx"),
        ((HEAD.replace("digits-mlp", "${PYSNN_NO_SUCH}/a.onnx"), GRID), "PYSNN_NO_SUCH is not set"),
        ((HEAD.replace("digits:test", "digits:later"), GRID), "digits:later"),
        ((HEAD.replace("digits:test", "npz:none.npz"), GRID), "none.npz"),
        ((HEAD, GRID, GRID.replace("limit", "limits")), "grid 2: there is no key 'limits'"),
        ((HEAD, GRID.replace("[0, 3]", "[]")), "grid 1: key 'calibration_seed': expected at least one"),
        ((HEAD, GRID.replace("[0, 3]", "[0, true]")), "grid 1: key 'calibration_seed': expected a whole number"),
        ((HEAD, GRID.replace("[8, 2]", "[]")), "grid 1: key 'steps'"),
        ((HEAD, GRID.replace("[8, 2]", "[0]")), "grid 1: key 'steps'"),
        ((HEAD, GRID.replace("[8, 2]", '"8"')), "grid 1: key 'steps'"),
        ((HEAD, GRID.replace('"float32", "int8"', '"int4"')), "grid 1: key 'precision': expected float32 or int8"),
        ((HEAD, GRID.replace("99.0", "[]")), "grid 1: key 'settings': expected at least one value for 'percentile'"),
        (
            (HEAD, GRID.replace('network = "digits"', 'network = "other"')),
            "grid 1: key 'network': expected one of digits",
        ),
        ((HEAD, GRID.replace('method = "percentile"', "")), "grid 1: key 'method' is missing"),
        ((HEAD.replace("[networks.digits]", "[networks]"), GRID), "key 'networks'"),
    ],
)
def test_a_wrong_spec_is_one_line_that_names_the_key(tmp_path: Path, parts: tuple[str, ...], words: str) -> None:
    done = invoke("run", write(tmp_path, *parts), "--workers", 1)
    assert (done.exit_code, done.stdout) == (1, "")
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("pysnn sweep run: ")
    assert words in line
    assert not (tmp_path / "spec.sweep").exists()


def test_a_folder_without_a_sweep_is_one_line(tmp_path: Path) -> None:
    for command in (
        ("status", tmp_path),
        ("collect", tmp_path, "--out", tmp_path / "t.csv"),
        ("status", tmp_path / "no"),
    ):
        done = invoke(*command)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "there is no sweep here" in done.stderr


@pytest.mark.parametrize(
    ("name", "rows", "steps"),
    [("resnet20", 7 * 6, [1, 2, 4, 8, 16, 32]), ("deep", 4 * (4 * 6 + 3 * 3), [1, 2, 4, 8, 16, 32, 64, 128, 256])],
)
def test_the_specs_of_the_benchmarks_are_sound(
    monkeypatch: pytest.MonkeyPatch, name: str, rows: int, steps: list[int]
) -> None:
    monkeypatch.setenv("PYSNN_DATA", "data")
    points = load_spec(ROOT / "benchmarks" / "sweeps" / f"{name}.toml").points
    read = {
        (point["network"], point["method"], str(point["settings"]), number)
        for point in points
        for number in point["steps"]
    }
    assert len(read) == rows
    assert {number for *_, number in read} == set(steps)
    assert {point["limit"] for point in points if max(point["steps"]) > 32} <= {2000}
    assert {point["limit"] for point in points if max(point["steps"]) <= 32} == {None}
    assert {point["split"] for point in points} == {"test"}


def test_choices_are_made_on_training_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYSNN_DATA", "data")
    points = load_spec(ROOT / "benchmarks" / "sweeps" / "choice.toml").points
    assert {point["split"] for point in points} == {"train"}
