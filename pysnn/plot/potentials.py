"""Membrane potentials over time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, run_name, set_title, stacked_style
from pysnn.simulation.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["potentials"]

_SHOWN = 3
"""Neurons that are drawn where nobody chooses: more lines hide one another."""


def potentials(
    result: Result,
    node: str,
    sample: int = 0,
    neurons: Sequence[int] | None = None,
    ax: "Axes | None" = None,
    *,
    name: str = "",
) -> "Axes":
    """Draw the membrane potentials of some neurons of a layer for one sample, behind each step's reset.

    Where the run recorded the layer's spikes too, a tick above the lines is a spike, in the colour of its neuron.

    Parameters
    ----------
    result
        Of a run with ``record_potentials=[node]``.
    node
        Name of the neuron node.
    sample
        Which sample.
    neurons
        Which neurons, by their place in the layer; by default three, from the one whose potential turns most often to one that hardly does.
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
        The run did not record that node's potentials, or there is no such sample or neuron.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> result = run(net, np.float32([[0.4, 0.0]]), steps=8, record_potentials=["if"], backend="reference")
    >>> [text.get_text() for text in potentials(result, "if").get_legend().get_texts()]
    ['neuron 0', 'neuron 1']
    """
    recorded = _sample(result, node, sample)
    chosen = _chosen(recorded, neurons)
    axes = axes_or_new(ax)
    when = np.arange(1, len(recorded) + 1)
    spikes = result.spikes[node][:, sample].reshape(len(recorded), -1) if node in result.spikes else None
    top = float(recorded[:, chosen].max())
    room = 0.06 * (top - float(recorded[:, chosen].min()) or 1.0)
    for number, neuron in enumerate(chosen):
        style = stacked_style(number, len(chosen)) | {"marker": ""}
        axes.plot(when, recorded[:, neuron], label=f"neuron {neuron}", **style)
        if spikes is not None:
            fired = when[spikes[:, neuron] > 0]
            low = top + room * (number + 1)
            axes.vlines(fired, low, low + 0.8 * room, color=style["color"], linewidth=1.5)
    axes.axhline(0, color=COLOURS["grey"], linewidth=0.7, zorder=1)
    axes.set_xlabel("time-step")
    axes.set_ylabel("membrane potential" + (" (integer units)" if np.issubdtype(recorded.dtype, np.integer) else ""))
    axes.locator_params(axis="x", integer=True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    what = f"sample {sample}: potentials of {len(chosen)} of {recorded.shape[1]} neurons of {node}, T = {len(recorded)}"
    set_title(axes, what, run_name(result, name))
    return axes


def _sample(result: Result, node: str, sample: int) -> NDArray[np.float32 | np.int32]:
    """Return potentials ``(steps, neurons)`` of one sample."""
    if node not in result.potentials:
        there = ", ".join(result.potentials) or "none"
        raise DataError(
            f"potentials: the run recorded no potentials of '{node}' ({there}); give run(..., record_potentials=['{node}'])"
        )
    recorded = result.potentials[node]
    if not 0 <= sample < recorded.shape[1]:
        raise DataError(f"potentials: expected a sample in 0..{recorded.shape[1] - 1}, got {sample}")
    return recorded[:, sample].reshape(len(recorded), -1)


def _chosen(recorded: NDArray[np.float32 | np.int32], neurons: Sequence[int] | None) -> list[int]:
    if neurons is None:
        rises = np.diff(recorded.astype(np.float64), axis=0) > 0
        turns = (rises[1:] != rises[:-1]).sum(axis=0)
        lively = np.argsort(-turns, kind="stable")[: max(_SHOWN, int((turns > 0).sum()))]
        return sorted({int(lively[k]) for k in np.linspace(0, len(lively) - 1, _SHOWN).round().astype(int)})
    there = recorded.shape[1]
    if not len(neurons) or not all(0 <= neuron < there for neuron in neurons):
        raise DataError(f"potentials: expected neurons in 0..{there - 1}, got {list(neurons)}")
    return [int(neuron) for neuron in neurons]
