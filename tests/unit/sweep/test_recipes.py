"""The page of recipes does what it says, and so does its search with Optuna."""

import doctest
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pysnn.sweep.best import best_first
from pysnn.sweep.folder import SweepFolder

DOCS = Path(__file__).parents[3] / "docs"


def test_the_recipes_are_right() -> None:
    found = doctest.testfile(str(DOCS / "sweep_recipes.md"), module_relative=False, encoding="utf-8")
    assert found.attempted > 20
    assert found.failed == 0


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("optuna"), reason="needs optuna")
def test_a_search_that_is_started_again_runs_no_point_twice(tmp_path: Path) -> None:
    def search() -> tuple[str, list[Path]]:
        environment = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
        command = [sys.executable, str(DOCS / "sweep_optuna.py")]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout, SweepFolder(tmp_path / "optuna.sweep").parts()

    first, parts = search()
    assert search() == (first, parts)
    folder = SweepFolder(tmp_path / "optuna.sweep")
    plan = folder.plan()
    table = folder.table(plan["points"])
    assert (table.height, table["error"].null_count()) == (32, 32)
    best = best_first(table, plan["best"]).row(0, named=True)
    assert f"'percentile': {best['percentile']}" in first
    # What is proposed later is better than what was proposed blindly.
    assert table[8:]["value"].max() >= table[:8]["value"].max()  # type: ignore[operator]
