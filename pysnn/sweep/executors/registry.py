"""Executors of sweeps by name."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from pysnn.errors import DataError
from pysnn.sweep.executors.dask_cluster import local_cluster, remote_cluster
from pysnn.sweep.executors.dask_pool import DaskPool
from pysnn.sweep.executors.futures import FuturesPool
from pysnn.sweep.executors.loky_processes import LokyProcesses
from pysnn.sweep.executors.pool import WorkerPool
from pysnn.sweep.executors.processes import local_workers
from pysnn.sweep.worker import Job

__all__ = ["EXECUTORS", "ExecutorKind", "check_executor", "open_pool"]


@dataclass(frozen=True)
class ExecutorKind:
    """A kind of executor.

    Attributes
    ----------
    form
        How it is written.
    open
        Starts it for a job, with an address (or "") and a number of workers.
    local
        Whether its workers are started with the sweep, on this machine.
    """

    form: str
    open: Callable[[Job, str, int], WorkerPool]
    local: bool = True


EXECUTORS: Mapping[str, ExecutorKind] = {
    "processes": ExecutorKind(
        "processes", lambda job, _, workers: FuturesPool(job, local_workers(workers, job), workers, own=True)
    ),
    "loky": ExecutorKind(
        "loky", lambda job, _, workers: FuturesPool(job, LokyProcesses(workers, job), workers, own=True)
    ),
    "dask-local": ExecutorKind("dask-local", lambda job, _, workers: DaskPool(job, local_cluster(job, workers))),
    "dask": ExecutorKind(
        "dask://HOST:PORT", lambda job, address, _: DaskPool(job, remote_cluster(job, address)), local=False
    ),
}
"""Each by the name that a text begins with."""


def check_executor(executor: str) -> ExecutorKind:
    """Return the kind of executor that a text names.

    Raises
    ------
    DataError
        There is no such executor, or a part of it is missing.

    Examples
    --------
    >>> check_executor("dask://10.0.0.1:8786").local
    False
    >>> check_executor("ray")
    Traceback (most recent call last):
    pysnn.errors.DataError: executor: expected processes, loky, dask-local or dask://HOST:PORT, got 'ray'
    """
    name, separator, address = executor.partition("://") if isinstance(executor, str) else ("", "", "")
    kind = EXECUTORS.get(name)
    host, _, port = address.rpartition(":")
    if kind is None or bool(separator) == kind.local or (separator and not (host and port.isdecimal())):
        *most, last = (known.form for known in EXECUTORS.values())
        raise DataError(f"executor: expected {', '.join(most)} or {last}, got {executor!r}")
    return kind


def open_pool(executor: str | Executor, job: Job, workers: int) -> WorkerPool:
    """Start workers for a job.

    Parameters
    ----------
    executor
        A text that :func:`check_executor` takes, or an executor of ``concurrent.futures``, which is not shut down.
    job
        What they will run.
    workers
        How many there are to be, where they are started here; of an executor that is given, how many it is taken to have.
    """
    if isinstance(executor, Executor):
        return FuturesPool(job, executor, workers, own=False)
    return check_executor(executor).open(job, executor.partition("://")[2], workers)
