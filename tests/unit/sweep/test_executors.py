"""One contract for every executor: each point once, deaths counted, unfit workers refused, whoever runs the points."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pysnn.errors import DataError, MissingExtraError, SweepError
from pysnn.sweep import sweep
from pysnn.sweep.engine import SweepOptions, _Engine
from pysnn.sweep.executors.pool import Done, Ended, Lost
from pysnn.sweep.executors.registry import EXECUTORS, check_executor, open_pool
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.points import Point, make_points
from pysnn.sweep.worker import Job, Outcome, run_chunk
from tests.unit.sweep.jobs import attempt, files_of_the_environment, own_files, square

TIMES = ("started_at", "seconds")
PACKAGES = {"loky": "loky", "dask-local": "distributed", "dask": "distributed"}

pytestmark = [
    pytest.mark.slow,
    # The library's own, about its sockets and its event loop, when a worker has been killed.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster that was there before the sweep, with two workers that are started again when they die."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as local:
        yield local.scheduler_address.removeprefix("tcp://")


@pytest.fixture(params=list(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> str:
    name = request.param
    if name in PACKAGES and not find_spec(PACKAGES[name]):
        pytest.skip(f"needs {PACKAGES[name]}")
    return f"dask://{request.getfixturevalue('cluster')}" if name == "dask" else name


def workers_of(executor: str) -> dict[str, Any]:
    return {"workers": 2} if check_executor(executor).local else {}


def warned(executor: str) -> AbstractContextManager[object]:
    """Where other workers may go on, what is wrong with one is a warning first."""
    return pytest.warns(UserWarning, match="cannot take part") if "dask" in executor else nullcontext()


def test_results_do_not_depend_on_the_executor(tmp_path: Path, executor: str) -> None:
    space = {"x": list(range(60))}
    found = sweep(square, space, executor, out=tmp_path / "own", **workers_of(executor))
    with ThreadPoolExecutor(2) as threads:
        expected = sweep(square, space, threads, out=tmp_path / "threads")
    assert found.drop(TIMES).equals(expected.drop(TIMES))


def test_a_point_of_which_a_worker_dies_twice_has_failed(tmp_path: Path, executor: str) -> None:
    space = {"x": list(range(12)), "folder": str(tmp_path)}
    table = sweep(attempt, space, executor, out=tmp_path / "out", **workers_of(executor))
    assert table["y"].to_list() == [None if x == 3 else x for x in range(12)]
    (error,) = table["error"].drop_nulls()
    assert "exit code 7" in error or ("Dask worker" in error and "died" in error)
    # Twice alone, and at most once before that in the company of other points.
    assert len(list(tmp_path.glob("3-*"))) in {2, 3}


def test_workers_with_other_files_are_refused_by_name(tmp_path: Path, executor: str) -> None:
    with (
        warned(executor),
        pytest.raises(
            SweepError, match=r"worker .*, process \d+ cannot take part in this sweep: data 'x.npz' has the digest 0"
        ),
    ):
        sweep(square, {"x": [1]}, executor, out=tmp_path, files=own_files, **workers_of(executor))
    assert SweepFolder(tmp_path).states() == {}


def test_workers_with_another_version_are_refused_by_name(executor: str) -> None:
    pool = open_pool(executor, Job(square, version="0.0.1"), 1)
    try:
        pool.submit(make_points({"x": 1}, code=""))
        with (
            warned(executor),
            pytest.raises(SweepError, match=r"cannot take part in this sweep: it has pysnn .*, the sweep has 0\.0\.1"),
        ):
            list(iter(lambda: pool.take(1), None))
    finally:
        assert pool.close() == []


def test_a_run_that_cannot_be_sent_is_refused(tmp_path: Path, executor: str) -> None:
    lock = threading.Lock()
    with pytest.raises(DataError, match="cannot be sent to worker processes"):
        sweep(lambda *_: {"y": lock.locked()}, {"x": 1}, executor, out=tmp_path, **workers_of(executor))


def test_nothing_runs_where_the_folder_is_whole(tmp_path: Path, executor: str) -> None:
    first = sweep(square, {"x": [1, 2]}, executor, out=tmp_path, **workers_of(executor))
    parts = SweepFolder(tmp_path).parts()
    assert sweep(square, {"x": [1, 2]}, executor, out=tmp_path, **workers_of(executor)).equals(first)
    assert SweepFolder(tmp_path).parts() == parts


class Repeating:
    """Workers of which one was taken for dead, and then gives its results twice."""

    workers = 1
    shares_fate = False

    def __init__(self, job: Job) -> None:
        self.job = job
        self.results: list[list[Outcome]] = []
        self.ended: list[Ended] = []

    def submit(self, chunk: tuple[Point, ...]) -> bool:
        self.results.append(run_chunk(self.job, chunk))
        lost = len(self.results) == 1
        self.ended.append(Lost(chunk, "it was silent", alone=True) if lost else Done(self.results[-1]))
        return True

    def take(self, seconds: float) -> list[Ended]:
        ended, self.ended = self.ended, []
        return ended

    def close(self) -> list[Done]:
        return [Done(result) for result in self.results]


def test_a_point_that_was_run_twice_is_stored_once(tmp_path: Path) -> None:
    points = make_points({"x": list(range(5))}, code="")
    folder, job = SweepFolder(tmp_path), Job(square)
    folder.begin(points, {})
    engine = _Engine(job, folder, SweepOptions(), 0, len(points))
    pool = Repeating(job)
    engine.go(points, pool)
    assert len(pool.results) > 5
    assert folder.index()["point"].sort().to_list() == sorted(point.identity for point in points)
    assert engine.done == 5


class Slow:
    """Workers that all die of x = 3, and of whom nothing is heard at every other look, as where they take long to start."""

    shares_fate = True
    workers = 2

    def __init__(self, job: Job) -> None:
        self.job = job
        self.flying: list[tuple[Point, ...]] = []
        self.deaths: list[int] = []
        self.looks = 0

    def submit(self, chunk: tuple[Point, ...]) -> bool:
        self.flying.append(chunk)
        return True

    def take(self, seconds: float) -> list[Ended]:
        self.looks += 1
        if self.looks % 2:
            return []
        flying, self.flying = self.flying, []
        if all(point.params["x"] != 3 for chunk in flying for point in chunk):
            return [Done(run_chunk(self.job, chunk)) for chunk in flying]
        self.deaths.append(len(flying))
        return [Lost(chunk, "exit code 7", len(flying) == 1) for chunk in flying]

    def close(self) -> list[Done]:
        return []


def test_nothing_joins_a_suspect_whose_workers_take_long_to_start(tmp_path: Path) -> None:
    points = make_points({"x": list(range(3, 40))}, code="")
    folder, job = SweepFolder(tmp_path), Job(square)
    folder.begin(points, {})
    pool = Slow(job)
    _Engine(job, folder, SweepOptions(), 0, len(points)).go(points, pool)
    assert pool.deaths == [4, 1, 1]


@pytest.mark.parametrize("text", ["ray", "dask", "dask://", "dask://host", "dask://host:port", "loky://host:1", ""])
def test_what_is_no_executor_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="executor: expected processes, loky, dask-local or dask://HOST:PORT, got"):
        sweep(square, {"x": 1}, text, out=tmp_path)
    with pytest.raises(DataError, match=r"executor: expected processes, .* got None"):
        sweep(square, {"x": 1}, None, out=tmp_path)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="has its own workers"):
        sweep(square, {"x": 1}, "dask://127.0.0.1:8786", out=tmp_path, workers=2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("executor", ["loky", "dask-local", "dask://127.0.0.1:1"])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    package = PACKAGES[executor.partition("://")[0]]
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'pysnn\[{package[:4].replace('dist', 'dask')}\]'"):
        sweep(square, {"x": 1}, executor, out=tmp_path)


def test_a_job_of_a_sweep_says_what_it_was_started_with() -> None:
    job = Job(square, digests=files_of_the_environment, files=files_of_the_environment())
    assert [row["y"] for row in run_chunk(job, make_points({"x": 2}, code=""))[0].rows] == [4, -1]
    with pytest.raises(SweepError, match="has the digest samesamesame, the sweep has 0"):
        run_chunk(replace(job, files={"data 'x.npz'": "0" * 64}), make_points({"x": 2}, code=""))
