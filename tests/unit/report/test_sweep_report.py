"""A report of a sweep says what its rows say."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pysnn.cli.app import app
from pysnn.errors import DataError
from pysnn.report import Section, sweep_report
from pysnn.report.page import has_charts, html_page
from pysnn.sweep import sweep
from pysnn.tables import pareto_rows
from tests.unit.report.test_report import Loaded

ORDER = ["accuracy", "-synops"]


def measured(params: Any, _seed: int) -> dict[str, Any]:
    """A conversion that never was: more steps, more operations; one that fails, one that warns."""
    method, steps = params["method"], params["steps"]
    if (method, steps) == ("b", 8):
        raise ValueError("no </script> today")
    accuracy = {"a": 0.5, "b": 0.6}[method] + steps / 100
    warning = "silent <neurons>" if steps == 2 else None
    return {"accuracy": accuracy, "synops": steps * {"a": 10.0, "b": 30.0}[method], "warnings": warning, "version": "1"}


def run(folder: Path, space: Any, about: dict[str, Any] | None = None) -> dict[str, Section]:
    with ThreadPoolExecutor(2) as threads:
        sweep(measured, space, threads, out=folder, about={"best": ORDER, "job": "mine"} if about is None else about)
    return {section.title: section for section in sweep_report(folder)}


SPACE = {"method": ["a", "b"], "steps": [2, 4, 8]}


def test_sections_say_what_the_rows_say(tmp_path: Path) -> None:
    found = run(tmp_path, SPACE)
    rows = found["Rows, best first"].table
    assert rows["accuracy"].round(2).to_list() == [0.64, 0.62, 0.58, 0.54, 0.52]
    assert rows.columns == ["accuracy", "synops", "method", "steps", "warnings", "point"]
    front_rows = found["Accuracy against synops"].table
    assert front_rows.sort("method", "steps").select("method", "steps").rows() == [
        ("a", 2), ("a", 4), ("a", 8), ("b", 2), ("b", 4),
    ]  # fmt: skip
    varied = found["What was varied"].table
    assert varied.filter(pl.col("parameter") == "method").select("value", "rows").rows() == [("a", 3), ("b", 2)]
    assert varied.filter(pl.col("value") == "a")["best"].round(2).to_list() == [0.58]
    assert varied.filter(pl.col("value") == "a")["median"].round(2).to_list() == [0.54]
    assert found["Failed points"].table["error"].to_list() == ["ValueError: no </script> today"]
    assert found["Warnings"].table.select("warnings", "points").rows() == [("silent <neurons>", 2)]
    facts = dict(found["Where it comes from"].table.rows())
    assert (facts["job"], facts["points done"], facts["points failed"], facts["points left"]) == ("mine", "5", "1", "0")


def test_a_sweep_that_has_nothing_yet_or_only_failures(tmp_path: Path) -> None:
    found = run(tmp_path / "failed", {"method": "b", "steps": 8})
    assert found["Failed points"].table.height == 1
    with pytest.raises(DataError, match="there is no sweep here"):
        sweep_report(tmp_path)


def test_what_is_best_has_to_be_known(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not say what is best"):
        run(tmp_path, SPACE, {})
    assert sweep_report(tmp_path, ["-accuracy"])[0].table["steps"].to_list()[0] == 2
    with pytest.raises(DataError, match="expected a column"):
        sweep_report(tmp_path, ["accurate"])


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.none() | st.integers(0, 5), st.sampled_from("xy")), min_size=1, max_size=12
    ),
    st.booleans(),
    st.booleans(),
)
def test_the_front_is_what_no_other_row_beats(
    rows: list[tuple[int, int | None, str]], small_value: bool, small_cost: bool
) -> None:
    """By comparing every two rows; of equal ones the first stands for all."""
    frame = pl.DataFrame(rows, schema={"v": pl.Int64, "c": pl.Int64, "g": pl.String}, orient="row")

    def better(a: float, b: float, *, small: bool) -> bool:
        return a < b if small else a > b

    expected = set()
    known = [(v, c, g) for v, c, g in rows if c is not None]
    for v, c, g in known:
        beaten = any(
            (better(w, v, small=small_value) and not better(c, d, small=small_cost))
            or (better(d, c, small=small_cost) and not better(v, w, small=small_value))
            for w, d, h in known
            if h == g
        )
        if not beaten:
            expected.add((v, c, g))
    found = pareto_rows(frame, "-v" if small_value else "v", "-c" if small_cost else "c", "g").rows()
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.slow
def test_ten_thousand_rows_make_a_page_of_bounded_size(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        sweep(
            lambda params, _: {"accuracy": (params["x"] * 7919 % 10_007) / 10_007, "synops": float(params["x"])},
            {"x": list(range(10_000)), "text": "a word " * 5},
            threads,
            out=tmp_path,
            about={"best": ORDER},
        )
    sections = sweep_report(tmp_path)
    assert "The best 2,000 of 10,000 rows" in sections[0].text
    text = html_page("many", sections)
    assert len(text.encode()) < 3_000_000
    assert all(address == "data:," for address in Loaded(text).addresses)


@pytest.mark.slow
def test_the_page_of_a_sweep_escapes_and_is_readable_without_scripts(tmp_path: Path) -> None:
    run(tmp_path / "out", SPACE)
    done = CliRunner().invoke(app, ["report", str(tmp_path / "out"), "--out", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "silent &lt;neurons&gt;" in text
    assert "no &lt;/script&gt; today" in text
    assert text.count("<script") == text.count("</script>")
    assert "<td>error</td>" not in text
    assert '<td data-v="0.6' in text or "<td>0.64</td>" in text
    assert ('class="wide sortable"' in text, "Filter" in text.partition("<script>")[0]) == (True, False)


def test_options_of_a_network_are_refused_for_a_sweep_and_the_other_way_round(tmp_path: Path) -> None:
    run(tmp_path / "out", SPACE)
    page = ["--out", str(tmp_path / "page.html")]
    for command, named in (
        (["report", str(tmp_path / "out"), "--data", "digits:test", *page], "--data"),
        (["report", str(tmp_path / "net.psnn"), "--by", "accuracy", "--data", "digits:test", *page], "--by"),
        (["report", str(tmp_path / "net.psnn"), *page], "--data"),
    ):
        refused = CliRunner().invoke(app, command)
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert named in refused.stderr
    assert not (tmp_path / "page.html").exists()


@pytest.mark.slow
@pytest.mark.skipif(not has_charts(), reason="needs the extra 'report'")
def test_the_chart_of_the_front_has_every_row(tmp_path: Path) -> None:
    chart = run(tmp_path, SPACE)["Accuracy against synops"].chart
    assert chart is not None
    (rows,) = chart["datasets"].values()
    assert sorted((row["method"], row["steps"], row["front"]) for row in rows) == [
        ("a", 2, True), ("a", 4, True), ("a", 8, True), ("b", 2, True), ("b", 4, True),
    ]  # fmt: skip
    json.dumps(chart)
