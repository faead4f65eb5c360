"""Jobs of sweeps by name."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from pysnn.errors import DataError
from pysnn.sweep.jobs.conversion_grid import read_conversions
from pysnn.sweep.jobs.convert_run import ConvertRun
from pysnn.sweep.jobs.estimate_run import EstimateRun
from pysnn.sweep.jobs.function_run import read_function
from pysnn.sweep.jobs.plastic_grid import read_plastic, read_plastic_estimate
from pysnn.sweep.jobs.run import SweepRun
from pysnn.sweep.jobs.train_run import read_training

__all__ = ["JOBS", "job_named"]

Points: TypeAlias = list[dict[str, Any]]
ReadJob: TypeAlias = Callable[[Path, dict[str, Any]], tuple[SweepRun, Points]]
"""Reads the tables of a spec, and gives the run and the points."""

_FUNCTION = "module:function"

JOBS: Mapping[str, ReadJob] = {
    "convert-run": partial(read_conversions, ConvertRun),
    "estimate": partial(read_conversions, EstimateRun),
    "train": read_training,
    "stdp": read_plastic,
    "stdp-estimate": read_plastic_estimate,
    _FUNCTION: read_function,
}
"""What a sweep may do at its points; a function of one's own stands for itself, as ``mine:loss``."""


def job_named(name: Any) -> ReadJob:
    """Return the job that a spec names.

    Raises
    ------
    DataError
        There is none.

    Examples
    --------
    >>> job_named("estimate") is JOBS["estimate"], job_named("mine:loss") is JOBS["module:function"]
    (True, True)
    """
    known = _FUNCTION if isinstance(name, str) and ":" in name and name != _FUNCTION else name
    if not isinstance(name, str) or known not in JOBS or name == _FUNCTION:
        raise DataError(f"key 'job': expected {' or '.join(JOBS)}, got {name!r}")
    return JOBS[known]
