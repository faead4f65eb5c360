"""What ``pysnn run`` does with a first-spike network."""

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

    from pysnn.datasets.npz import Data
    from pysnn.first_spike import FirstSpikeNetwork

__all__ = ["run_first_spike"]


def run_first_spike(
    network: "FirstSpikeNetwork",
    data: "Data",
    backend: str,
    threads: int | None,
    predictions: Path | None = None,
) -> "pl.DataFrame":
    """Count decisions and operations on data, and time decisions, which stop at the first output spike.

    Parameters
    ----------
    network, data
        What is run, on what; without labels there is no accuracy.
    backend
        Its name.
    threads
        How many, or ``None`` for as many as there are.
    predictions
        A file for ``labels`` (1, samples), ``scores`` (1, samples, classes), which are ``-t``, and ``steps``.

    Returns
    -------
    DataFrame
        Schema "first_spike_run", one row.
    """
    from pysnn.backends import get_backend
    from pysnn.datasets.npz import save_arrays
    from pysnn.first_spike import encode_times, evaluate
    from pysnn.processors import usable_threads

    threads = threads or usable_threads()
    row = evaluate(network, data.x, data.y, backend=backend, threads=threads).row()
    engine = get_backend(backend).first_spike(network.plan)
    times = encode_times(network, data.x)
    start = time.perf_counter()
    decided = engine.decide(network.weights, times, threads=threads)
    row["ms_per_sample"] = 1000 * (time.perf_counter() - start) / len(times)
    if predictions is not None:
        out = engine.forward(network.weights, times, threads=threads).times(len(network.plan.layers) - 1)
        save_arrays(predictions, labels=decided.winner[None], scores=-np.asarray(out)[None], steps=[network.steps])
    finite = {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
    return make_table("first_spike_run", [finite])
