"""Results of a sweep."""

from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, plain, set_title, show_logarithmic, show_steps, stacked_style
from pysnn.tables import pareto_rows

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["pareto_front", "sweep_results"]

_SHARES = ("accuracy", "agreement", "ann_accuracy")
_WORDS = {"synops": "synaptic operations a sample", "energy": "energy (pJ a sample)"}


def sweep_results(
    table: "pl.DataFrame",
    x: str = "steps",
    y: str = "accuracy",
    by: str = "method",
    ax: "Axes | None" = None,
    *,
    name: str = "",
) -> "Axes":
    """Draw one column of a sweep against another, a line a value of a third: the mean over points that share both, and their range.

    Points that failed, or have no value, are left out, and the title says how many.

    Parameters
    ----------
    table
        What :func:`pysnn.sweep.sweep` returns, or a table with these columns.
    x, y, by
        Names of columns; ``x`` and ``y`` are numbers.
    ax
        Axes to draw on; new ones by default.
    name
        The networks and the data, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table lacks a column, a column is not numeric, or no row has values.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"steps": [2, 4, 4], "accuracy": [0.5, 0.8, 0.9], "method": ["a", "a", "a"]})
    >>> sweep_results(table).get_title()
    'accuracy against steps by method, 3 points'
    """
    import polars as pl

    known = _known(table, "sweep_results", (x, y), by)
    means = known.group_by(by, x, maintain_order=True).agg(
        pl.col(y).mean().alias("mean"), pl.col(y).min().alias("low"), pl.col(y).max().alias("high")
    )
    axes = axes_or_new(ax)
    scale = 100 if y in _SHARES else 1
    values = known[by].unique(maintain_order=True)
    for number, value in enumerate(values):
        line = means.filter(means[by].eq_missing(pl.lit(value))).sort(x)
        style = stacked_style(number, len(values))
        low, mean, high = (scale * line[column].to_numpy() for column in ("low", "mean", "high"))
        axes.plot(line[x].to_numpy(), mean, label=plain(f"{by} {value}"), **style)
        axes.fill_between(line[x].to_numpy(), low, high, color=style["color"], alpha=0.15, linewidth=0)
    _axes(axes, known, x, y)
    axes.legend(fontsize="small")
    set_title(axes, f"{y} against {x} by {by}, {_points(table, known)}", name)
    return axes


def pareto_front(
    table: "pl.DataFrame", x: str = "synops", y: str = "accuracy", ax: "Axes | None" = None, *, name: str = ""
) -> "Axes":
    """Draw all points of a sweep, and join those that no other beats: none has a smaller ``x`` at the same ``y`` or a larger one.

    Parameters
    ----------
    table
        What :func:`pysnn.sweep.sweep` returns, or a table with these columns.
    x
        Column of the cost, which is to be small.
    y
        Column of the gain, which is to be large.
    ax
        Axes to draw on; new ones by default.
    name
        The networks and the data, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table lacks a column, a column is not numeric, or no row has values.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> import polars as pl
    >>> table = pl.DataFrame({"synops": [10.0, 20.0, 30.0], "accuracy": [0.5, 0.9, 0.8]})
    >>> pareto_front(table).lines[-1].get_xdata().tolist()
    [10.0, 20.0]
    """
    known = _known(table, "pareto_front", (x, y))
    front = pareto_rows(known, y, f"-{x}")
    axes = axes_or_new(ax)
    scale = 100 if y in _SHARES else 1
    axes.plot(
        known[x].to_numpy(), scale * known[y].to_numpy(), "o", color=COLOURS["grey"], markersize=4, alpha=0.5,
        label="points",
    )  # fmt: skip
    axes.plot(
        front[x].to_numpy(), scale * front[y].to_numpy(), "s-", color=COLOURS["orange"], markersize=5,
        drawstyle="steps-post", label=f"Pareto front: {front.height} points",
    )  # fmt: skip
    _axes(axes, known, x, y)
    axes.legend(fontsize="small", loc="lower right")
    set_title(axes, f"{y} against {x}, {_points(table, known)}", name)
    return axes


def _known(table: "pl.DataFrame", plot: str, numbers: tuple[str, str], *others: str) -> "pl.DataFrame":
    """Return the rows that have both numbers."""
    missing = [column for column in (*numbers, *others) if column not in table.columns]
    if missing:
        raise DataError(f"{plot}: the table has no column '{missing[0]}'; it has {', '.join(table.columns)}")
    for column in numbers:
        if not table[column].dtype.is_numeric():
            raise DataError(f"{plot}: expected numbers in the column '{column}', got {table[column].dtype}")
    x, y = (table[column].is_not_null() & table[column].cast(float).is_finite() for column in numbers)
    known = table.filter(x & y)
    if known.is_empty():
        raise DataError(f"{plot}: no row of the table has both {numbers[0]} and {numbers[1]}")
    return known


def _points(table: "pl.DataFrame", known: "pl.DataFrame") -> str:
    left = table.height - known.height
    return f"{known.height:,} points" + (f" ({left:,} without a value left out)" if left else "")


def _axes(axes: "Axes", known: "pl.DataFrame", x: str, y: str) -> None:
    if x == "steps":
        show_steps(axes, sorted(known[x].unique().to_list()))
    else:
        show_logarithmic(axes, known[x].to_list())
        axes.set_xlabel(plain(_WORDS.get(x, x)))
    axes.set_ylabel(f"{y} (%)" if y in _SHARES else plain(_WORDS.get(y, y)))
    axes.grid(alpha=0.3)
