"""What int8 costs a network against float32."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.simulation.result import Result
from pysnn.simulation.simulator import run
from pysnn.tables import make_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["compare_precisions", "precision_table"]


def compare_precisions(
    network: Network, x: Any, labels: Any = None, *, steps: int | Sequence[int], **options: Any
) -> "pl.DataFrame":
    """Run a network in float32 and in int8 and say what quantisation cost in accuracy and in spikes.

    Parameters
    ----------
    network
        A spiking network.
    x, labels
        As in :func:`pysnn.run`.
    steps
        Number of time-steps, or several.
    **options
        Fields of :class:`pysnn.simulation.simulator.RunOptions`, all but ``precision``.

    Returns
    -------
    table
        Schema "quantisation": accuracies (null without labels), share of equal predictions, spikes of all samples.

    Examples
    --------
    >>> from pysnn import IF, Input, Output
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> compare_precisions(net, np.float32([[0.5, 0.2]]), steps=4, backend="reference")["agreement"].to_list()
    [1.0]
    """
    if "precision" in options:
        raise DataError("compare_precisions: expected no 'precision', it runs both")
    full = run(network, x, steps=steps, labels=labels, precision="float32", **options)
    small = run(network, x, steps=steps, labels=labels, precision="int8", **{**options, "check_range": False})
    return precision_table(full, small)


def precision_table(full: Result, small: Result) -> "pl.DataFrame":
    """Return the same table from two results of one network on the same data, float32 and int8."""
    known = full.labels is not None
    rows = [
        {
            "steps": steps,
            "samples": full.samples,
            "accuracy_float32": full.accuracy[i] if known else None,
            "accuracy_int8": small.accuracy[i] if known else None,
            "agreement": float(np.mean(full.predictions[i] == small.predictions[i])),
            "spikes_float32": int(full.total("spikes")[i]),
            "spikes_int8": int(small.total("spikes")[i]),
        }
        for i, steps in enumerate(full.steps)
    ]
    return make_table("quantisation", rows)
