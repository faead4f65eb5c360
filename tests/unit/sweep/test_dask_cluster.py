"""A sweep on a Dask cluster whose parts come, go, or are not fit."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pysnn.errors import SweepError
from pysnn.sweep import sweep
from pysnn.sweep.folder import SweepFolder
from tests.unit.sweep.jobs import attempt, deadly_files, files_of_the_environment, leave_late, square, where

pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.slow,
    # The library's own, about its sockets and its event loop, when a worker has been killed.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_no_scheduler_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysnn.sweep.executors.dask_cluster._CONNECT_SECONDS", 0.5)
    with pytest.raises(SweepError, match=r"there is no Dask scheduler at '127.0.0.1:1'"):
        sweep(square, {"x": 1}, "dask://127.0.0.1:1", out=tmp_path)


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start parts of a cluster as programs; they are killed behind the test."""
    processes = []

    def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def scheduler(started: Callable[..., subprocess.Popen[bytes]], folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    file = folder / "scheduler.json"
    process = started(
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    )
    end = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < end
        time.sleep(0.05)
    return process, json.loads(file.read_text())["address"].removeprefix("tcp://")


WORKER = ("distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard")


def test_an_unfit_worker_gets_no_points_and_the_others_go_on(
    tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    _, address = scheduler(started, tmp_path)
    bad = started(*WORKER, "--no-nanny", address, PYSNN_TEST_DIGEST="other" * 12)
    good = started(*WORKER, "--no-nanny", address)
    import distributed

    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=30)
    space = {"x": list(range(30))}
    with pytest.warns(
        UserWarning, match=rf"process {bad.pid} cannot take part .* the digest otherotherot, the sweep has same"
    ):
        table = sweep(where, space, f"dask://{address}", out=tmp_path / "out", files=files_of_the_environment)
    assert table["process"].unique().to_list() == [good.pid]
    assert table["x"].to_list() == space["x"]


def test_workers_that_die_before_their_first_point_end_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSNN_TEST_COORDINATOR", str(os.getpid()))
    monkeypatch.setattr("pysnn.sweep.executors.dask_pool._MOST_DEATHS_UNCHECKED", 2)
    with pytest.raises(SweepError, match="workers of the Dask cluster die before their first point"):
        sweep(square, {"x": 1}, "dask-local", out=tmp_path, workers=1, files=deadly_files)


def test_a_cluster_without_workers_is_waited_for(
    tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = scheduler(started, tmp_path)
    monkeypatch.setattr("pysnn.sweep.executors.dask_pool._SILENT_SECONDS", 0.3)

    def join() -> None:
        started(*WORKER, "--no-nanny", address)

    later = threading.Timer(1.5, join)
    later.start()
    with pytest.warns(UserWarning, match=f"the Dask cluster at '{address}' has no workers"):
        table = sweep(square, {"x": [1, 2]}, f"dask://{address}", out=tmp_path / "out")
    later.join()
    assert table["error"].null_count() == 4


def test_a_worker_that_comes_back_at_its_address_is_another_one(
    tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    _, address = scheduler(started, tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started(*WORKER, "--nanny", "--host", "127.0.0.1", "--worker-port", str(port), address)
    table = sweep(attempt, {"x": list(range(5)), "folder": str(tmp_path)}, f"dask://{address}", out=tmp_path / "out")
    assert table["y"].to_list() == [0, 1, 2, None, 4]
    assert len(list(tmp_path.glob("3-*"))) in {2, 3}


def test_a_sweep_whose_scheduler_goes_keeps_what_is_done(
    tmp_path: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    process, address = scheduler(started, tmp_path)
    started(*WORKER, "--no-nanny", address)

    def seen(done: int, _: int) -> None:
        if done >= 5:
            process.kill()

    space = {"x": list(range(500))}
    with pytest.raises(SweepError, match=f"the Dask scheduler at '{address}' has gone"):
        sweep(where, space, f"dask://{address}", out=tmp_path / "out", progress=seen, in_flight=200)
    assert 5 <= len(SweepFolder(tmp_path / "out").states()) < 500


def test_a_worker_that_dies_with_its_result_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pysnn.sweep.executors.dask_pool._RESULT_SECONDS", 1)
    for number, delay in enumerate((0.0, 0.001, 0.003)):
        table = sweep(
            leave_late, {"x": list(range(6)), "delay": delay}, "dask-local", out=tmp_path / str(number), workers=2
        )
        done = dict(table.select("x", "y").iter_rows())
        assert set(done) == set(range(6))
        assert all(y in {None, x} for x, y in done.items())
