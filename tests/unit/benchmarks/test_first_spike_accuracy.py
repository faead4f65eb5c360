"""The accuracy benchmark trains in slices, counts, keeps its network; its page shows its tables."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.experiments import first_spike_accuracy, first_spike_page
from benchmarks.experiments.first_spike_tasks import TASKS, Task
from pysnn.datasets import load_digits
from pysnn.files.first_spike import load
from pysnn.first_spike import Dense
from pysnn.first_spike.learn import STDBP

SMALL = Task(
    "STDBP, digits, 64-16-10",
    "digits",
    (Dense(units=16), Dense(units=10)),
    STDBP(),
    50.0,
    {"epochs": 4, "batch_size": 8, "rate": 5e-3, "validation": 100},
    seeds=(0, 1),
)


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the command on a small task, all its files in a folder of its own."""
    digits = load_digits()

    def given(_task: Task, split: str, _seed: int) -> tuple[np.ndarray, np.ndarray]:
        found = (digits.x_train[:500], digits.y_train[:500]) if split == "train" else (digits.x_test, digits.y_test)
        return found[0].reshape(-1, 1, 8, 8), found[1]

    monkeypatch.setattr(first_spike_accuracy, "load", given)
    for name in ("TABLES", "NETWORKS"):
        monkeypatch.setattr(first_spike_accuracy, name, tmp_path / name)
    monkeypatch.setitem(TASKS, "small", SMALL)
    (tmp_path / "TABLES").mkdir()

    def run(*arguments: str) -> None:
        monkeypatch.setattr(
            sys, "argv", ["first_spike_accuracy", "small", "--work", str(tmp_path / "work"), *arguments]
        )
        first_spike_accuracy.main()

    return run


def test_without_the_test_split_nothing_is_written(
    command: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command()
    assert "validation" in capsys.readouterr().out
    assert not list((tmp_path / "TABLES").iterdir())


def test_a_table_and_a_network_are_kept(command: Any, tmp_path: Path) -> None:
    command("--test", "--save")
    frame = pl.read_parquet(tmp_path / "TABLES" / "first_spike_small.parquet")
    assert frame["seed"].to_list() == [0, 1]
    assert frame["samples"].to_list() == [500, 500]
    assert (frame["accuracy"] > 0.5).all()
    saved = load(tmp_path / "NETWORKS" / "small.psnn")
    saved.verify()
    assert (
        saved.provenance["seed"] == frame.sort("validation_accuracy")["seed"][-1]
        or frame["validation_accuracy"].n_unique() == 1
    )
    made = first_spike_page.page(PAGE_OF_ONE, tmp_path / "TABLES")
    assert f"{100 * frame['accuracy'][1]:.2f}" in made
    assert "not run" in made
    assert first_spike_page.page(made, tmp_path / "TABLES") == made


PAGE_OF_ONE = "".join(f"<!-- table: {key} -->\n<!-- end -->\n" for key in ("accuracy", "cost", "settings"))


class Clock:
    """A second a look, however fast the machine is."""

    now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


@pytest.mark.slow
def test_slices_end_with_the_same_table(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    command("--test")
    capsys.readouterr()
    whole = pl.read_parquet(tmp_path / "TABLES" / "first_spike_small.parquet").drop("training_seconds")
    monkeypatch.setattr(first_spike_accuracy, "_BATCHES_A_CHECKPOINT", 30)
    monkeypatch.setattr(first_spike_accuracy, "time", Clock())
    again = ("--test", "--work", str(tmp_path / "again"))
    slices, said = 0, "out of time"
    while "out of time" in said:
        command(*again, "--minutes", "0.5" if slices < 4 else "10")
        slices, said = slices + 1, capsys.readouterr().err
    assert slices > 3
    assert pl.read_parquet(tmp_path / "TABLES" / "first_spike_small.parquet").drop("training_seconds").equals(whole)


def test_the_test_split_takes_all_seeds(command: Any) -> None:
    with pytest.raises(SystemExit, match="none may be left out"):
        command("--test", "--seeds", "0")


def test_every_task_fits_its_data() -> None:
    shapes = {"mnist": (1, 28, 28), "fashion-mnist": (1, 28, 28), "cifar10": (3, 32, 32), "caltech101": (1, 28, 28)}
    for task in TASKS.values():
        shape = shapes[task.data]
        network = task.network(0, (shape[0] * (1 + task.complement), *shape[1:]))
        task.rule.check(network.plan)
        assert network.plan.out_size == (2 if task.data == "caltech101" else 10)
        assert replace(task).options["validation"] > 0
