"""Accuracy against the number of time-steps."""

from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["accuracy_against_steps"]

_STYLES = (("o-", "blue"), ("s--", "orange"), ("^:", "green"), ("d-.", "purple"))


def accuracy_against_steps(table: "pl.DataFrame", ax: "Axes | None" = None) -> "Axes":
    """Draw the accuracy at each number of steps, a line a precision, beside that of the ANN.

    Parameters
    ----------
    table
        Schema "run", with accuracies; tables of several precisions may be one below the other.
    ax
        Axes to draw on; new ones by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table has no accuracy: the run had no labels.
    MissingExtraError
        matplotlib is not installed.
    """
    known = table.filter(table["accuracy"].is_not_null())
    if known.is_empty():
        raise DataError("accuracy_against_steps: the table has no accuracy; give labels to the run")
    axes = axes_or_new(ax)
    for i, precision in enumerate(known["precision"].unique(maintain_order=True)):
        line = known.filter(known["precision"] == precision).sort("steps")
        style, colour = _STYLES[i % len(_STYLES)]
        axes.plot(
            line["steps"].to_list(), (100 * line["accuracy"]).to_list(), style, color=COLOURS[colour], label=precision
        )
    anns = known["ann_accuracy"].drop_nulls().unique()
    for accuracy in anns:
        axes.axhline(100 * accuracy, color=COLOURS["grey"], linewidth=1, label=f"ANN: {100 * accuracy:.2f} %")
    steps = sorted(known["steps"].unique().to_list())
    axes.set_xscale("log", base=2)
    axes.set_xticks(steps, [str(value) for value in steps])
    axes.minorticks_off()
    axes.set_xlabel("time-steps")
    axes.set_ylabel("accuracy (%)")
    axes.grid(alpha=0.3)
    axes.set_title(f"accuracy on {known['samples'].to_numpy().max():,} samples")
    axes.legend(loc="lower right")
    return axes
