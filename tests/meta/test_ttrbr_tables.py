"""The page of deep networks shows what is in its tables, and kept networks are what they say."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.experiments.ttrbr_page import METHODS, PAGE, TABLES, page
from benchmarks.experiments.ttrbr_trials import NETWORKS, STAGES, TRIALS
from pysnn.files.psnn import load

KEPT = sorted(NETWORKS.glob("*.psnn"))


@pytest.mark.parametrize("path", [PAGE, METHODS], ids=lambda path: path.name)
def test_pages_are_what_their_tables_say(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert page(text) == text


def test_every_trial_has_a_table() -> None:
    tested = {file.stem.removeprefix("ttrbr_") for file in TABLES.glob("ttrbr_r*.parquet")}
    assert set(TRIALS) - tested <= set(STAGES.values())


def test_tables_are_of_the_whole_test_split() -> None:
    files = sorted(TABLES.glob("ttrbr_r*.parquet"))
    assert files
    for file in files:
        frame = pl.read_parquet(file)
        assert set(frame["trial"]) == {file.stem.removeprefix("ttrbr_")} <= set(TRIALS), file
        assert set(frame["split"]) == {"test"}, file
        assert set(frame["samples"]) == {10_000}, file
        assert frame["steps"].to_list() == [1, 2, 4, 8, 16, 32], file


@pytest.mark.slow
@pytest.mark.parametrize("path", KEPT, ids=[path.name for path in KEPT])
def test_kept_networks_are_proved(path: Path) -> None:
    saved = load(path)
    saved.verify()
    assert saved.provenance["trial"] == path.stem


def test_kept_networks_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in KEPT) < 10_000_000
