"""A sweep on workers that SLURM starts, through dask-jobqueue: ``python jobqueue.py digits.toml``, in a job or on the login node.

The sweep itself, which alone writes, runs where this script does. Workers join as SLURM starts them, and may be taken away.
"""

import subprocess
import sys

from dask_jobqueue import SLURMCluster


def make_cluster(most_jobs: int = 32) -> SLURMCluster:
    """Return a cluster for which jobs are queued; a worker has one thread, a job eight workers."""
    cluster = SLURMCluster(
        cores=8,
        processes=8,
        memory="16GB",
        walltime="04:00:00",
        job_extra_directives=["--job-name=pysnn-sweep"],
    )
    cluster.scale(jobs=most_jobs)
    return cluster


if __name__ == "__main__":
    with make_cluster() as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")
        command = ["pysnn", "sweep", "run", sys.argv[1], "--executor", f"dask://{address}"]
        sys.exit(subprocess.run(command, check=False).returncode)
