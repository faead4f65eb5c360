"""Warn of layers that carry nothing: no neuron of them fires, or every neuron fires at every step."""

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["warn_of_extremes"]


def warn_of_extremes(rows: Iterable[Mapping[str, Any]]) -> None:
    """Look for layers that are all silent or all saturated at the largest number of steps.

    Parameters
    ----------
    rows
        Of the schema "errors": of those, "layer", "steps", "samples", "silent" and "saturated" are read.

    Warns
    -----
    UserWarning
        One for each such layer. It names the layer.

    Examples
    --------
    >>> warn_of_extremes([{"layer": "relu1", "steps": 4, "samples": 2, "silent": 0.9, "saturated": 0.1}])
    """
    listed = list(rows)
    last = max((row["steps"] for row in listed), default=0)
    for row in listed:
        where = f"layer '{row['layer']}', T = {last}, {row['samples']} samples"
        if row["steps"] == last and row["silent"] == 1:
            _warn(f"{where}: no neuron fires; take more time-steps, or a method with lower thresholds")
        if row["steps"] == last and row["saturated"] == 1:
            _warn(f"{where}: every neuron fires at every step; take a method with higher thresholds (max-norm)")


def _warn(sentence: str) -> None:
    warnings.warn(sentence, UserWarning, stacklevel=3)
