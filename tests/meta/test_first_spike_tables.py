"""The pages of first-spike results show what is in their tables, and kept networks are what they say."""

from pathlib import Path

import polars as pl
import pytest

from benchmarks.experiments import first_spike_defaults, first_spike_page, psp_kernels
from benchmarks.experiments.first_spike_accuracy import NETWORKS
from benchmarks.experiments.first_spike_tasks import TASKS
from pysnn.files.first_spike import load

KEPT = sorted(NETWORKS.glob("*.psnn"))
# The page says why: it does not train.
WITHOUT_RESULTS = {"sstdp-cifar10"}


def test_the_page_of_results_is_what_its_tables_say() -> None:
    text = first_spike_page.PAGE.read_text(encoding="utf-8")
    assert first_spike_page.page(text) == text


def test_the_page_of_kernels_is_what_its_table_says() -> None:
    text = psp_kernels.PAGE.read_text(encoding="utf-8")
    assert psp_kernels.page(text, pl.read_parquet(psp_kernels.TABLE)) == text


def test_the_defaults_on_the_page_are_what_their_table_says() -> None:
    text, frame = first_spike_defaults.PAGE.read_text(encoding="utf-8"), pl.read_parquet(first_spike_defaults.TABLE)
    assert first_spike_defaults.page(text, frame) == text
    sets = len(first_spike_defaults.IMAGES) + len(first_spike_defaults.TABLES)
    assert len(frame) == sets * len(first_spike_defaults.MODELS) * len(first_spike_defaults.SEEDS)


def test_tables_have_every_seed_and_the_test_split() -> None:
    assert {path.stem for path in KEPT} == set(TASKS) - WITHOUT_RESULTS
    for name in set(TASKS) - WITHOUT_RESULTS:
        frame = pl.read_parquet(first_spike_page.TABLES / f"first_spike_{name}.parquet")
        assert frame["seed"].to_list() == list(TASKS[name].seeds), name
        assert set(frame["split"]) == {"test"}, name


@pytest.mark.parametrize("path", KEPT, ids=[path.name for path in KEPT])
def test_kept_networks_are_proved(path: Path) -> None:
    saved = load(path)
    saved.verify()
    assert saved.provenance["task"] == path.stem


def test_kept_networks_are_small() -> None:
    assert sum(path.stat().st_size for path in KEPT) < 10_000_000
