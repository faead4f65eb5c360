"""Spikes over time."""

from typing import TYPE_CHECKING

import numpy as np

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, plain, run_name, set_title
from pysnn.simulation.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["raster"]

# Rows of up to this many neurons are drawn as ticks of their own height; more would hide one another.
_MOST_TICKS = 400


def raster(result: Result, node: str, sample: int = 0, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the spikes of one layer for one sample, a row a neuron; neurons that never fire are shaded.

    Parameters
    ----------
    result
        Of a run with ``record=[node]``.
    node
        Name of the neuron node.
    sample
        Which sample.
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
        The run did not record that node, or has no such sample.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> result = run(net, np.float32([[0.5, 0.0]]), steps=8, record=["if"], backend="reference")
    >>> raster(result, "if").get_ylabel()
    'neuron of "if" (1 of 2 silent)'
    """
    if node not in result.spikes:
        there = ", ".join(result.spikes) or "none"
        raise DataError(f"raster: the run recorded no spikes of '{node}' ({there}); give run(..., record=['{node}'])")
    recorded = result.spikes[node]
    if not 0 <= sample < recorded.shape[1]:
        raise DataError(f"raster: expected a sample in 0..{recorded.shape[1] - 1}, got {sample}")
    spikes = recorded[:, sample].reshape(len(recorded), -1)
    axes = axes_or_new(ax)
    steps, neurons = spikes.shape
    step, neuron = np.nonzero(spikes)
    silent = np.flatnonzero(spikes.sum(axis=0) == 0)
    if silent.size:
        axes.barh(silent, steps, left=-0.5, height=1.0, color="#e4e4e4", zorder=0, label="silent")
    if neurons <= _MOST_TICKS:
        axes.vlines(step, neuron - 0.4, neuron + 0.4, color=COLOURS["blue"], linewidth=1.4, label="spike")
    else:
        axes.plot(step, neuron, ".", color=COLOURS["blue"], markersize=1.5, label="spike")
    axes.set_xlim(-0.5, steps - 0.5)
    axes.set_ylim(-0.5, neurons - 0.5)
    axes.set_xlabel("step")
    axes.set_ylabel(plain(f'neuron of "{node}" ({silent.size} of {neurons} silent)'))
    axes.locator_params(integer=True)
    set_title(axes, f"sample {sample}: {int(spikes.sum())} spikes of {node}, T = {steps}", run_name(result, name))
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return axes
