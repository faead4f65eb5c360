"""The pages that show committed tables show what is in them."""

import polars as pl

from benchmarks.conversion_tables import PAGE, TABLES, page
from pysnn.schemas import SCHEMAS


def test_the_page_of_conversion_results_is_what_its_tables_say() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text


def test_committed_sweeps_are_whole() -> None:
    for file in TABLES.glob("conversion_*.parquet"):
        frame = pl.read_parquet(file)
        assert frame.columns == list(SCHEMAS["sweep"]), file
        assert frame["error"].null_count() == len(frame), file
        assert not frame.select("point", "steps").is_duplicated().any(), file
