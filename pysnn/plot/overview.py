"""Accuracy and layer errors on one page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pysnn.files.aside import write_aside
from pysnn.plot.accuracy import accuracy_against_steps
from pysnn.plot.conversion_error import conversion_error
from pysnn.plot.frame import new_figure, plain

if TYPE_CHECKING:
    import polars as pl

__all__ = ["save_overview"]


def save_overview(
    path: str | os.PathLike[str],
    table: "pl.DataFrame",
    errors: "pl.DataFrame",
    *,
    steps: int | None = None,
    name: str = "",
) -> Path:
    """Write a PNG: accuracy against time-steps, and the errors along the network at one number of steps; ``name`` is for the title.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    figure = new_figure(10.0, 4.0)
    left, right = figure.subplots(1, 2)
    accuracy_against_steps(table, left)
    conversion_error(errors, steps, right)
    figure.suptitle(plain(name))
    return write_aside(Path(path), lambda aside: figure.savefig(aside, dpi=150))
