"""What a worker does: check itself, run points, and turn whatever happens into rows."""

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

import numpy as np

from pysnn.errors import DataError, SweepError
from pysnn.schemas import SCHEMAS
from pysnn.sweep.points import Point, point_json
from pysnn.version import __version__

__all__ = [
    "Columns",
    "Digests",
    "Job",
    "Outcome",
    "Run",
    "WorkerRefusedError",
    "check_worker",
    "failed_outcome",
    "run_chunk",
]

Row: TypeAlias = Mapping[str, Any]
Run: TypeAlias = Callable[[Mapping[str, Any], int], Row | Sequence[Row]]
"""A function of a point's parameters and its seed that gives a row, or several."""

Columns: TypeAlias = Mapping[str, str]

Digests: TypeAlias = Callable[[], Mapping[str, str]]
"""Gives the SHA-256 of every file that a run reads, by the name that the spec has for it."""

_TYPES: dict[str, tuple[type, ...]] = {"String": (str,), "Int64": (int,), "Float64": (float, int), "Boolean": (bool,)}
_KINDS: dict[type, str] = {bool: "Boolean", int: "Int64", float: "Float64", str: "String"}
_INT64 = 1 << 63


@dataclass(frozen=True)
class Job:
    """What every chunk of a sweep has in common.

    Attributes
    ----------
    run
        The function.
    columns
        Its columns, if they are fixed.
    code
        The code's version, as the points have it.
    digests
        Gives the digests of the files that the function reads, on the machine where it is called.
    files
        What ``digests`` gave where the sweep was started.
    version
        pysnn's version there.
    """

    run: Run
    columns: Columns | None = None
    code: str = ""
    digests: Digests | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    version: str = __version__


@dataclass(frozen=True)
class Outcome:
    """What became of one point: its rows, as they go into the table, and whether it failed."""

    identity: str
    rows: tuple[dict[str, Any], ...]
    error: str | None
    seconds: float


@dataclass(frozen=True)
class _Time:
    """When a point was started, as a table says it, and how many seconds it took."""

    started_at: str
    seconds: float


class WorkerRefusedError(SweepError):
    """A worker has another version of pysnn, or other files, than the sweep was started with."""


# What this process has been checked for. A job comes anew with each chunk.
_fit_for: set[tuple[str, frozenset[tuple[str, str]]]] = set()


def _worker_name() -> str:
    """Return the name of this process: its machine and its number."""
    return f"{socket.gethostname()}, process {os.getpid()}"


def _differences(job: Job) -> list[str]:
    """Say what a sweep was started with and this worker has not: pysnn's version, or the content of a file."""
    found = [] if job.version == __version__ else [f"it has pysnn {__version__}, the sweep has {job.version}"]
    if job.digests is None:
        return found
    try:
        here = job.digests()
    # Whatever keeps a file from being read here is told where the sweep was started.
    except Exception as error:  # noqa: BLE001
        return [*found, _sentence(error)]
    for name, digest in job.files.items():
        if here.get(name) != digest:
            found.append(f"{name} has the digest {here.get(name, 'none'):.12}, the sweep has {digest:.12}")
    return found


def check_worker(job: Job) -> None:
    """Check this worker before its first point.

    Raises
    ------
    WorkerRefusedError
        It names the worker, and all that differs.
    """
    key = (job.version, frozenset(job.files.items()))
    if key in _fit_for:
        return
    found = _differences(job)
    if found:
        raise WorkerRefusedError(f"the worker {_worker_name()} cannot take part in this sweep: {'; '.join(found)}")
    _fit_for.add(key)


def run_chunk(job: Job, points: Sequence[Point]) -> list[Outcome]:
    """Run points one after the other; an exception in one of them is its outcome.

    Raises
    ------
    WorkerRefusedError
        See :func:`check_worker`.
    """
    check_worker(job)
    return [_run_point(job, point) for point in points]


def _run_point(job: Job, point: Point) -> Outcome:
    started, began = time.perf_counter(), _now()
    try:
        found = _rows(job.run(dict(point.params), point.seed), job.columns)
    # Whatever a point raises is told in its row, and the other points go on; sys.exit() is no exception to that.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return failed_outcome(job, point, _sentence(error), _Time(began, time.perf_counter() - started))
    seconds = time.perf_counter() - started
    base = _base(job, point, None, _Time(began, seconds))
    made = tuple({**_own(job, point), **row, **base, "row": index} for index, row in enumerate(found))
    return Outcome(point.identity, made, None, seconds)


def failed_outcome(job: Job, point: Point, error: str, when: _Time | None = None) -> Outcome:
    """Return the outcome of a point that failed: one row with the reason."""
    when = when or _Time(_now(), 0.0)
    row = {**_own(job, point), **_base(job, point, error, when), "row": 0}
    return Outcome(point.identity, (row,), error, when.seconds)


def _base(job: Job, point: Point, error: str | None, when: _Time) -> dict[str, Any]:
    return {
        "point": point.identity,
        "params": point_json(point.params),
        "seed": point.seed,
        "error": error,
        "started_at": when.started_at,
        "seconds": when.seconds,
        "code": job.code,
        "data": point.data,
    }


def _own(job: Job, point: Point) -> dict[str, Any]:
    """Return the point's own parameters that are columns; tables and lists are in "params" only."""
    own: dict[str, Any] = {}
    for name, value in point.params.items():
        kind = _KINDS.get(type(value)) if job.columns is None else job.columns.get(name)
        if kind is not None and name not in SCHEMAS["sweep_point"] and _fits(value, kind):
            own[name] = value
    return dict.fromkeys(job.columns or ()) | own


def _rows(given: Any, columns: Columns | None) -> list[dict[str, Any]]:
    rows = [given] if isinstance(given, Mapping) else list(given)
    if not rows:
        raise DataError("the run gave no rows")
    return [_checked(row, columns) for row in rows]


def _checked(row: Any, columns: Columns | None) -> dict[str, Any]:
    """Return a row of plain values, or raise :class:`DataError` naming the column."""
    if not isinstance(row, Mapping):
        raise DataError(f"the run: expected a mapping for each row, got {type(row).__name__}")
    plain: dict[str, Any] = {}
    for name, given in row.items():
        value = given.item() if isinstance(given, np.generic) else given
        if not isinstance(name, str) or name in SCHEMAS["sweep_point"] or (columns is not None and name not in columns):
            raise DataError(f"the run gave a column {name!r}, which is not one of its own")
        kind = _KINDS.get(type(value)) if columns is None else columns[name]
        if value is not None and (kind is None or not _fits(value, kind)):
            raise DataError(f"column '{name}': expected {kind or 'text, a number or a boolean'}, got {value!r:.80}")
        plain[name] = value
    return plain


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "Boolean":
        return False
    return isinstance(value, _TYPES[kind]) and not (isinstance(value, int) and not -_INT64 <= value < _INT64)


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
