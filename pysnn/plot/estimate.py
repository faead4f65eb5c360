"""Bars of an estimate's energy with their intervals, and the cores that layers take."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysnn.errors import DataError
from pysnn.files.aside import write_aside
from pysnn.plot.frame import COLOURS, axes_or_new, new_figure, plain, set_title

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

    from pysnn.hardware import Estimate

__all__ = ["cores_by_layer", "energy_by_layer", "energy_by_term", "save_estimate"]

_SNN = "snn"
_FAR_APART = 30.0
_MOST_LABELS = 60
_MOST_NAMED = 24
_MOST_SQUARES = 2048


def energy_by_term(table: "pl.DataFrame", ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the energy of each priced term with its interval, for every network and chip, on a logarithmic axis.

    Parameters
    ----------
    table
        Schema "estimate".
    ax
        Axes to draw on; new ones by default.
    name
        The network, the data and the number of steps, for the title.

    Raises
    ------
    DataError
        Nothing in the table has a price.
    MissingExtraError
        matplotlib is not installed.
    """
    rows = [
        row for row in table.to_dicts() if row["layer"] == "" and row["term"].startswith("energy_") and row["value"]
    ]
    rows = [row for row in rows if row["term"] != "energy_delay"]
    if not rows:
        raise DataError("energy_by_term: expected a table with priced terms, got none")
    axes = axes_or_new(ax)
    labels = [f"{_who(row)}: {row['term'].removeprefix('energy_').replace('_', ' ')} ({row['scope']})" for row in rows]
    _bars(axes, labels, rows, ["orange" if row["term"] == "energy_total" else "blue" for row in rows])
    chips = ", ".join(dict.fromkeys(row["chip"] for row in rows))
    set_title(axes, f"energy of a sample by term: {chips}", name)
    return axes


def energy_by_layer(table: "pl.DataFrame", chip: str, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the energy of each layer of the spiking network on a chip: all priced terms that belong to layers; ``name`` is for the title.

    Raises
    ------
    DataError
        The chip has no priced term that belongs to a layer.
    MissingExtraError
        matplotlib is not installed.
    """
    order = dict.fromkeys(
        row["layer"] for row in table.to_dicts() if row["chip"] == chip and row["term"] == "updates" and row["layer"]
    )
    held: dict[str, dict[str, float]] = {name: {"low": 0.0, "value": 0.0, "high": 0.0} for name in order}
    for row in table.to_dicts():
        own = row["network"] == _SNN and row["chip"] == chip and row["layer"] and row["term"].startswith("energy_")
        if own and row["value"] is not None:
            total = held.setdefault(row["layer"], {"low": 0.0, "value": 0.0, "high": 0.0})
            for end in total:
                total[end] += row[end] or 0.0
    rows: list[dict[str, Any]] = [{"layer": name, **ends} for name, ends in held.items() if ends["value"]]
    if not rows:
        raise DataError(f"energy_by_layer: expected a chip with priced terms of layers, got '{chip}'")
    axes = axes_or_new(ax)
    _bars(axes, [str(row["layer"]) for row in rows], rows, ["green"] * len(rows))
    set_title(axes, f"energy of a sample by layer: {chip}", name)
    return axes


def cores_by_layer(mapping: "pl.DataFrame", chip: str, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the cores of a chip in the order in which layers take them, a square a core, or so many where there are too many to see.

    ``name`` is for the title.

    Raises
    ------
    DataError
        No layer takes cores of that chip.
    MissingExtraError
        matplotlib is not installed.
    """
    rows = [row for row in mapping.to_dicts() if row["chip"] == chip and row["cores"]]
    if not rows:
        raise DataError(f"cores_by_layer: expected a mapping with cores of '{chip}', got none")
    axes = axes_or_new(ax)
    total = sum(row["cores"] for row in rows)
    part = -(-total // _MOST_SQUARES)
    squares = [-(-row["cores"] // part) for row in rows]
    side = max(8, round(sum(squares) ** 0.5 * 1.5))
    colours = list(COLOURS.values())
    first = 0
    for k, (row, count) in enumerate(zip(rows, squares, strict=True)):
        places = range(first, first + count)
        first += count
        label = f"{row['layer']}: {row['cores']:,} of {row['neurons_per_core']:,}"
        axes.scatter(
            [c % side for c in places],
            [c // side for c in places],
            marker="s",
            s=min(24.0, 24 * 400 / sum(squares)),
            color=colours[k % len(colours)],
            label=plain(label) if k < _MOST_NAMED else None,
        )
    axes.set_xlim(-1, side)
    axes.set_ylim(max(sum(squares) // side + 1, 6), -1)
    axes.set_aspect("equal")
    axes.set_axis_off()
    each = "" if part == 1 else f", {part} cores a square"
    set_title(axes, f"{total:,} cores of {chip}: layer, cores, neurons a core{each}", name)
    title = f"and {len(rows) - _MOST_NAMED} layers more" if len(rows) > _MOST_NAMED else None
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small", frameon=False, title=title)
    return axes


def save_estimate(path: str | os.PathLike[str], estimate: "Estimate", *, name: str = "") -> Path:
    """Write a PNG: energy by term of everything, energy by layer and cores of the first chip that has them.

    ``name``, the network and the data, is for the title; the samples and the number of steps stand beside it.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    table, mapping = estimate.table, estimate.mapping
    layered = [chip for chip in estimate.meta["chips"] if _priced_layers(table, chip)]
    mapped = [row["chip"] for row in mapping.to_dicts() if row["cores"]]
    bars = sum(
        1 for row in table.to_dicts() if row["layer"] == "" and row["term"].startswith("energy_") and row["value"]
    )
    layers = len(set(table["layer"]))
    figure = new_figure(14.0, max(5.0, 0.2 * bars, 0.2 * layers))
    grid = figure.add_gridspec(2, 2)
    energy_by_term(table, figure.add_subplot(grid[:, 0]))
    samples, steps = estimate.meta.get("samples"), estimate.meta.get("steps")
    said = [name] if name else []
    said += [f"{samples:,} samples"] if samples else []
    said += [f"T = {steps}"] if steps else []
    figure.suptitle(plain(", ".join(said)))
    top, bottom = figure.add_subplot(grid[0, 1]), figure.add_subplot(grid[1, 1])
    for axes, chips, draw in ((top, layered, energy_by_layer), (bottom, mapped, cores_by_layer)):
        if chips:
            draw(table if draw is energy_by_layer else mapping, chips[0], axes)
        else:
            axes.set_axis_off()
    return write_aside(Path(path), lambda aside: figure.savefig(aside, dpi=150))


def _priced_layers(table: "pl.DataFrame", chip: str) -> bool:
    own = (table["network"] == _SNN) & (table["chip"] == chip) & (table["layer"] != "")
    return not table.filter(own & table["term"].str.starts_with("energy_") & (table["value"] > 0)).is_empty()


def _who(row: dict[str, Any]) -> str:
    return f"{row['network']} on {row['chip']}"


def _bars(axes: "Axes", labels: list[str], rows: list[dict[str, Any]], colours: list[str]) -> None:
    """Draw bars with intervals; an arrow where there is no upper end. The axis is logarithmic where values are far apart."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

    places = range(len(rows))
    values = [row["value"] for row in rows]
    below = [row["value"] - row["low"] for row in rows]
    above = [(row["value"] if row["high"] is None else row["high"]) - row["value"] for row in rows]
    axes.barh(places, values, color=[COLOURS[name] for name in colours], alpha=0.8)
    axes.errorbar(values, places, xerr=[below, above], fmt="none", ecolor=COLOURS["grey"], capsize=2)
    open_ended = [place for place in places if rows[place]["high"] is None]
    if open_ended:
        axes.plot([values[k] for k in open_ended], open_ended, ">", color=COLOURS["grey"], markersize=4)
    axes.set_yticks(places, [plain(label) for label in labels], fontsize="x-small" if len(rows) <= _MOST_LABELS else 4)
    axes.invert_yaxis()
    if max(values) > _FAR_APART * min(values):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=8))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.set_xlabel("pJ a sample (arrow: at least)" if open_ended else "pJ a sample")
    axes.grid(alpha=0.3, axis="x")
