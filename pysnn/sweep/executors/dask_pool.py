"""Workers of a Dask cluster.

Each chunk is pinned to one worker, and a worker has one at a time: so it is known what a worker that died was working at, and the scheduler
never runs a chunk a second time by itself. A process says who it is when it is checked, and a chunk is for that process alone.
"""

import queue
import time
import uuid
import warnings
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pysnn.errors import SweepError
from pysnn.sweep.executors.dask_cluster import Cluster
from pysnn.sweep.executors.pool import Done, Ended, Lost
from pysnn.sweep.points import Point
from pysnn.sweep.worker import Job, Outcome, WorkerRefusedError, check_worker, failed_outcome, run_chunk

__all__ = ["DaskPool"]

_LOOK_SECONDS = 0.25
_RESULT_SECONDS = 5
_SILENT_SECONDS = 30.0
"""Without any worker for so long, a warning says so."""
_MOST_DEATHS_UNCHECKED = 8
"""So many workers may die before they have said who they are, in a row."""
_DEATHS = frozenset({"CancelledError", "FutureCancelledError", "KilledWorker"})
"""What Dask raises for a task whose workers have died."""

_PROCESS = uuid.uuid4().hex
"""Who this process is: a worker that was started again at the same address is another one."""


@dataclass(frozen=True)
class _Greeting:
    """What a worker says before its first point."""

    process: str
    refusal: str = ""


def _greet(job: Job) -> _Greeting:
    try:
        check_worker(job)
    except WorkerRefusedError as error:
        return _Greeting(_PROCESS, str(error))
    return _Greeting(_PROCESS)


def _run(job: Job, chunk: Sequence[Point], process: str) -> list[Outcome] | None:
    """Run a chunk that was meant for a process; ``None`` where this is another one."""
    return run_chunk(job, chunk) if process == _PROCESS else None


@dataclass
class _Worker:
    """A worker of the cluster: what it does now, and which process it is."""

    process: str = ""
    future: Any = None
    chunk: tuple[Point, ...] = field(default=())


class DaskPool:
    """Workers of a Dask cluster; they may join and leave at any time.

    Parameters
    ----------
    job
        What is run.
    cluster
        Where; it is closed with the pool.
    """

    shares_fate = False

    def __init__(self, job: Job, cluster: Cluster) -> None:
        self._job = job
        self._cluster = cluster
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._waiting: deque[tuple[Point, ...]] = deque()
        self._ended: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._again: list[tuple[str, Any]] = []
        self._unchecked_deaths = 0
        self._seen = time.monotonic()
        self._looked = 0.0

    @property
    def workers(self) -> int:
        """How many workers have been checked, one at least."""
        return max(1, sum(bool(worker.process) for worker in self._workers.values()))

    def submit(self, chunk: tuple[Point, ...]) -> bool:
        """Put a chunk in line for the next worker that is free."""
        self._waiting.append(chunk)
        return True

    def take(self, seconds: float) -> list[Ended]:
        """Return what has ended, and what was lost with its worker."""
        lost = self._look()
        self._hand_out()
        while self._again:
            self._ended.put(self._again.pop())
        ended: list[Ended] = list(lost)
        wait = 0.0 if ended else min(seconds, _LOOK_SECONDS)
        while (found := self._next(wait)) is not None:
            wait = 0.0
            address, future = found
            worker = self._workers.get(address)
            if worker is not None and worker.future is future:
                ended += self._read(address, worker)
        return ended

    def close(self) -> list[Done]:
        """Cancel what is not done, and leave the cluster."""
        done = []
        try:
            for worker in self._workers.values():
                if worker.chunk and worker.future.status == "finished":
                    done += [Done(outcomes) for outcomes in [worker.future.result()] if outcomes is not None]
            self._cluster.client.cancel([worker.future for worker in self._workers.values() if worker.future])
        # A cluster that has gone has nothing to give, nor to cancel.
        except Exception:  # noqa: BLE001, S110
            pass
        finally:
            self._cluster.close()
        return done

    def _next(self, seconds: float) -> tuple[str, Any] | None:
        try:
            return self._ended.get(timeout=seconds) if seconds else self._ended.get_nowait()
        except queue.Empty:
            return None

    def _look(self) -> list[Lost]:
        """See which workers there are: new ones are checked, the chunks of those that have gone are lost."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return []
        self._looked = now
        try:
            here = set(self._cluster.client.nthreads())
        # Whatever the connection says when its other end has gone.
        except Exception as error:
            raise SweepError(
                f"the Dask scheduler at '{self._cluster.address}' has gone ({type(error).__name__}: {error}); what was done "
                "before is kept, and the same sweep goes on with a new one"
            ) from error
        self._refused = {address: reason for address, reason in self._refused.items() if address in here}
        lost = [found for address in list(self._workers) if address not in here for found in self._bury(address)]
        for address in here - set(self._workers) - set(self._refused):
            self._workers[address] = _Worker()
            self._call(address, (), _greet, self._job)
        self._complain(here, now)
        return lost

    def _complain(self, here: set[str], now: float) -> None:
        if here & set(self._workers):
            self._seen = now
        elif here:
            raise SweepError("; ".join(self._refused[address] for address in sorted(here)))
        elif now - self._seen > _SILENT_SECONDS:
            self._seen = float("inf")
            warnings.warn(
                f"the Dask cluster at '{self._cluster.address}' has no workers; the sweep goes on when one joins",
                UserWarning,
                stacklevel=2,
            )

    def _bury(self, address: str) -> list[Lost]:
        """Forget a worker that has gone, and return the chunk that was lost with it."""
        worker = self._workers.pop(address)
        if worker.future is not None:
            worker.future.cancel()
        if not worker.process:
            self._unchecked_deaths += 1
            if self._unchecked_deaths > _MOST_DEATHS_UNCHECKED:
                raise SweepError(f"workers of the Dask cluster die before their first point ({address} was the last)")
        return [Lost(worker.chunk, f"the Dask worker {address} died", alone=True)] if worker.chunk else []

    def _hand_out(self) -> None:
        for address, worker in self._workers.items():
            if self._waiting and worker.process and worker.future is None:
                chunk = self._waiting.popleft()
                self._call(address, chunk, _run, self._job, chunk, worker.process)

    def _call(self, address: str, chunk: tuple[Point, ...], function: Any, *arguments: Any) -> None:
        """Let one worker do something, and no other."""
        worker = self._workers[address]
        worker.chunk = chunk
        worker.future = self._cluster.client.submit(
            function, *arguments, pure=False, workers=[address], allow_other_workers=False
        )
        worker.future.add_done_callback(lambda future: self._ended.put((address, future)))

    def _read(self, address: str, worker: _Worker) -> list[Ended]:
        """Take what a worker has given: who it is, or what its points gave."""
        chunk, future = worker.chunk, worker.future
        worker.chunk, worker.future = (), None
        try:
            found = future.result(timeout=_RESULT_SECONDS)
        except TimeoutError:
            # A result lies with its worker until it is fetched. If that has died meanwhile, the next look will tell.
            worker.chunk, worker.future = chunk, future
            self._again.append((address, future))
            return []
        # A task that cannot be carried to a worker, or its result back, says so in its own way.
        except Exception as error:  # noqa: BLE001
            if type(error).__name__ in _DEATHS:
                worker.chunk = chunk
                return list(self._bury(address))
            said = f"{type(error).__name__}: {error}"
            if not chunk:
                self._refuse(address, f"a worker cannot take part in this sweep: {said}")
                return []
            return [Done([failed_outcome(self._job, point, said) for point in chunk])]
        if isinstance(found, _Greeting):
            self._unchecked_deaths = 0
            worker.process = found.process
            if found.refusal:
                self._refuse(address, found.refusal)
            return []
        if found is None:
            worker.chunk = chunk
            return list(self._bury(address))
        return [Done(found)]

    def _refuse(self, address: str, reason: str) -> None:
        """Give a worker no points."""
        del self._workers[address]
        self._refused[address] = f"{address}: {reason}"
        warnings.warn(self._refused[address], UserWarning, stacklevel=2)
