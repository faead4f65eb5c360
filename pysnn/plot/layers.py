"""The conversion error of each layer."""

from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["layer_errors"]

_PARTS = (
    ("e_total", "total", "o-", "black"),
    ("e_p", "inherited", "s--", COLOURS["purple"]),
    ("e_c", "clipping", "v:", COLOURS["green"]),
    ("e_q", "quantisation", "^-.", COLOURS["orange"]),
    ("e_d", "deviation", "d-", COLOURS["red"]),
)
_MOST_NAMES = 24


def layer_errors(table: "pl.DataFrame", steps: int | None = None, ax: "Axes | None" = None) -> "Axes":
    """Draw the parts of the conversion error along the network, each over the layer's threshold.

    Parameters
    ----------
    table
        Schema "errors".
    steps
        Which number of steps; the largest of the table by default.
    ax
        Axes to draw on; new ones by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The table has no rows for that number of steps.
    MissingExtraError
        matplotlib is not installed.
    """
    if table.is_empty():
        raise DataError("layer_errors: the table is empty")
    wanted = int(table["steps"].to_numpy().max()) if steps is None else steps
    rows = table.filter(table["steps"] == wanted).sort("depth")
    if rows.is_empty():
        raise DataError(
            f"layer_errors: expected one of the steps {sorted(set(table['steps'].to_list()))}, got {wanted}"
        )
    axes = axes_or_new(ax)
    depths, names = rows["depth"].to_list(), rows["layer"].to_list()
    for column, label, style, colour in _PARTS:
        values = (rows[column] / rows["threshold"]).to_list()
        axes.plot(depths, values, style, label=label, linewidth=1.4, color=colour)
    every = -(-len(names) // _MOST_NAMES)
    axes.set_xticks(depths[::every], names[::every], rotation=0 if len(names) <= 6 else 60)
    axes.margins(x=0.1 if len(names) > 1 else 0.5)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("layer")
    axes.set_ylabel("RMS error of the rate / threshold")
    axes.set_title(f"conversion error at T = {wanted}")
    axes.grid(alpha=0.3)
    axes.legend()
    return axes
