"""Local worker processes that end when they should: at once when told to, and with the sweep when it is killed."""

import multiprocessing
import os
import pickle
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from pysnn.errors import SweepError
from pysnn.sweep.executors.futures import RestartableExecutor, check_sendable
from pysnn.sweep.worker import Job

__all__ = ["ONE_THREAD", "Processes", "death_by", "local_workers"]

P = ParamSpec("P")
T = TypeVar("T")

_all_started: Any = None

# A worker is one process on one core: linear algebra with threads of its own would only get into the others' way, and sums
# could depend on how many there are.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)
"""The environment of a worker."""


class Processes(RestartableExecutor):
    """A pool of spawned processes (threads and forks do not mix) that can be killed and started again.

    Parameters
    ----------
    workers
        How many processes.
    job
        What each of them has to be able to load.

    Raises
    ------
    DataError
        ``job`` cannot be pickled.
    """

    def __init__(self, workers: int, job: Job) -> None:
        self._workers = workers
        self._job = job
        check_sendable(job, pickle.dumps)
        self._environment = {name: os.environ.get(name) for name in ONE_THREAD}
        os.environ.update(ONE_THREAD)
        self._started: dict[int, BaseProcess] = {}
        try:
            self._pool = self._start()
        except BaseException:
            self._restore_environment()
            raise

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a call to a worker."""
        return self._pool.submit(fn, *args, **kwargs)

    def restart(self, cause: BaseException) -> str:
        """Start afresh behind the death of a worker, and say how it died."""
        dead = set(connection.wait([process.sentinel for process in self._started.values()], timeout=0))
        fallen = [process for process in self._started.values() if process.sentinel in dead]
        # The pool itself ends the other workers with SIGTERM, which a run may have a handler for.
        for process in self._started.values():
            if process not in fallen:
                process.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        own = [process.exitcode for process in fallen if process.exitcode not in {None, 0, -signal.SIGTERM}]
        self._started.clear()
        self._pool = self._start()
        return death_by(own[0] if own else None)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all workers at once, whatever they do."""
        self._kill()
        self._pool.shutdown(wait=wait, cancel_futures=True)
        self._restore_environment()

    def _kill(self) -> None:
        for process in self._started.values():
            process.kill()

    def _restore_environment(self) -> None:
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _start(self) -> ProcessPoolExecutor:
        """Start all workers: a pool that starts one while another dies may fail in a thread of its own."""
        context = multiprocessing.get_context("spawn")
        all_started = context.Event()
        pool = ProcessPoolExecutor(self._workers, mp_context=context, initializer=_prepare, initargs=(all_started,))
        try:
            with _interrupts_held():
                first = pool.submit(_load, self._job)
                self._remember(pool)
            first.result()
            # Each call keeps a worker busy until there are all of them: the pool starts one only where none is idle.
            with _interrupts_held():
                for _ in range(self._workers):
                    pool.submit(_wait_for_all)
                self._remember(pool)
            all_started.set()
        except BaseException as error:
            # A worker that is not up yet would say a traceback of its own, and the pool's thread has to end before Python does:
            # at exit both would close the same pipe.
            self._kill()
            pool.shutdown(wait=True, cancel_futures=True)
            if not isinstance(error, BrokenExecutor):
                raise
            raise SweepError(
                "sweep: worker processes cannot start; the run must be a function that they can import, and a script "
                'must start its sweep under `if __name__ == "__main__":`'
            ) from error
        return pool

    def _remember(self, pool: ProcessPoolExecutor) -> None:
        # Python 3.14 has `kill_workers`; before it a pool keeps its processes to itself.
        self._started.update(pool._processes or {})  # noqa: SLF001


def local_workers(workers: int, job: Job) -> Executor:
    """Start local processes, or one thread where the system has none to give (``/dev/shm`` must not be written, for example)."""
    try:
        return Processes(workers, job)
    except OSError as error:
        warnings.warn(
            f"sweep: worker processes cannot be had here ({error}); points are run one after the other in this process",
            UserWarning,
            stacklevel=2,
        )
        return ThreadPoolExecutor(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl-C wait while a process is started: the process takes the mask over, and is not stopped half-way up.

    The mask alone does not hold it: another thread may be given the signal, and Python then interrupts the main thread.
    """
    held: list[tuple[int, FrameType | None]] = []
    ours = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if ours else None
    if handler is not None:
        signal.signal(signal.SIGINT, lambda number, frame: held.append((number, frame)))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if handler is not None:
            signal.signal(signal.SIGINT, handler)
        if held and callable(handler):
            handler(*held[0])


def _prepare(all_started: Any) -> None:
    """Make a worker leave Ctrl-C to the sweep, and end when the sweep does, however that ends."""
    global _all_started  # noqa: PLW0603 - an event reaches a worker only where it starts
    _all_started = all_started
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _load(job: Any) -> None:
    """Take a job: unpickling it is the point."""


def _wait_for_all() -> None:
    """Be busy until all workers have been started."""
    _all_started.wait()


def death_by(code: int | None) -> str:
    """Say how a worker died, by its exit code."""
    if code is None:
        return "the worker process died"
    if code < 0:
        return (
            f"the worker process was killed by signal {-code} ({signal.Signals(-code).name}); memory may have run out"
        )
    return f"the worker process ended with exit code {code}"
