"""Accuracy against the number of time-steps, and against what they cost."""

from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, set_title, show_logarithmic, show_steps, stacked_style

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["accuracy_against_operations", "accuracy_against_steps"]


def accuracy_against_steps(table: "pl.DataFrame", ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    r"""Draw the accuracy at each number of steps, a line a precision, beside that of the ANN.

    Parameters
    ----------
    table
        Schema "run", with accuracies; tables of several precisions may be one below the other.
    ax
        Axes to draw on; new ones by default.
    name
        The network and the data, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table has no accuracy: the run had no labels.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> result = run(net, [[0.5, 0.0]], steps=[2, 8], labels=[0], backend="reference")
    >>> accuracy_against_steps(result.table(), name="two neurons").get_title()
    'two neurons\naccuracy on 1 samples, T = 2 to 8'
    """
    known = _known(table, "accuracy_against_steps")
    axes = axes_or_new(ax)
    _lines(axes, known, "steps")
    for accuracy in known["ann_accuracy"].drop_nulls().unique():
        axes.axhline(100 * accuracy, color=COLOURS["grey"], linewidth=1, label=f"ANN: {100 * accuracy:.2f} %")
    show_steps(axes, sorted(known["steps"].unique().to_list()))
    _finish(axes, known, name, "accuracy")
    return axes


def accuracy_against_operations(table: "pl.DataFrame", ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the accuracy against the synaptic operations of a sample, a line a precision, a point a number of steps.

    A star is the ANN at its multiply-accumulates, where the table has both.

    Parameters
    ----------
    table
        Schema "run", with accuracies; tables of several precisions may be one below the other.
    ax
        Axes to draw on; new ones by default.
    name
        The network and the data, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table has no accuracy: the run had no labels.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Linear, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "fc": Linear([[1, 0], [0, 1]]), "out": Output()})
    >>> result = run(net, [[0.5, 0.1]], steps=[2, 8], labels=[0], backend="reference")
    >>> accuracy_against_operations(result.table()).get_xlabel()
    'synaptic operations a sample'
    """
    known = _known(table, "accuracy_against_operations")
    axes = axes_or_new(ax)
    _lines(axes, known, "synops")
    last = known.filter(known["precision"] == known["precision"][-1])
    for row in last.to_dicts():
        axes.annotate(
            f"T = {row['steps']}", (row["synops"], 100 * row["accuracy"]), (5, -13), textcoords="offset points",
            fontsize="x-small",
        )  # fmt: skip
    for ann in known.select("ann_macs", "ann_accuracy").drop_nulls().unique().to_dicts():
        label = f"ANN: {ann['ann_macs']:,} multiply-accumulates"
        axes.plot(
            [ann["ann_macs"]], [100 * ann["ann_accuracy"]], "*", color=COLOURS["grey"], markersize=11, label=label
        )
    show_logarithmic(axes, known["synops"].to_list())
    axes.margins(x=0.1)
    axes.set_xlabel("synaptic operations a sample")
    _finish(axes, known, name, "accuracy against operations")
    return axes


def _known(table: "pl.DataFrame", plot: str) -> "pl.DataFrame":
    """Return the rows with an accuracy."""
    known = table.filter(table["accuracy"].is_not_null() & table["accuracy"].is_not_nan())
    if known.is_empty():
        raise DataError(f"{plot}: the table has no accuracy; give labels to the run")
    return known


def _lines(axes: "Axes", known: "pl.DataFrame", column: str) -> None:
    precisions = known["precision"].unique(maintain_order=True)
    for number, precision in enumerate(precisions):
        line = known.filter(known["precision"] == precision).sort("steps")
        style = stacked_style(number, len(precisions))
        axes.plot(line[column].to_list(), (100 * line["accuracy"]).to_list(), label=precision, **style)


def _finish(axes: "Axes", known: "pl.DataFrame", name: str, what: str) -> None:
    steps = known["steps"].to_numpy()
    span = f"T = {steps.min()}" + (f" to {steps.max()}" if steps.max() > steps.min() else "")
    axes.set_ylabel("accuracy (%)")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    set_title(axes, f"{what} on {known['samples'].to_numpy().max():,} samples, {span}", name)
