"""The conversion error along the network, in its parts."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.errors import DataError
from pysnn.files.aside import check_ending, write_aside
from pysnn.plot.frame import COLOURS, axes_or_new, new_figure, plain, set_title

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["conversion_error", "conversion_error_grid", "save_conversion_error"]

# Column, name, line, marker, colour.
_PARTS = (
    ("e_total", "total", "-", "o", "black"),
    ("e_p", "inherited", "--", "s", COLOURS["purple"]),
    ("e_c", "clipping", ":", "v", COLOURS["green"]),
    ("e_q", "quantisation", "-.", "^", COLOURS["orange"]),
    ("e_d", "deviation", "-", "d", COLOURS["red"]),
)
_WIDTHS = (5.0, 3.8, 2.8, 2.0, 1.1)
_MOST_POINTS = 24
_FEW = 8
_MOST_NAMES = 20
_WIDEST = 3
# The share of the largest error down to which the axis goes.
_SHOWN = 1e-3
_BELOW = 3e-4
_PANEL = (4.8, 3.4)


def conversion_error(
    table: "pl.DataFrame", steps: int | None = None, ax: "Axes | None" = None, *, name: str = ""
) -> "Axes":
    """Draw the parts of the conversion error along the network, each over the layer's signal.

    The signal is the root mean square of the ANN's activation in the layer, as in :func:`pysnn.convert.diagnose`. The four
    parts of each neuron's error add up to the total; their root mean squares need not. The axis goes down to a thousandth of
    the largest; a line that leaves it goes to a smaller value, or to none.

    Parameters
    ----------
    table
        Schema "errors", of one conversion.
    steps
        Which number of steps; the largest of the table by default.
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
        The table has no rows for that number of steps.
    MissingExtraError
        matplotlib is not installed.
    """
    known = _known_steps(table)
    wanted = known[-1] if steps is None else steps
    if wanted not in known:
        raise DataError(f"conversion_error: expected one of the steps {known}, got {wanted}")
    rows = table.filter(table["steps"] == wanted).sort("depth")
    axes = axes_or_new(ax)
    depths, names = rows["depth"].to_list(), rows["layer"].to_list()
    signal = [s or t for s, t in zip(rows["signal"], rows["threshold"], strict=True)]
    largest = max(1.0, *(error / over for error, over in zip(rows["e_total"], signal, strict=True)))
    # Blocks of a residual network alternate: in a deep one only points show both bands.
    many = len(names) > _MOST_POINTS
    for number, (column, label, line, marker, colour) in enumerate(_PARTS):
        ratios = (error / over for error, over in zip(rows[column], signal, strict=True))
        values = [max(ratio, _BELOW * largest) for ratio in ratios]
        style = "none" if many else line
        # Parts are often equal: earlier ones are wide and light, so that later ones do not hide them.
        width, light = _WIDTHS[number], 0.5 if column != _PARTS[-1][0] else 1.0
        (drawn,) = axes.plot(depths, values, linestyle=style, label=label, linewidth=width, color=colour, alpha=light)
        drawn.set_marker(marker)
        drawn.set_markersize(3 if many else 3 + (1.0 if len(names) <= _FEW else 0.4) * width)
    axes.axhline(1, color=COLOURS["grey"], linewidth=1, label="as large as the signal")
    _name_layers(axes, depths, names)
    axes.set_yscale("log")
    axes.set_ylim(_SHOWN * largest, 2 * largest)
    axes.set_ylabel("RMS error / RMS activation")
    samples = rows["samples"].to_numpy().max()
    set_title(axes, f"conversion error by {rows['method'][0]} on {samples:,} samples, T = {wanted}", name)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return axes


def conversion_error_grid(table: "pl.DataFrame", steps: Sequence[int] | None = None, *, name: str = "") -> "Figure":
    """Draw :func:`conversion_error` for each of several numbers of steps, small, side by side, on one scale.

    Parameters
    ----------
    table
        Schema "errors", of one conversion.
    steps
        Which numbers of steps; all of the table by default.
    name
        The network and the data, for the title.

    Returns
    -------
    figure
        ``figure.savefig("errors.png")`` writes it.

    Raises
    ------
    DataError, MissingExtraError
        As :func:`conversion_error` does.
    """
    wanted = _known_steps(table) if steps is None else list(steps)
    columns = min(_WIDEST, len(wanted))
    lines = -(-len(wanted) // columns)
    figure = new_figure(max(6.4, _PANEL[0] * columns), max(4.0, _PANEL[1] * lines))
    panels = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).ravel()
    tops = []
    for number, (panel, at) in enumerate(zip(panels, wanted, strict=False)):
        tops.append(conversion_error(table, at, panel).get_ylim()[1])
        panel.set_title(f"T = {at}")
        if number % columns:
            panel.set_ylabel("")
        if number < len(wanted) - columns:
            panel.set_xlabel("")
        else:
            # Panels without one below them name their layers, whichever line they stand in.
            panel.tick_params(labelbottom=True)
        if number != columns - 1:
            panel.get_legend().remove()
    panels[0].set_ylim(_SHOWN * max(tops), max(tops))
    for panel in panels[len(wanted) :]:
        panel.remove()
    samples = table["samples"].to_numpy().max()
    what = f"conversion error by {table['method'][0]} along the network, {samples:,} samples"
    figure.suptitle(plain(f"{name}: {what}" if name else what))
    return figure


def save_conversion_error(path: str | os.PathLike[str], table: "pl.DataFrame", *, name: str = "") -> Path:
    """Write :func:`conversion_error_grid` as a PNG.

    Raises
    ------
    DataError, MissingExtraError
        As :func:`conversion_error` does.
    """
    check_ending(Path(path), [".png"])
    figure = conversion_error_grid(table, name=name)
    return write_aside(Path(path), lambda aside: figure.savefig(aside, dpi=150, format="png"))


def _known_steps(table: "pl.DataFrame") -> list[int]:
    if table.is_empty():
        raise DataError("conversion_error: the table is empty")
    if table["method"].n_unique() > 1:
        raise DataError("conversion_error: expected the table of one conversion, got several methods")
    return sorted(set(table["steps"].to_list()))


def _name_layers(axes: "Axes", depths: list[int], names: list[str]) -> None:
    """Name layers below the axis, as many as can be read."""
    every = -(-len(names) // _MOST_NAMES)
    slanted: dict[str, Any] = (
        {"rotation": 60, "ha": "right", "rotation_mode": "anchor", "fontsize": 7} if len(names) > 6 else {}
    )
    axes.set_xticks(depths[::every], [plain(name) for name in names[::every]], **slanted)
    axes.margins(x=0.02 if len(names) > 6 else 0.1 if len(names) > 1 else 0.5)
    axes.set_xlabel("layer")
