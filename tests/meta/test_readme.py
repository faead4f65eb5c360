"""The README's table is that of the measurements, and its picture is small."""

import pytest

from scripts.readme import PICTURE, README, figures_table, rows_of, with_table


def test_the_table_is_what_the_measurements_give() -> None:
    text = README.read_text(encoding="utf-8")
    assert figures_table() in text
    assert with_table(text) == text


def test_a_ratio_is_taken_from_the_tables() -> None:
    """By hand, from the two ends: the fastest and the slowest cell of SpikingJelly's column."""
    rows = [row for row in rows_of("libraries") if row["threads"] == row["batch"] == "1"]
    ratios = sorted(float(row["SpikingJelly"]) / float(row["pysnn int8"]) for row in rows)
    assert f"{ratios[0]:.2g} to {ratios[-1]:.2g}" in figures_table()
    assert len(rows) == 8


def test_an_unknown_table_is_said() -> None:
    with pytest.raises(ValueError, match="no table 'none'"):
        rows_of("none")


def test_the_readme_fits_a_screen() -> None:
    assert README.read_text(encoding="utf-8").count("\n") < 50
    assert PICTURE.stat().st_size < 100_000
