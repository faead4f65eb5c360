"""Dask clusters (extra ``dask``): one of this machine, which is a sweep's own, or one that is there already."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from pysnn.errors import MissingExtraError, SweepError
from pysnn.sweep.executors import dask_preload
from pysnn.sweep.executors.futures import check_sendable
from pysnn.sweep.executors.processes import ONE_THREAD
from pysnn.sweep.worker import Job

__all__ = ["Cluster", "local_cluster", "remote_cluster"]

_CONNECT_SECONDS = 10
_KILL_SECONDS = 0.2


@dataclass(frozen=True)
class Cluster:
    """A connection to a cluster, and what has to be closed behind it."""

    client: Any
    address: str
    own: Any = None

    def close(self) -> None:
        """End the connection, and the workers if they are the sweep's own."""
        self.client.close()
        if self.own is not None:
            self.own.sync(self._kill_workers)
            self.own.close()

    async def _kill_workers(self) -> None:
        """End workers whatever they do; a cluster would let each finish its point first."""
        await asyncio.gather(*(nanny.close(timeout=_KILL_SECONDS) for nanny in self.own.workers.values()))


def local_cluster(job: Job, workers: int) -> Cluster:
    """Start a cluster of this machine, of processes with one thread each.

    Raises
    ------
    DataError
        ``job`` cannot be pickled.
    MissingExtraError
        Dask is not installed.
    """
    distributed = _distributed(job)
    own = distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        env=ONE_THREAD,
        preload=dask_preload.__name__,
        silence_logs=logging.ERROR,
    )
    return Cluster(distributed.Client(own), own.scheduler_address, own)


def remote_cluster(job: Job, address: str) -> Cluster:
    """Connect to the scheduler at HOST:PORT.

    Raises
    ------
    DataError
        ``job`` cannot be pickled.
    MissingExtraError
        Dask is not installed.
    SweepError
        There is no scheduler.
    """
    distributed = _distributed(job)
    try:
        client = distributed.Client(f"tcp://{address}", timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise SweepError(f"there is no Dask scheduler at '{address}' ({error})") from error
    return Cluster(client, address)


def _distributed(job: Job) -> Any:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtraError("executors of Dask need dask and distributed: pip install 'pysnn[dask]'") from error
    from cloudpickle import dumps

    check_sendable(job, dumps)
    return distributed
