"""The pages that show committed tables show what is in them."""

import polars as pl

from benchmarks.claims import activity, edge
from benchmarks.experiments import first_spike_windows, many_points, two_pass_page
from benchmarks.experiments.conversion_tables import PAGE, TABLES, page
from benchmarks.peers import page as peers
from benchmarks.peers.claims import TABLE
from pysnn.schemas import SCHEMAS
from pysnn.tables import read_metadata


def test_the_page_of_conversion_results_is_what_its_tables_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text


def test_the_page_of_performance_is_what_the_table_of_peers_says() -> None:
    text = peers.PAGE.read_text(encoding="utf-8")
    assert peers.page(text, pl.read_parquet(TABLE), read_metadata(TABLE)["host"]) == text


def test_the_page_of_single_spikes_is_what_its_table_says() -> None:
    text = first_spike_windows.PAGE.read_text(encoding="utf-8")
    assert first_spike_windows.page(text) == text


def test_the_page_of_sweeps_on_several_machines_is_what_its_table_says() -> None:
    text = many_points.PAGE.read_text(encoding="utf-8")
    assert many_points.page(text) == text


def test_committed_sweeps_are_whole() -> None:
    for name in ("choice", "deep", "resnet20"):
        file = TABLES / f"conversion_{name}.parquet"
        frame = pl.read_parquet(file)
        assert frame.columns == list(SCHEMAS["sweep"]), file
        assert frame["error"].null_count() == len(frame), file
        assert not frame.select("point", "steps").is_duplicated().any(), file


def test_the_page_of_hardware_is_what_its_tables_say() -> None:
    text = activity.PAGE.read_text(encoding="utf-8")
    assert activity.page(text) == text


def test_the_page_of_running_without_python_is_what_its_tables_say() -> None:
    text = edge.PAGE.read_text(encoding="utf-8")
    assert edge.page(text) == text


def test_the_page_of_two_passes_is_what_its_table_says() -> None:
    text = two_pass_page.PAGE.read_text(encoding="utf-8")
    assert two_pass_page.page(text) == text


def test_two_passes_are_tested_on_the_whole_split_with_what_training_images_chose() -> None:
    frame = pl.read_parquet(two_pass_page.TABLE)
    tested = frame.filter(pl.col("split") == "test")
    assert set(tested["samples"]) == {10_000}
    assert tested.select("network", "method").unique().height == 6
    assert tested.filter(pl.col("lead") > 0).select("network", "method", "lead").unique().height == 4
    assert (tested["computed"] == tested["lead"] + tested["steps"]).all()
