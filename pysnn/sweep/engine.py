"""The loop of a sweep: points go out in chunks, a bounded number at a time; what comes back is written at once."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pysnn.errors import DataError, SweepError
from pysnn.keywords import check_keywords, keywords_of, show_keywords
from pysnn.processors import usable_threads
from pysnn.simulation.options import check_integer
from pysnn.sweep.executors.pool import Done, Lost, WorkerPool
from pysnn.sweep.executors.registry import check_executor, open_pool
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.points import Point, Space, make_points
from pysnn.sweep.worker import Columns, Digests, Job, Outcome, Run, failed_outcome
from pysnn.version import __version__

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SWEEP_KEYWORDS", "SweepKeywords", "SweepOptions", "sweep"]

_CHUNK_SECONDS = 1.0
_MOST_IN_CHUNK = 256
_CHUNKS_PER_WORKER = 2
_DEATHS = 2
# Polars' handler of Ctrl-C lets waits go on; what waits has to look up now and then, or it would never be interrupted.
_WAKE_SECONDS = 0.2


@dataclass(frozen=True, eq=False)
class SweepOptions:
    """How to sweep; every field is a keyword of :func:`sweep`.

    Attributes
    ----------
    workers
        Local processes; as many as this process may use cores by default. Results do not depend on it.
    shard
        ``(i, n)``: only the points that belong to shard i of n, i = 1..n.
    data
        Digest of the data that the points depend on, or a function that gives it for a point's parameters: other
        data make other points.
    code
        Version of the run, which makes other points too; pysnn's own by default.
    files
        Gives the digest of each file that the run reads, by name. It is called here, and by each worker before its first point;
        a worker whose pysnn or whose files are others gets none. For processes it has to be at the top of a module, or a method.
    columns
        Names and types ("String", "Int64", "Float64", "Boolean") of what the run gives; without them, what it gives.
    in_flight
        Most chunks handed to the executor at a time; twice the workers by default.
    retry_failed
        Run the points that have failed so far once more, and no others.
    about
        What to keep in ``sweep.json``.
    progress
        Called with (points done, points in all).
    """

    workers: int | None = None
    shard: tuple[int, int] | None = None
    data: str | Callable[[Mapping[str, Any]], str] = ""
    code: str = f"pysnn {__version__}"
    files: Digests | None = None
    columns: Columns | None = None
    in_flight: int | None = None
    retry_failed: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)
    progress: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        for name in ("workers", "in_flight"):
            if getattr(self, name) is not None:
                check_integer(name, getattr(self, name), 1, 1 << 20)
        if self.shard is not None:
            index, count = self.shard
            check_integer("shard: n", count, 1, 1 << 20)
            check_integer(f"shard: i of {count}", index, 1, count)

    @property
    def processes(self) -> int:
        """How many local processes there are."""
        return self.workers or usable_threads()


class SweepKeywords(TypedDict, total=False):
    """The fields of :class:`SweepOptions` for type checkers and editors, each of which may be missing."""

    workers: int | None
    shard: tuple[int, int] | None
    data: str | Callable[[Mapping[str, Any]], str]
    code: str
    files: Digests | None
    columns: Columns | None
    in_flight: int | None
    retry_failed: bool
    about: Mapping[str, Any]
    progress: Callable[[int, int], None] | None


SWEEP_KEYWORDS = keywords_of(SweepOptions)
"""The same as parameters of a function."""


@show_keywords(SWEEP_KEYWORDS)
def sweep(
    run: Run,
    space: Space,
    executor: Executor | str = "processes",
    *,
    out: str | Path,
    resume: bool = True,
    **options: Unpack[SweepKeywords],
) -> "pl.DataFrame":
    """Run a function at every point of a space, and keep what it gives.

    However a sweep ends, what is done lies in ``out``, and the same call goes on from there. A point that raises, or whose
    process dies, is a row with its error.

    Parameters
    ----------
    run
        Called as ``run(params, seed)``; gives a row (a mapping of text, numbers and booleans) or a sequence of rows. The
        seed belongs to the point. For processes it has to be a function at the top of a module.
    space
        ``{"a": [1, 2], "b": 3}``: lists multiply; a list of such mappings is their union.
    executor
        Where to run: "processes" (of this machine, one a core), "loky" (the same, from a notebook too), "dask-local", "dask://HOST:PORT" (the
        scheduler of a Dask cluster), or an executor of ``concurrent.futures``; whoever gives one of these shuts it down.
    out
        The folder.
    resume
        Whether to go on where an earlier sweep stopped; otherwise ``out`` must hold none.
    **options
        Fields of :class:`SweepOptions`.

    Returns
    -------
    table
        All rows that there are for this space, in its order; the last columns say which point it is and how it went.

    Raises
    ------
    DataError
        The space or an option is wrong.
    MissingExtraError
        The executor's package is not installed.
    SweepError
        ``out`` holds a sweep and ``resume`` is false, the executor has broken down, or no worker is fit for the sweep.

    Examples
    --------
    >>> import tempfile
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def square(params, seed):
    ...     return {"y": params["x"] ** 2}
    >>> with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
    ...     table = sweep(square, {"x": [1, 2, 3]}, threads, out=folder)
    >>> table["y"].to_list()
    [1, 4, 9]
    """
    check_keywords("sweep", options, [parameter.name for parameter in SWEEP_KEYWORDS], ("out", "resume"))
    settings = SweepOptions(**options)
    local = isinstance(executor, Executor) or check_executor(executor).local
    if not local and settings.workers is not None:
        raise DataError(f"workers: '{executor}' has its own workers, so expected none here, got {settings.workers}")
    points = make_points(space, settings.code, settings.data)
    folder = SweepFolder(out)
    if not resume and folder.parts():
        raise SweepError(f"'{out}': there is a sweep here already; go on with it (resume), or give another folder")
    mine = [point for point in points if settings.shard is None or point.in_shard(settings.shard)]
    states = folder.states()
    if settings.retry_failed:
        left = [point for point in mine if states.get(point.identity)]
    else:
        left = [point for point in mine if point.identity not in states]
    columns = None if settings.columns is None else dict(settings.columns)
    folder.begin(points, {**settings.about, "code": settings.code, "columns": columns})
    if left:
        files = {} if settings.files is None else settings.files()
        job = Job(run, settings.columns, settings.code, settings.files, files)
        engine = _Engine(job, folder, settings, len(mine) - len(left), len(mine))
        engine.go(left, open_pool(executor, job, min(settings.processes, len(left))))
    return folder.table([point.identity for point in points])


class _Engine:
    """One run of a sweep: what waits, what is in flight, and what may have killed a worker."""

    def __init__(self, job: Job, folder: SweepFolder, settings: SweepOptions, done: int, total: int) -> None:
        self.job = job
        self.folder = folder
        self.settings = settings
        self.done, self.total = done, total
        self.waiting: deque[Point] = deque()
        self.suspects: deque[Point] = deque()
        self.deaths: Counter[str] = Counter()
        self.written: set[str] = set()
        self.flying = 0
        self.on_trial = False
        self.seconds: float | None = None

    def go(self, points: Sequence[Point], pool: WorkerPool) -> None:
        """Run all points; what is done when it is interrupted is written."""
        self.waiting.extend(points)
        try:
            while self.waiting or self.suspects or self.flying:
                self._fill(pool)
                self._take(pool)
        finally:
            self._write([outcome for done in pool.close() for outcome in done.outcomes])

    def _fill(self, pool: WorkerPool) -> None:
        """Hand out chunks; a point that may have killed its worker goes alone, so that it is known if it does."""
        self.on_trial = self.on_trial and self.flying > 0
        if pool.shares_fate and (self.suspects or self.on_trial):
            if not self.flying:
                self.on_trial = self._submit(pool, self.suspects, 1)
            return
        most = self.settings.in_flight or _CHUNKS_PER_WORKER * pool.workers
        whole = True
        while whole and self.suspects and self.flying < most:
            whole = self._submit(pool, self.suspects, 1)
        while whole and self.waiting and self.flying < most:
            whole = self._submit(pool, self.waiting, self._chunk(most))

    def _submit(self, pool: WorkerPool, source: deque[Point], count: int) -> bool:
        """Hand out a chunk; where workers have died since the last look at them, it waits on."""
        chunk = tuple(source.popleft() for _ in range(count))
        taken = pool.submit(chunk)
        if taken:
            self.flying += 1
        else:
            source.extendleft(reversed(chunk))
        return taken

    def _chunk(self, most: int) -> int:
        """Say how many points go together: about a second's worth, and enough chunks left for every worker."""
        if self.seconds is None:
            return 1
        wanted = min(int(_CHUNK_SECONDS / max(self.seconds, 1e-9)), _MOST_IN_CHUNK, len(self.waiting) // most)
        return min(max(1, wanted), len(self.waiting))

    def _take(self, pool: WorkerPool) -> None:
        outcomes: list[Outcome] = []
        for ended in pool.take(_WAKE_SECONDS):
            self.flying -= 1
            if isinstance(ended, Done):
                outcomes += ended.outcomes
            else:
                outcomes += self._judge(ended)
        self._write(outcomes)

    def _judge(self, lost: Lost) -> list[Outcome]:
        """Try each lost point alone; one of which a worker dies twice so has failed."""
        if lost.alone and len(lost.chunk) == 1:
            self.deaths[lost.chunk[0].identity] += 1
        failed = [point for point in lost.chunk if self.deaths[point.identity] >= _DEATHS]
        self.suspects.extend(point for point in lost.chunk if point not in failed)
        return [failed_outcome(self.job, point, lost.death) for point in failed]

    def _write(self, outcomes: Iterable[Outcome]) -> None:
        """Write a part; a point that comes twice, as from a worker that was taken for dead, is written once."""
        new = {outcome.identity: outcome for outcome in outcomes if outcome.identity not in self.written}
        if not new:
            return
        self.folder.add(new.values(), self.settings.columns)
        self.written |= set(new)
        mean = sum(outcome.seconds for outcome in new.values()) / len(new)
        self.seconds = mean if self.seconds is None else (self.seconds + mean) / 2
        self.done += len(new)
        if self.settings.progress is not None:
            self.settings.progress(self.done, self.total)
