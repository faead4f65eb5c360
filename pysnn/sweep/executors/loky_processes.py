"""Processes of loky (extra ``loky``), which can take functions that stand in a script or a notebook."""

import os
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from pysnn.errors import MissingExtraError
from pysnn.sweep.executors.futures import RestartableExecutor, check_sendable
from pysnn.sweep.executors.processes import ONE_THREAD, death_by
from pysnn.sweep.worker import Job

__all__ = ["LokyProcesses"]

P = ParamSpec("P")
T = TypeVar("T")

_EXIT_CODE = re.compile(r"\w+\((-?\d+)\)")
_LOOK_SECONDS = 0.5


class LokyProcesses(RestartableExecutor):
    """A pool of loky's processes that can be started again.

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
    MissingExtraError
        loky is not installed.
    """

    def __init__(self, workers: int, job: Job) -> None:
        self._workers = workers
        self._pool = self._start()
        # It starts processes when there is something to do, so nothing has to be ended where this fails.
        from cloudpickle import dumps

        check_sendable(job, dumps)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a call to a worker."""
        future: Future[T] = self._pool.submit(fn, *args, **kwargs)
        return future

    def restart(self, cause: BaseException) -> str:
        """Start afresh; loky tells the exit codes of dead workers in its exception."""
        self._pool.shutdown(wait=True, kill_workers=True)
        self._pool = self._start()
        codes = _EXIT_CODE.findall(str(cause))
        return death_by(int(codes[0]) if codes else None)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End all workers at once, whatever they do."""
        self._pool.shutdown(wait=wait, kill_workers=True)

    def _start(self) -> Any:
        try:
            from loky import ProcessPoolExecutor
        except ImportError as error:
            raise MissingExtraError("the executor 'loky' needs the package loky: pip install 'pysnn[loky]'") from error
        return ProcessPoolExecutor(self._workers, initializer=_prepare, initargs=(os.getpid(),), env=ONE_THREAD)


def _prepare(parent: int) -> None:
    """Make a worker end when the sweep does, however that ends: an orphan has another parent."""

    def follow() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
