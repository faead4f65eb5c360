"""Spike times of first-spike networks against their decisions."""

import os
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.backends import get_backend
from pysnn.backends.first_spike import first_output_spike
from pysnn.errors import DataError
from pysnn.files.aside import write_aside
from pysnn.first_spike import FirstSpikeNetwork, encode_times
from pysnn.plot.frame import COLOURS, axes_or_new, new_figure, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["first_spike_histogram", "first_spike_raster", "save_first_spikes"]

Array = NDArray[Any]

_GREY = "#c4c4c4"
_BINS = 40


def first_spike_raster(network: FirstSpikeNetwork, x: Any, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    r"""Draw when each neuron fires for one sample, a band a layer, and the decision; what comes after it is grey.

    Parameters
    ----------
    network
        The network.
    x
        One sample, values in 0..1.
    ax
        Axes to draw on; new ones by default.
    name
        The network and the data, for the title; the network's sizes by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The sample does not fit the network.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn.first_spike import Dense
    >>> network = FirstSpikeNetwork((2,), (Dense(units=2),), ([[2.0, 1.0], [0.0, 4.0]],))
    >>> first_spike_raster(network, [1.0, 0.0]).get_title()
    'first-spike network 2-2\ndecision 0 at 0.5: 1 of 2 neurons have fired'
    """
    maps, winners, decided = _times(network, as_numeric(x, "x")[None])
    axes = axes_or_new(ax)
    end = float(decided[0])
    base, ticks, fired = 0, [], [0, 0]
    for number, (layer, times) in enumerate(maps):
        size = times.shape[1]
        neuron = np.flatnonzero(np.isfinite(times[0]))
        when = times[0, neuron]
        early = when <= end
        # Every layer has a band of height 1, however many neurons it has.
        height = base + 0.1 + 0.8 * (neuron + 0.5) / size
        axes.plot(when[~early], height[~early], ".", color=_GREY, markersize=3)
        axes.plot(when[early], height[early], ".", color=COLOURS["blue"], markersize=3)
        ticks.append((base + 0.5, f"{layer}\n{size}"))
        base += 1
        if number:
            fired = [fired[0] + int(early.sum()), fired[1] + size]
    later = 0
    if np.isfinite(end):
        axes.axvline(end, color=COLOURS["red"], linewidth=1.2)
        shown = 3 * max(end, 1.0)
        later = sum(int(((times[0] > shown) & np.isfinite(times[0])).sum()) for _, times in maps)
        axes.set_xlim(-0.03 * shown, shown)
    axes.set_ylim(0, base)
    axes.set_yticks([place for place, _ in ticks], [text for _, text in ticks])
    axes.set_xlabel(_unit(network) + (f"; {later} spikes come later" if later else ""))
    decision = f"decision {winners[0]} at {end:.3g}" if winners[0] >= 0 else "no output spike"
    set_title(axes, f"{decision}: {fired[0]} of {fired[1]} neurons have fired", name or _sizes(network))
    return axes


def first_spike_histogram(network: FirstSpikeNetwork, x: Any, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw how the spike times of each layer lie, over many samples, beside the times of decisions.

    Parameters
    ----------
    network
        The network.
    x
        Samples, values in 0..1.
    ax
        Axes to draw on; new ones by default.
    name
        The network and the data, for the title; the network's sizes by default.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        The samples do not fit the network, or nothing fires.
    MissingExtraError
        matplotlib is not installed.
    """
    maps, _, decided = _times(network, as_numeric(x, "x"))
    series = [(name, times[np.isfinite(times)]) for name, times in maps]
    series.append(("decision", decided[np.isfinite(decided)]))
    if not any(len(times) for _, times in series):
        raise DataError("first_spike_histogram: nothing fires")
    edges = _edges(network, series[-1][1])
    axes = axes_or_new(ax)
    colours = ("grey", "blue", "green", "purple", "orange")
    for number, (layer, times) in enumerate(series):
        final = number == len(series) - 1
        colour = COLOURS["red" if final else colours[number % len(colours)]]
        share = 100 * np.histogram(times, edges)[0] / max(1, len(times))
        beyond = 100 - share.sum() if len(times) else 0
        label = f"{layer} ({beyond:.0f} % later)" if beyond >= 0.5 else layer
        axes.stairs(share, edges, linewidth=2 if final else 1.2, color=colour, label=label)
    axes.set_xlabel(_unit(network))
    axes.set_ylabel("share of the spikes (%)")
    set_title(axes, f"spike times over {len(decided):,} samples", name or _sizes(network))
    axes.legend()
    return axes


def save_first_spikes(path: str | os.PathLike[str], network: FirstSpikeNetwork, x: Any, *, name: str = "") -> Path:
    """Write a PNG: the first sample's spikes against its decision, and spike times over all samples; ``name`` is for the titles.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    figure = new_figure(10.0, 4.0)
    left, right = figure.subplots(1, 2)
    first_spike_raster(network, as_numeric(x, "x")[0], left, name=name)
    first_spike_histogram(network, x, right, name=name)
    return write_aside(Path(path), lambda aside: figure.savefig(aside, dpi=150))


def _times(network: FirstSpikeNetwork, x: Array) -> tuple[list[tuple[str, Array]], Array, Array]:
    """Return the spike times of the input and of every layer with their names, the winners, and when they fire."""
    times = encode_times(network, x)
    plan = network.plan
    passed = get_backend("auto").first_spike(plan).forward(network.weights, times)
    maps = [("input", times), *((layer.name, passed.times(n)) for n, layer in enumerate(plan.layers))]
    decided = first_output_spike(plan, maps[-1][1], passed.marks(len(plan.layers) - 1))
    return maps, decided.winner, decided.time


def _edges(network: FirstSpikeNetwork, decided: Array) -> NDArray[np.float64]:
    """Return the bins: every step; or up to the latest decisions, since single spikes may come ever so late."""
    if network.neuron == "step":
        return np.arange(network.steps + 1, dtype=np.float64) - 0.5
    latest = float(np.quantile(decided, 0.99)) if len(decided) else 1.0
    return np.linspace(0, (1.1 if network.plan.windowed else 1.5) * max(1.0, latest), _BINS + 1)


def _sizes(network: FirstSpikeNetwork) -> str:
    inputs = "x".join(map(str, network.input_shape))
    return f"first-spike network {'-'.join([inputs, *(str(prod(layer.out_shape)) for layer in network.plan.layers)])}"


def _unit(network: FirstSpikeNetwork) -> str:
    return "step" if network.neuron == "step" else "time (1 = the input window)"
