"""Executors of ``concurrent.futures`` as workers of a sweep."""

import pickle
from abc import abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait

from pysnn.errors import DataError, SweepError
from pysnn.sweep.executors.pool import Done, Ended, Lost
from pysnn.sweep.points import Point
from pysnn.sweep.worker import Job, Outcome, WorkerRefusedError, failed_outcome, run_chunk

__all__ = ["FuturesPool", "RestartableExecutor", "check_sendable"]


def check_sendable(job: Job, dumps: Callable[[Job], bytes]) -> None:
    """Check that a job can be sent to other processes.

    Raises
    ------
    DataError
        ``dumps`` cannot pickle it.
    """
    try:
        dumps(job)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise DataError(
            f"sweep: the run cannot be sent to worker processes ({error}); make it a function at the top of a module"
        ) from error


class RestartableExecutor(Executor):
    """An executor whose workers can be started again when one of them has died."""

    @abstractmethod
    def restart(self, cause: BaseException) -> str:
        """Start all workers afresh, and say how the dead one died."""


class FuturesPool:
    """Workers behind a ``concurrent.futures.Executor``, which breaks as a whole when one of them dies.

    Parameters
    ----------
    job
        What is run.
    executor
        Who runs it.
    workers
        How many workers it has.
    own
        Whether it ends with the sweep; otherwise whoever gave it shuts it down.
    """

    shares_fate = True

    def __init__(self, job: Job, executor: Executor, workers: int, *, own: bool) -> None:
        self.workers = workers
        self._job = job
        self._executor = executor
        self._own = own
        self._flying: dict[Future[list[Outcome]], tuple[Point, ...]] = {}
        self._cause: BaseException | None = None
        self._end: SweepError | None = None

    def submit(self, chunk: tuple[Point, ...]) -> bool:
        """Hand out a chunk, if the executor is whole."""
        try:
            self._flying[self._executor.submit(run_chunk, self._job, chunk)] = chunk
        except BrokenExecutor as error:
            self._cause = error
        return self._cause is None

    def take(self, seconds: float) -> list[Ended]:
        """Return what has ended; behind the death of a worker, all that was in flight."""
        if self._end is not None:
            raise self._end
        ended, lost = self._read(wait(self._flying, seconds, FIRST_COMPLETED).done)
        if self._cause is None:
            return ended
        more, others = self._read(wait(self._flying).done)
        return [*ended, *more, *self._recover(lost + others, alone=not more and len(lost + others) == 1)]

    def close(self) -> list[Done]:
        """Cancel what waits, and end the workers if they are the sweep's own."""
        for future in self._flying:
            future.cancel()
        done = [Done(future.result()) for future in self._flying if _has_result(future)]
        if self._own:
            self._executor.shutdown()
        return done

    def _read(self, futures: Iterable[Future[list[Outcome]]]) -> tuple[list[Ended], list[tuple[Point, ...]]]:
        ended: list[Ended] = []
        lost: list[tuple[Point, ...]] = []
        for future in futures:
            chunk = self._flying.pop(future)
            try:
                ended.append(Done(future.result()))
            except (BrokenExecutor, CancelledError) as error:
                self._cause = error
                lost.append(chunk)
            except WorkerRefusedError as error:
                self._end = error
            # An executor that cannot carry a call or its result says so in its own way; it is about these points.
            except Exception as error:  # noqa: BLE001
                said = f"{type(error).__name__}: {error}"
                ended.append(Done([failed_outcome(self._job, point, said) for point in chunk]))
        return ended, lost

    def _recover(self, lost: list[tuple[Point, ...]], *, alone: bool) -> list[Lost]:
        assert self._cause is not None
        if isinstance(self._executor, RestartableExecutor):
            death = self._executor.restart(self._cause)
            self._cause = None
            return [Lost(chunk, death, alone) for chunk in lost]
        self._end = SweepError(
            f"the executor {type(self._executor).__name__} has broken down with {sum(map(len, lost))} points in flight; "
            "what was done before is kept, and the same sweep goes on with a new executor"
        )
        return []


def _has_result(future: Future[list[Outcome]]) -> bool:
    """Whether a future has come to an end in the ordinary way."""
    return future.done() and not future.cancelled() and future.exception() is None
