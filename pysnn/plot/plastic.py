"""What a plastic network did: spikes, rates, weights."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pysnn.errors import DataError
from pysnn.files.aside import write_aside
from pysnn.plastic.result import PlasticResult
from pysnn.plot.frame import COLOURS, axes_or_new, new_figure, plain, set_title, stacked_style

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["plastic_raster", "plastic_rates", "save_plastic_run", "weight_histogram", "weight_trajectory"]

_BINS = 50
_MOST_LINES = 60
_MANY = 20_000
_ROWS, _STROKE, _LOWEST = 180.0, 12.0, 3.0
"""Points that all rows of a raster have, that a stroke has at most, and that it has at least."""

_PALETTE = ("blue", "orange", "green", "red", "purple", "grey")


def plastic_raster(result: PlasticResult, population: str, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the spikes of a population, a row a neuron.

    Parameters
    ----------
    result
        Of a run with ``watch=[Spikes(population)]``.
    population
        Its name.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title; how long it ran by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The run did not watch these spikes.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn.plastic import PlasticNetwork, PlasticSimulator, PoissonSource, Spikes
    >>> simulator = PlasticSimulator(PlasticNetwork.of(a=PoissonSource(20, rate=50.0)), dt=1e-3, backend="reference")
    >>> plastic_raster(simulator.run(0.2, watch=[Spikes("a")]), "a").get_ylabel()
    'neuron of "a"'
    """
    table = _rows(result, "plastic_spikes", ("population", population), "Spikes")
    neurons = table["neuron"].to_numpy()
    axes = axes_or_new(ax)
    row = _ROWS / (int(neurons.max()) + 1)
    # Rows that are high enough have a stroke a spike, so that dense trains do not become lines.
    strokes = {"marker": "|", "markersize": min(row, _STROKE), "markeredgewidth": 0.4}
    dots = {"marker": ".", "markersize": 2 if table.height < _MANY else 1, "markeredgewidth": 0}
    style = strokes if row > _LOWEST else dots
    faint = 1.0 if table.height < _MANY else 0.5
    axes.plot(table["time"].to_numpy(), neurons, linestyle="", color=COLOURS["blue"], alpha=faint, **style)
    axes.set_xlabel("time (s)")
    axes.set_ylabel(plain(f'neuron of "{population}"'))
    axes.locator_params(axis="y", integer=True)
    set_title(axes, f"{population}: {table.height:,} spikes", _run_name(result, name))
    return axes


def plastic_rates(result: PlasticResult, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the mean rate of each population over time.

    Parameters
    ----------
    result
        Of a run with ``watch=[Rates(every=...)]``.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title; how long it ran by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The run did not watch rates.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn.plastic import PlasticNetwork, PlasticSimulator, PoissonSource, Rates
    >>> simulator = PlasticSimulator(PlasticNetwork.of(a=PoissonSource(20, rate=50.0)), dt=1e-3, backend="reference")
    >>> plastic_rates(simulator.run(0.2, watch=[Rates(every=0.1)])).get_ylabel()
    'mean rate (Hz)'
    """
    table = _table(result, "plastic_rates", "Rates")
    axes, count = axes_or_new(ax), table["population"].n_unique()
    for k, ((population,), part) in enumerate(table.group_by("population", maintain_order=True)):
        style = stacked_style(k, count) | {"color": COLOURS[_PALETTE[k % len(_PALETTE)]]}
        axes.plot(part["time"].to_numpy(), part["rate"].to_numpy(), label=plain(str(population)), **style)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("mean rate (Hz)")
    set_title(axes, "rates of the populations", _run_name(result, name))
    axes.legend(frameon=False)
    return axes


def weight_histogram(
    result: PlasticResult, projection: str, w_max: float | None = None, ax: "Axes | None" = None, *, name: str = ""
) -> "Axes":
    r"""Draw how the weights of a projection are spread behind a run.

    Parameters
    ----------
    result
        Of a run that kept its weights.
    projection
        Its name.
    w_max
        Where its rule ends; the axis goes that far.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title; how long it ran by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        There is no such projection.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, IFCells, PlasticNetwork, PlasticSimulator, PoissonSource, Projection
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1e-4, delay=0)
    >>> net = PlasticNetwork.of(a=PoissonSource(20, rate=50.0), b=IFCells(size=2), wires=wires)
    >>> weight_histogram(PlasticSimulator(net, dt=1e-3, backend="reference").run(0.1), "wires").get_title()
    'run of 0.1 s\nwires: 40 synapses, mean weight 0.0001'
    """
    weight = result.weights(projection).weight
    axes = axes_or_new(ax)
    axes.hist(weight, bins=_BINS, range=None if w_max is None else (0.0, w_max), color=COLOURS["blue"])
    axes.set_xlabel("weight")
    axes.set_ylabel("synapses")
    mean = float(weight.mean(dtype=np.float64)) if weight.size else 0.0
    set_title(axes, f"{projection}: {weight.size} synapses, mean weight {mean:.3g}", _run_name(result, name))
    return axes


def weight_trajectory(result: PlasticResult, projection: str, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    r"""Draw the weights of some synapses over time, and the mean of those that were watched.

    Parameters
    ----------
    result
        Of a run with ``watch=[Weights(projection, every=...)]``.
    projection
        Its name.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title; how long it ran by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The run did not watch these weights.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn.plastic import AllToAll, IFCells, PlasticNetwork, PlasticSimulator, PoissonSource, Projection, Weights
    >>> wires = Projection(pre="a", post="b", connector=AllToAll(), weight=1e-4, delay=0)
    >>> net = PlasticNetwork.of(a=PoissonSource(20, rate=50.0), b=IFCells(size=2), wires=wires)
    >>> run = PlasticSimulator(net, dt=1e-3, backend="reference").run(0.1, watch=[Weights("wires", every=0.05)])
    >>> weight_trajectory(run, "wires").get_title()
    'run of 0.1 s\nwires: 40 synapses watched'
    """
    table = _rows(result, "plastic_weights", ("projection", projection), "Weights")
    synapses = table["synapse"].unique().sort()
    shown = set(synapses.to_numpy()[:: -(-len(synapses) // _MOST_LINES)].tolist())
    axes = axes_or_new(ax)
    for (synapse,), part in table.group_by("synapse", maintain_order=True):
        if synapse in shown:
            axes.plot(part["time"].to_numpy(), part["weight"].to_numpy(), color="#c4c4c4", linewidth=0.7)
    mean = table.select("time", "weight").group_by("time", maintain_order=True).mean()
    axes.plot(mean["time"].to_numpy(), mean["weight"].to_numpy(), color=COLOURS["blue"], linewidth=2, label="mean")
    axes.set_xlabel("time (s)")
    axes.set_ylabel("weight")
    some = f", {len(shown)} of them shown" if len(shown) < len(synapses) else ""
    set_title(axes, f"{projection}: {len(synapses)} synapses watched{some}", _run_name(result, name))
    axes.legend(frameon=False)
    return axes


def save_plastic_run(path: str | os.PathLike[str], result: PlasticResult, *, name: str = "") -> Path:
    """Write a PNG with everything that a run watched, and its weights; ``name``, the network, is for the title.

    Raises
    ------
    DataError
        The run watched nothing and kept no weights.
    MissingExtraError
        matplotlib is not installed.
    """
    draws: list[Callable[[Axes], object]] = []
    if "plastic_spikes" in result.tables:
        names = result.tables["plastic_spikes"]["population"].unique(maintain_order=True)
        draws += [partial(_draw, plastic_raster, result, each) for each in names]
    if "plastic_rates" in result.tables:
        draws.append(lambda axes: plastic_rates(result, axes))
    if "plastic_weights" in result.tables:
        names = result.tables["plastic_weights"]["projection"].unique(maintain_order=True)
        draws += [partial(_draw, weight_trajectory, result, each) for each in names]
    draws += [partial(_draw, weight_histogram, result, each) for each in result.matrices]
    if not draws:
        raise DataError("plot: the run watched nothing and kept no weights")
    rows = -(-len(draws) // 2)
    figure = new_figure(12.0, 4.0 * rows)
    figure.suptitle(plain(name))
    for place, draw in enumerate(draws, start=1):
        draw(figure.add_subplot(rows, min(2, len(draws)), place))
    return write_aside(Path(path), lambda aside: figure.savefig(aside, dpi=150))


def _run_name(result: PlasticResult, name: str) -> str:
    return name or f"run of {result.activity.seconds:g} s"


def _draw(plot: Callable[..., object], result: PlasticResult, name: str, axes: "Axes") -> None:
    plot(result, name, ax=axes)


def _table(result: PlasticResult, schema: str, monitor: str) -> "pl.DataFrame":
    if schema not in result.tables:
        raise DataError(f"plot: the run has no table '{schema}'; give run(..., watch=[{monitor}(...)])")
    return result.tables[schema]


def _rows(result: PlasticResult, schema: str, of: tuple[str, str], monitor: str) -> "pl.DataFrame":
    column, name = of
    table = _table(result, schema, monitor)
    rows = table.filter(table[column] == name)
    if not rows.height:
        there = ", ".join(table[column].unique().sort()) or "nothing"
        raise DataError(
            f"plot: '{schema}' has no rows of '{name}' ({there}); give run(..., watch=[{monitor}('{name}')])"
        )
    return rows
