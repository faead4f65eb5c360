"""The loop of a sweep: points go out in chunks, a bounded number at a time; what comes back is written at once."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pysnn.errors import SweepError
from pysnn.keywords import check_keywords, keywords_of, show_keywords
from pysnn.processors import usable_threads
from pysnn.simulation.options import check_integer
from pysnn.sweep.folder import SweepFolder
from pysnn.sweep.points import Point, Space, make_points
from pysnn.sweep.processes import Processes, local_workers
from pysnn.sweep.worker import Columns, Job, Outcome, Run, failed_outcome, run_chunk
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
    executor: Executor | None = None,
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
        Where to run; local processes by default, one a core. Whoever gives one shuts it down.
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
    SweepError
        ``out`` holds a sweep and ``resume`` is false, or the executor has broken down.

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
        job = Job(run, settings.columns, settings.code)
        engine = _Engine(job, folder, settings, len(mine) - len(left), len(mine))
        engine.go(left, executor)
    return folder.table([point.identity for point in points])


class _Engine:
    """One run of a sweep: what waits, what is in flight, and what may have killed a worker."""

    def __init__(self, job: Job, folder: SweepFolder, settings: SweepOptions, done: int, total: int) -> None:
        self.job = job
        self.folder = folder
        self.settings = settings
        self.done, self.total = done, total
        self.most = settings.in_flight or _CHUNKS_PER_WORKER * settings.processes
        self.waiting: deque[Point] = deque()
        self.suspects: deque[Point] = deque()
        self.deaths: Counter[str] = Counter()
        self.flying: dict[Future[list[Outcome]], tuple[Point, ...]] = {}
        self.seconds: float | None = None

    def go(self, points: Sequence[Point], executor: Executor | None) -> None:
        """Run all points; what is done when it is interrupted is written."""
        self.waiting.extend(points)
        pool = executor or local_workers(min(self.settings.processes, len(points)), self.job)
        try:
            while self.waiting or self.suspects or self.flying:
                self._fill(pool)
                self._take(pool, wait(self.flying, _WAKE_SECONDS, FIRST_COMPLETED).done)
        finally:
            for future in self.flying:
                future.cancel()
            self._write([outcome for future in self.flying for outcome in _finished(future)])
            if executor is None:
                pool.shutdown()

    def _fill(self, pool: Executor) -> None:
        """Hand out chunks; a point that may have killed its worker goes alone, so that it is known if it does."""
        if self.suspects:
            if not self.flying:
                self._submit(pool, (self.suspects.popleft(),))
            return
        while self.waiting and len(self.flying) < self.most:
            if not self._submit(pool, tuple(self.waiting.popleft() for _ in range(self._chunk()))):
                return

    def _submit(self, pool: Executor, chunk: tuple[Point, ...]) -> bool:
        """Hand out a chunk; where the pool has broken since the last look at it, the chunk waits on."""
        try:
            self.flying[pool.submit(run_chunk, self.job, chunk)] = chunk
        except BrokenExecutor:
            self.waiting.extendleft(reversed(chunk))
            if not self.flying:
                self._recover(pool, [])
            return False
        return True

    def _chunk(self) -> int:
        """Say how many points go together: about a second's worth, and enough chunks left for every worker."""
        if self.seconds is None:
            return 1
        wanted = min(int(_CHUNK_SECONDS / max(self.seconds, 1e-9)), _MOST_IN_CHUNK, len(self.waiting) // self.most)
        return min(max(1, wanted), len(self.waiting))

    def _take(self, pool: Executor, futures: set[Future[list[Outcome]]]) -> None:
        outcomes: list[Outcome] = []
        lost: list[Point] = []
        for future in futures:
            chunk = self.flying.pop(future)
            try:
                outcomes += future.result()
            except (BrokenExecutor, CancelledError):
                lost += chunk
            # An executor that cannot carry a call or its result says so in its own way; it is about these points.
            except Exception as error:  # noqa: BLE001
                outcomes += [failed_outcome(self.job, point, f"{type(error).__name__}: {error}") for point in chunk]
        self._write(outcomes)
        if lost:
            self._recover(pool, lost)

    def _recover(self, pool: Executor, lost: list[Point]) -> None:
        """Start the workers again; each lost point is tried alone, and has failed when a worker dies of it twice so."""
        if not isinstance(pool, Processes):
            raise SweepError(
                f"the executor {type(pool).__name__} has broken down with {len(lost)} points in flight; what was done before "
                "is kept, and the same sweep goes on with a new executor"
            )
        finished = wait(self.flying).done
        alone = len(lost) == 1 and not finished
        for future in finished:
            chunk = self.flying.pop(future)
            outcomes = _finished(future)
            self._write(outcomes)
            lost += () if outcomes else chunk
        death = pool.restart()
        if alone:
            self.deaths[lost[0].identity] += 1
        for point in lost:
            if self.deaths[point.identity] < _DEATHS:
                self.suspects.append(point)
            else:
                self._write([failed_outcome(self.job, point, death)])

    def _write(self, outcomes: list[Outcome]) -> None:
        if not outcomes:
            return
        self.folder.add(outcomes, self.settings.columns)
        mean = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
        self.seconds = mean if self.seconds is None else (self.seconds + mean) / 2
        self.done += len(outcomes)
        if self.settings.progress is not None:
            self.settings.progress(self.done, self.total)


def _finished(future: Future[list[Outcome]]) -> list[Outcome]:
    """Return what a future has, if it has come to an end in the ordinary way."""
    return future.result() if future.done() and not future.cancelled() and future.exception() is None else []
