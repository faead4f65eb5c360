"""One contract for every job of a spec: its columns, what is best of them, its files; and what each refuses."""

import json
import pickle
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from pysnn.cli.app import app
from pysnn.errors import DataError
from pysnn.schemas import SCHEMAS
from pysnn.sweep.best import best_first
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.jobs.registry import JOBS
from pysnn.sweep.spec import load_spec
from tests.contract.command_line import PLASTIC

CONVERSION = """
job = "{job}"
[networks.digits]
file = "digits-mlp"
data = "digits"
[data.digits]
train = "digits:train"
test = "digits:test"
[grid]
network = "digits"
method = "max-norm"
calibration_samples = 100
limit = 50
steps = [2, 8]
"""
PLASTIC_GRID = """
job = "{job}"
base = "plastic.toml"
{more}
[grid]
seed = [0, 1]
"""
TRAIN = """
job = "train"
[data]
train = "digits:train"
test = "digits:test"
[grid]
rule = "stdbp"
hidden = "16"
epochs = 1
limit = 200
rate = [0.0005, 0.01]
[grid.settings]
tau = 0.1
"""
FUNCTION = """
job = "mine_{name}:loss"
best = ["-loss", "a"]
files = "x.txt"
[columns]
loss = "Float64"
[grid]
a = [1, 2.5, 3]
b = ["u", "v"]
c = [[1, 2]]
"""
MODULE = """
from pathlib import Path


def loss(params, seed):
    return {"loss": (params["a"] - 2) ** 2 + len(Path(__file__).with_name("x.txt").read_text())}
"""
SPECS = {
    "convert-run": CONVERSION.format(job="convert-run"),
    "estimate": CONVERSION.format(job="estimate") + 'chip = ["loihi1"]\n',
    "train": TRAIN,
    "stdp": PLASTIC_GRID.format(job="stdp", more=""),
    "stdp-estimate": PLASTIC_GRID.format(job="stdp-estimate", more='chips = ["loihi1"]'),
    "module:function": FUNCTION,
}


def write(folder: Path, job: str) -> Path:
    """Write a spec and what it reads; modules of one process are told apart by their names."""
    name = re.sub(r"\W", "_", folder.name)
    (folder / "plastic.toml").write_text(PLASTIC, encoding="utf-8")
    (folder / f"mine_{name}.py").write_text(MODULE, encoding="utf-8")
    (folder / "x.txt").write_text("abc", encoding="utf-8")
    (folder / "spec.toml").write_text(SPECS[job].replace("{name}", name), encoding="utf-8")
    return folder / "spec.toml"


def invoke(*arguments: Any) -> Result:
    return CliRunner().invoke(app, ["sweep", *(str(argument) for argument in arguments)])


def test_every_job_is_tried() -> None:
    assert list(SPECS) == list(JOBS)


@pytest.mark.slow
@pytest.mark.parametrize("job", SPECS)
def test_a_job_gives_its_columns_and_its_best_rows_first(tmp_path: Path, job: str) -> None:
    path = write(tmp_path, job)
    spec = load_spec(path)
    columns = spec.run.columns
    assert {name.removeprefix("-") for name in spec.run.best} <= set(columns) - set(SCHEMAS["sweep_point"])
    assert pickle.loads(pickle.dumps(spec.run)) == spec.run  # noqa: S301 - written a moment ago
    done = invoke("run", path, "--workers", 1, "--json")
    assert done.exit_code == 0, done.stderr
    folder = SweepFolder(spec.out)
    table = folder.table(folder.plan()["points"])
    assert {name: str(kind) for name, kind in table.schema.items()} == columns
    assert table["error"].null_count() == table.height > 1
    found = json.loads(done.stdout)["meta"]["best"]
    assert [row["point"] for row in found] == best_first(table, spec.run.best)["point"].to_list()[:10]
    first = spec.run.best[0].removeprefix("-")
    assert table[first].null_count() < table.height, "it has values to sort by"
    shown = invoke("best", path, "--count", 1).stdout
    assert first in shown
    assert found[0]["point"][:12] in shown


@pytest.mark.parametrize("job", SPECS)
def test_a_job_knows_the_files_that_it_reads(tmp_path: Path, job: str) -> None:
    spec = load_spec(write(tmp_path, job))
    files = spec.run.files()
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in files.values())
    digest = spec.run.digest(spec.points[0])
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    own = {"stdp": "plastic.toml", "stdp-estimate": "plastic.toml", "module:function": "x.txt"}.get(job)
    if own is not None:
        text = (tmp_path / own).read_text(encoding="utf-8")
        (tmp_path / own).write_text(text + "\n", encoding="utf-8")
        assert [name for name, now in spec.run.files().items() if files[name] != now] == [f"file '{tmp_path / own}'"]
        assert load_spec(tmp_path / "spec.toml").run.digest(spec.points[0]) != digest


def test_columns_of_a_function_are_its_points_and_its_results(tmp_path: Path) -> None:
    columns = dict(load_spec(write(tmp_path, "module:function")).run.columns)
    own = {name: kind for name, kind in columns.items() if name not in SCHEMAS["sweep_point"]}
    assert own == {"a": "Float64", "b": "String", "loss": "Float64"}


@pytest.mark.slow
def test_best_is_what_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, "module:function")
    assert invoke("run", path, "--workers", 1, "--best", 0).exit_code == 0
    rows = json.loads(invoke("best", path, "--by=-a,b", "--json", "--count", 3).stdout)["rows"]
    assert [(row["a"], row["b"]) for row in rows] == [(1.0, "v"), (1.0, "u"), (2.5, "v")]
    shown = invoke("best", path).stdout
    assert shown.startswith("Best first: smallest loss, then largest a")
    refused = invoke("best", path, "--by", "los")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "expected a column" in refused.stderr


def test_rows_without_a_value_are_last_and_failed_ones_are_none() -> None:
    table = pl.DataFrame({"y": [None, 2.0, 1.0, 9.0], "error": [None, None, None, "ValueError: no"]})
    assert best_first(table, ["y"])["y"].to_list() == [2.0, 1.0, None]
    assert best_first(table, ["-y"])["y"].to_list() == [1.0, 2.0, None]


@pytest.mark.parametrize(
    ("job", "old", "new", "said"),
    [
        ("module:function", "mine_{name}:loss", "mine loss:x", "key 'job': expected module:function"),
        ("module:function", '"-loss"', '"-lost"', "key 'best': expected a column, a or b or loss, got '-lost'"),
        ("module:function", '"Float64"', '"float"', "key 'columns': expected names with String, Int64"),
        ("module:function", "loss =", "point =", "none named point"),
        ("module:function", 'best = ["-loss", "a"]', "", "key 'best' is missing"),
        ("module:function", "[grid]", "[grids]\nx = 1\n[grid]", "there is no key 'grids'"),
        ("train", '"stdbp"', '"stdb"', "grid 1: key 'rule': expected stdbp or sstdp"),
        ("train", '"16"', '"16x"', "grid 1: key 'hidden': layers '16x'"),
        ("train", "0.0005", "0", "grid 1: key 'rate': expected a number above 0"),
        ("train", "tau =", "tauu =", "settings: stdbp has no 'tauu', expected bias"),
        ("train", "digits:train", "digits:test", "a test split trains"),
        ("convert-run", '"convert-run"', '"convert"', "convert-run or estimate or train or stdp or stdp-estimate or module:function"),
        ("convert-run", '"convert-run"', '"module:function"', "expected convert-run or"),
    ],
)  # fmt: skip
def test_a_wrong_spec_is_one_sentence(tmp_path: Path, job: str, old: str, new: str, said: str) -> None:
    path = write(tmp_path, job)
    text = SPECS[job]
    assert old in text
    path.write_text(text.replace(old, new, 1).replace("{name}", "x"), encoding="utf-8")
    with pytest.raises(DataError) as error:
        load_spec(path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_function_that_is_not_there_is_named_before_anything_runs(tmp_path: Path) -> None:
    path = write(tmp_path, "module:function")
    for text, said in (
        ("1 / 0\n", "cannot be imported: ZeroDivisionError"),
        ("other = 1\n", "expected a function 'loss'"),
    ):
        module = next(tmp_path.glob("mine_*.py"))
        module.write_text(text, encoding="utf-8")
        done = invoke("run", path, "--workers", 1)
        assert (done.exit_code, done.stdout) == (1, "")
        assert said in done.stderr
    assert not (tmp_path / "spec.sweep").exists()


def test_a_function_that_was_edited_is_run_as_it_is_now(tmp_path: Path) -> None:
    spec = load_spec(write(tmp_path, "module:function"))
    (module,) = tmp_path.glob("mine_*.py")
    for value in (1, 2):
        module.write_text(f"def loss(params, seed):\n    return {{'loss': {value}.0}}\n", encoding="utf-8")
        assert spec.run(spec.points[0], 0) == [{"loss": float(value)}]


def test_a_function_of_an_installed_module(tmp_path: Path) -> None:
    path = write(tmp_path, "module:function")
    path.write_text(
        re.sub(r"mine_\w+:loss", "tests.unit.sweep.jobs:whatever", path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    run = load_spec(path).run
    assert any(name.endswith("tests/unit/sweep/jobs.py'") for name in run.files())
    assert run({"what": "text"}, 0) == [{"y": "abc"}]


@pytest.mark.slow
def test_training_in_a_sweep_is_training(tmp_path: Path) -> None:
    from pysnn.datasets import load_digits
    from pysnn.first_spike.learn import STDBPClassifier

    spec = load_spec(write(tmp_path, "train"))
    (row,) = spec.run(spec.points[1], 0)
    digits = load_digits()
    model = STDBPClassifier(16, tau=0.1, epochs=1, learning_rate=0.01, random_state=0)
    model.fit(digits.x_train[:200], digits.y_train[:200])
    assert row["accuracy"] == model.score(digits.x_test, digits.y_test)
    assert row["validation_accuracy"] == model.history_["validation_accuracy"][model.epoch_ - 1]
    images = {**spec.points[0], "hidden": "4C3-16"}
    with pytest.raises(DataError, match="hidden '4C3-16': expected images"):
        spec.run(images, 0)
