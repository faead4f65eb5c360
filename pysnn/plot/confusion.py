"""Which classes are taken for which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pysnn.errors import DataError
from pysnn.plot.frame import axes_or_new, plain, run_name, set_title
from pysnn.simulation.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_matrix"]

_MOST_NUMBERS = 20
_MOST_TICKS = 30


def confusion_matrix(
    result: Result,
    steps: int | None = None,
    classes: Sequence[str] | None = None,
    ax: "Axes | None" = None,
    *,
    name: str = "",
) -> "Axes":
    """Draw how many samples of each label were given each class; a last column where the output decides nothing.

    Parameters
    ----------
    result
        Of a run with labels.
    steps
        At which of the run's numbers of steps; the largest by default.
    classes
        Names of the classes; numbers by default.
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
        The run had no labels, was not read at that number of steps, or has another number of classes.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> from pysnn import IF, Input, Network, Output, run
    >>> net = Network.chain({"in": Input((2,)), "if": IF(), "out": Output("count")})
    >>> result = run(net, np.float32([[0.9, 0.1], [0.0, 0.5]]), steps=8, labels=[0, 1], backend="reference")
    >>> confusion_matrix(result).images[0].get_array().tolist()
    [[1, 0], [0, 1]]
    """
    table = result.confusion(steps)
    size = result.scores.shape[2]
    if classes is not None and len(classes) != size:
        raise DataError(f"confusion_matrix: expected {size} names of classes, got {len(classes)}")
    label, predicted = table["label"].to_numpy(), table["predicted"].to_numpy()
    undecided = bool((predicted < 0).any())
    counts = np.zeros((size, size + undecided), dtype=np.int64)
    counts[label, predicted] = table["samples"].to_numpy()
    axes = axes_or_new(ax)
    axes.imshow(counts, cmap="Blues", aspect="equal")
    names = [plain(each) for each in classes] if classes is not None else [str(k) for k in range(size)]
    every = -(-size // _MOST_TICKS)
    axes.set_yticks(range(0, size, every), names[::every])
    columns = names + (["none"] if undecided else [])
    ticks = sorted({*range(0, size, every), *([size] if undecided else [])})
    axes.set_xticks(ticks, [columns[tick] for tick in ticks])
    if max(map(len, names)) > 2:
        axes.tick_params(axis="x", labelrotation=90)
    if size <= _MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            if count:
                colour = "white" if count > counts.max() / 2 else "black"
                axes.text(column, row, str(count), ha="center", va="center", fontsize="small", color=colour)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("label")
    wanted = result.steps[-1] if steps is None else steps
    right = int(np.trace(counts[:, :size])) / counts.sum()
    span = f"windows of {result.plan.window} steps" if result.plan.window else f"T = {wanted}"
    set_title(
        axes, f"confusion of {result.samples:,} samples, {100 * right:.2f} % right, {span}", run_name(result, name)
    )
    return axes
