"""The weights of a network."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.network import Network
from pysnn.plot.frame import COLOURS, axes_or_new, plain, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layer_weights", "weight_ranges"]

_MOST_FILTERS = 24
_MOST_LABELS = 40
_WHISKERS = (1, 99)


def layer_weights(network: Network, node: str, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw the weights of one layer as a picture: white is 0, red above, blue below, on a scale that is as long on both sides.

    A matrix has a row an output and a column an input. A convolution's filters lie side by side, a row an output channel and
    a column an input channel, the first 24 of each.

    Parameters
    ----------
    network
        The network.
    node
        Name of a node with weights.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        There is no such node, or it has no weights.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import Input, Linear, Network, Output
    >>> net = Network.chain({"in": Input((2,)), "fc": Linear(np.eye(2)), "out": Output()})
    >>> layer_weights(net, "fc").get_title()
    'weights of fc: 2x2, 0 to 1'
    """
    weight = _weights(network).get(node)
    if weight is None:
        raise DataError(f"layer_weights: expected one of {', '.join(_weights(network)) or 'none'}, got {node!r}")
    picture = weight if weight.ndim == 2 else _filters(weight)
    axes = axes_or_new(ax)
    largest = float(np.abs(weight).max()) or 1.0
    image = axes.imshow(
        picture, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto" if weight.ndim == 2 else "equal",
        interpolation="nearest",
    )  # fmt: skip
    axes.figure.colorbar(image, ax=axes, label="weight")
    if weight.ndim == 2:
        axes.set_xlabel("input")
        axes.set_ylabel("output")
    else:
        axes.set_facecolor("#bbbbbb")
        axes.set_xlabel("input channel")
        axes.set_ylabel("output channel")
        for axis, count, size in (
            (axes.yaxis, weight.shape[0], weight.shape[2]),
            (axes.xaxis, weight.shape[1], weight.shape[3]),
        ):
            shown = np.arange(min(count, _MOST_FILTERS))
            axis.set_ticks(shown * (size + 1) + (size - 1) / 2, labels=[str(k) for k in shown], fontsize="x-small")
    shape = "x".join(map(str, weight.shape))
    set_title(axes, f"weights of {node}: {shape}, {weight.min():.3g} to {weight.max():.3g}", name)
    return axes


def weight_ranges(network: Network, ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw how the weights of each layer are spread: median, quartiles, first and 99th percentile, and the ends as dots.

    Parameters
    ----------
    network
        The network.
    ax
        Axes to draw on; new ones by default.
    name
        The network, for the title.

    Returns
    -------
    axes

    Raises
    ------
    DataError
        No node has weights.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import Input, Linear, Network, Output
    >>> net = Network.chain({"in": Input((2,)), "fc": Linear(np.eye(2)), "out": Output()})
    >>> weight_ranges(net).get_title()
    'weights of 1 layers, 4 in all'
    """
    weights = _weights(network)
    if not weights:
        raise DataError("weight_ranges: expected a network with weights, got none")
    axes = axes_or_new(ax)
    boxes = [_box(weight) for weight in weights.values()]
    places = np.arange(len(boxes))
    axes.bxp(
        boxes, positions=places, orientation="horizontal", widths=0.6, patch_artist=True,
        boxprops={"facecolor": COLOURS["blue"], "alpha": 0.6}, medianprops={"color": "black"},
        flierprops={"marker": ".", "markersize": 4},
    )  # fmt: skip
    axes.axvline(0, color=COLOURS["grey"], linewidth=0.7, zorder=0)
    every = -(-len(boxes) // _MOST_LABELS)
    axes.set_yticks(places[::every], [plain(node) for node in weights][::every])
    axes.invert_yaxis()
    axes.set_xlabel("weight (box: quartiles, whiskers: 1 % and 99 %, dots: ends)")
    axes.grid(alpha=0.3, axis="x")
    total = sum(weight.size for weight in weights.values())
    set_title(axes, f"weights of {len(boxes)} layers, {total:,} in all", name)
    return axes


def _weights(network: Network) -> dict[str, NDArray[np.float32]]:
    nodes = ((name, network.nodes[name]) for name in network.order)
    return {name: node.weight for name, node in nodes if hasattr(node, "weight")}


def _filters(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return filters ``(out, in, height, width)`` side by side, with one missing value between two."""
    shown = weight[:_MOST_FILTERS, :_MOST_FILTERS].astype(np.float32)
    framed = np.pad(shown, ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    rows, columns, height, width = framed.shape
    joined: NDArray[np.float32] = framed.transpose(0, 2, 1, 3).reshape(rows * height, columns * width)
    return joined[:-1, :-1]


def _box(weight: NDArray[np.float32]) -> dict[str, Any]:
    low, q1, med, q3, high = np.percentile(weight, [_WHISKERS[0], 25, 50, 75, _WHISKERS[1]])
    ends = [float(weight.min()), float(weight.max())]
    return {"med": med, "q1": q1, "q3": q3, "whislo": low, "whishi": high, "fliers": ends}
