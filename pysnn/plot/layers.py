"""What layers do: how often their neurons spike."""

from typing import TYPE_CHECKING

import numpy as np

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, plain, run_name, set_title
from pysnn.schemas import COUNT_FIELDS
from pysnn.simulation.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layer_rates"]

_MOST_LABELS = 40


def layer_rates(result: Result, steps: int | None = None, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the mean rate of each layer's neurons, a bar a layer, with the share of its neurons that stay silent.

    The rate is the number of spikes over neurons, samples and time-steps; of FirstSpike neurons, over neurons and samples.

    Parameters
    ----------
    result
        Of any run.
    steps
        Up to which of the run's numbers of steps; the largest by default.
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
        The run was not read at that number of steps, or the network has no spiking neurons.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> result = run(net, np.float32([[0.5, 0.0]]), steps=8, backend="reference")
    >>> [float(bar.get_width()) for bar in layer_rates(result).patches]
    [0.25]
    """
    wanted = result.steps[-1] if steps is None else steps
    if wanted not in result.steps:
        raise DataError(f"layer_rates: expected one of the steps {list(result.steps)}, got {wanted}")
    activity = result.activity
    counts = activity.counts[result.steps.index(wanted)]
    spikes, silent = (counts[:, COUNT_FIELDS.index(field)] for field in ("spikes", "silent"))
    rows = [(k, layer) for k, layer in enumerate(activity.layers) if layer.neurons]
    if not rows:
        raise DataError("layer_rates: the network has no spiking neurons")
    window = result.plan.window
    rates = [float(spikes[k]) / (layer.neurons * activity.samples * wanted) for k, layer in rows]
    shares = [float(silent[k]) / (layer.neurons * activity.samples) for k, layer in rows]
    axes = axes_or_new(ax)
    places = np.arange(len(rows))
    axes.barh(places, rates, color=COLOURS["blue"])
    if len(rows) <= _MOST_LABELS:
        for place, rate, share in zip(places, rates, shares, strict=True):
            axes.annotate(
                f"{100 * share:.0f} % silent", (rate, place), (4, 0), textcoords="offset points", va="center",
                fontsize="small",
            )  # fmt: skip
    every = -(-len(rows) // _MOST_LABELS)
    axes.set_yticks(places[::every], [plain(layer.name) for _, layer in rows][::every])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.25 * max(rates) or 1.0)
    axes.set_xlabel("spikes a neuron in its window" if window else "spikes a neuron and time-step")
    axes.grid(alpha=0.3, axis="x")
    axes.set_axisbelow(True)
    span = f"windows of {window} steps" if window else f"T = {wanted}"
    set_title(axes, f"rates by layer over {activity.samples:,} samples, {span}", run_name(result, name))
    return axes
