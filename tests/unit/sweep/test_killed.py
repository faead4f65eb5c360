"""A sweep that is killed at any moment loses nothing but what was in flight, and leaves no process behind."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from pysnn.sweep import sweep
from pysnn.sweep.folder import SweepFolder
from tests.unit.sweep.jobs import SPACE, square

ROOT = Path(__file__).parents[3]
TIMES = ("started_at", "seconds")
POINTS = 240
STARTED: list[subprocess.Popen[bytes]] = []

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes the Linux way")


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    while STARTED:
        process = STARTED.pop()
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def start(kind: str, out: Path, executor: str = "processes") -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.unit.sweep.jobs", kind, str(out), executor]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    STARTED.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, start_new_session=True))
    return STARTED[-1]


def alive(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def within(seconds: float, what: str, true: Callable[[], object]) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def finished_points(out: Path) -> int:
    return len(SweepFolder(out).states())


@pytest.mark.slow
def test_killed_again_and_again_each_point_is_there_once(tmp_path: Path) -> None:
    out, chance = tmp_path / "out", random.Random(4)
    counts = [0]
    for _ in range(5):
        process = start("square", out)
        wanted = counts[-1]
        within(30, "a new part", lambda: finished_points(out) > wanted or process.poll() is not None)  # noqa: B023
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        process.communicate()
        counts.append(finished_points(out))
    assert counts == sorted(set(counts)), "every start got further"
    assert counts[-1] < POINTS, "it was killed before its end"
    last = start("square", out)
    assert last.communicate(timeout=60)[1] == b""
    assert last.returncode == 0
    plan = SweepFolder(out).plan()["points"]
    found = SweepFolder(out).table(plan)
    with ThreadPoolExecutor(16) as threads:
        whole = sweep(square, SPACE, threads, out=tmp_path / "whole", in_flight=64)
    assert found.drop(TIMES).equals(whole.drop(TIMES))
    assert found.filter(pl.col("row") == 0)["point"].to_list() == plan


LOCAL = [
    "processes",
    pytest.param("loky", marks=pytest.mark.skipif(not find_spec("loky"), reason="needs loky")),
    pytest.param("dask-local", marks=pytest.mark.skipif(not find_spec("distributed"), reason="needs distributed")),
]


def started_and_blocked(tmp_path: Path, executor: str) -> tuple[subprocess.Popen[bytes], list[int]]:
    """A sweep with six points done and two that never end, and its workers."""
    process = start("block", tmp_path / "out", executor)
    within(30, "six points", lambda: finished_points(tmp_path / "out") == 6)
    return process, [int(path.name[4:]) for path in tmp_path.glob("pid-*")]


@pytest.mark.slow
@pytest.mark.parametrize("executor", LOCAL)
def test_workers_end_with_a_sweep_that_is_killed(tmp_path: Path, executor: str) -> None:
    process, workers = started_and_blocked(tmp_path, executor)
    assert workers
    process.kill()
    process.communicate()
    within(5, "the end of the workers", lambda: not any(map(alive, workers)))


@pytest.mark.slow
@pytest.mark.parametrize("executor", LOCAL)
def test_ctrl_c_stops_at_once_and_keeps_what_is_done(tmp_path: Path, executor: str) -> None:
    process, workers = started_and_blocked(tmp_path, executor)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode != 0
    assert said.count(b"Traceback") == 1, "the workers say nothing"
    assert b"KeyboardInterrupt" in said
    within(5, "the end of the workers", lambda: not any(map(alive, workers)))
    assert finished_points(tmp_path / "out") == 6


@pytest.mark.slow
@pytest.mark.parametrize("executor", LOCAL)
def test_a_worker_that_somebody_kills_is_not_the_end(tmp_path: Path, executor: str) -> None:
    process, workers = started_and_blocked(tmp_path, executor)
    os.kill(workers[0], signal.SIGKILL)
    within(30, "a new worker", lambda: len(list(tmp_path.glob("pid-*"))) > len(workers))
    assert process.poll() is None
