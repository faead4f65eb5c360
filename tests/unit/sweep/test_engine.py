"""Sweeps: every point once, whatever happens to it, with any executor."""

from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pysnn.errors import DataError, FileFormatError, SweepError
from pysnn.schemas import SCHEMAS
from pysnn.sweep import sweep
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.points import make_points
from pysnn.sweep.status import failures, status_table
from tests.unit.sweep.jobs import die, leave, square, whatever

TIMES = ("started_at", "seconds")
POINTS = list(range(12))


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_a_sweep_gives_all_rows_in_order(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    seen: list[tuple[int, int]] = []
    table = sweep(square, {"x": POINTS}, threads, out=tmp_path, progress=lambda *at: seen.append(at))
    assert table["y"].to_list() == [y for x in POINTS for y in ([None] if x == 7 else [x * x, -1])]
    assert table.filter(pl.col("row") == 0)["x"].to_list() == POINTS
    assert table.filter(pl.col("error").is_not_null()).select("x", "error").rows() == [(7, "ValueError: no 7 today")]
    assert (seen[-1], set(SCHEMAS["sweep_point"]) <= set(table.columns)) == ((12, 12), True)
    seeds = [point.seed for point in make_points({"x": POINTS}, str(table["code"][0]))]
    assert table.filter(pl.col("row") == 0)["seed"].to_list() == seeds


@pytest.mark.slow
def test_results_do_not_depend_on_workers_or_executor(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    space = {"x": list(range(60))}
    tables = [
        sweep(square, space, threads, out=tmp_path / "threads", in_flight=3),
        sweep(square, space, out=tmp_path / "one", workers=1),
        sweep(square, space, out=tmp_path / "three", workers=3),
    ]
    assert tables[0].drop(TIMES).equals(tables[1].drop(TIMES))
    assert tables[0].drop(TIMES).equals(tables[2].drop(TIMES))


def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    sweep(square, {"x": [1, 2]}, threads, out=tmp_path)
    before = SweepFolder(tmp_path).parts()
    table = sweep(square, {"x": [3, 2, 1]}, threads, out=tmp_path)
    assert table.filter(pl.col("row") == 0)["x"].to_list() == [3, 2, 1]
    added = [part for part in SweepFolder(tmp_path).parts() if part not in before]
    assert pl.concat([pl.read_parquet(part) for part in added])["x"].unique().to_list() == [3]
    sweep(square, {"x": 3}, threads, out=tmp_path)
    assert status_table(SweepFolder(tmp_path)).select("points", "done", "other_points").rows() == [(1, 1, 2)]
    with pytest.raises(SweepError, match="there is a sweep here already"):
        sweep(square, {"x": 3}, threads, out=tmp_path, resume=False)


@pytest.mark.slow
def test_shards_write_into_one_folder(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    space = {"x": list(range(40))}
    left = [40]
    for index in (1, 2, 3):
        sweep(square, space, threads, out=tmp_path, shard=(index, 3))
        left.append(int(status_table(SweepFolder(tmp_path))["left"][0]))
    assert left == sorted(left, reverse=True)
    assert (len(set(left)), left[-1]) == (4, 0)
    whole = sweep(square, space, threads, out=tmp_path / "whole")
    assert SweepFolder(tmp_path).table(SweepFolder(tmp_path).plan()["points"]).drop(TIMES).equals(whole.drop(TIMES))


def test_points_that_failed_are_tried_again_when_asked(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    mood = {"bad": True}

    def moody(params: Any, _: int) -> dict[str, Any]:
        if mood["bad"] and params["x"] % 2:
            raise RuntimeError("a bad day\nwith two lines")
        return {"y": params["x"]}

    sweep(moody, {"x": POINTS}, threads, out=tmp_path)
    folder = SweepFolder(tmp_path)
    assert status_table(folder).select("done", "failed", "left").rows() == [(6, 6, 0)]
    assert failures(folder, most=1)[0]["error"] == "RuntimeError: a bad day with two lines"
    assert failures(folder, most=1)[0]["params"] == '{"x":1}'
    assert sweep(moody, {"x": POINTS}, threads, out=tmp_path)["error"].null_count() == 6
    mood["bad"] = False
    table = sweep(moody, {"x": POINTS}, threads, out=tmp_path, retry_failed=True)
    assert table["y"].to_list() == POINTS
    assert table["error"].null_count() == 12


@pytest.mark.slow
def test_the_death_of_a_worker_is_a_row_and_the_other_points_are_run(tmp_path: Path) -> None:
    table = sweep(die, {"x": POINTS, "folder": str(tmp_path)}, out=tmp_path / "out", workers=2)
    assert table["x"].to_list() == POINTS
    assert table["y"].to_list() == [None if x in {3, 5} else x for x in POINTS]
    errors = dict(table.filter(pl.col("error").is_not_null()).select("x", "error").iter_rows())
    assert errors[3] == "the worker process ended with exit code 7"
    assert errors[5].startswith("the worker process was killed by signal 9 (SIGKILL)")


@pytest.mark.slow
def test_sys_exit_in_a_point_is_its_error(tmp_path: Path) -> None:
    table = sweep(leave, {"x": [1, 2]}, out=tmp_path, workers=1)
    assert table["error"].to_list() == ["SystemExit: gone"] * 2


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("list", "the run gave no rows"),
        ("text", "column 'y': expected Int64, got 'abc'"),
        ("own", "gave a column 'point'"),
        ("object", "column 'y': expected Int64"),
        ("none", "TypeError"),
    ],
)
def test_what_is_no_row_is_the_points_error(tmp_path: Path, threads: ThreadPoolExecutor, what: str, words: str) -> None:
    table = sweep(whatever, {"what": what}, threads, out=tmp_path, columns={**SCHEMAS["sweep_point"], "y": "Int64"})
    assert words in table["error"][0]
    assert dict(table.schema)["y"] == pl.Int64


def test_a_run_that_no_process_can_load_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be sent to worker processes"):
        sweep(lambda *_: {"y": 1}, {"x": 1}, out=tmp_path)


class Broken(Executor):
    """An executor whose workers are gone."""

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


def test_a_broken_executor_stops_the_sweep(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="the executor Broken has broken down"):
        sweep(square, {"x": POINTS}, Broken(), out=tmp_path)


def test_wrong_options_and_damaged_folders_are_refused(tmp_path: Path, threads: ThreadPoolExecutor) -> None:
    for option in ({"workers": 0}, {"in_flight": -1}, {"shard": (0, 2)}, {"shard": (3, 2)}):
        with pytest.raises(DataError):
            sweep(square, {"x": 1}, threads, out=tmp_path, **option)
    with pytest.raises(DataError, match="there is no sweep here"):
        SweepFolder(tmp_path).plan()
    sweep(square, {"x": 1}, threads, out=tmp_path)
    (part,) = SweepFolder(tmp_path).parts()
    part.write_bytes(part.read_bytes()[:-9])
    with pytest.raises(FileFormatError, match=part.name):
        sweep(square, {"x": 1}, threads, out=tmp_path)
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(FileFormatError, match=r"sweep\.json"):
        status_table(SweepFolder(tmp_path))
