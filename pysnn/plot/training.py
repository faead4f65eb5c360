"""How a training went."""

from typing import TYPE_CHECKING

from pysnn.errors import DataError
from pysnn.plot.frame import COLOURS, axes_or_new, set_title, stacked_style

if TYPE_CHECKING:
    import polars as pl
    from matplotlib.axes import Axes

__all__ = ["training_history"]

_LINES = (("accuracy", "training samples"), ("validation_accuracy", "validation samples"))


def training_history(history: "pl.DataFrame", ax: "Axes | None" = None, *, name: str = "") -> "Axes":
    """Draw accuracy over the epochs of a training, and the loss on an axis of its own at the right.

    What a training does not have (no validation part, a rule without a loss) is left out.

    Parameters
    ----------
    history
        Schema "training" or "ttrbr": ``Trained.history``, or a classifier's ``history_``.
    ax
        Axes to draw on; new ones by default.
    name
        The network and the data, for the title.

    Returns
    -------
    axes
        Those of the accuracy.

    Raises
    ------
    DataError
        The history has no epoch, or neither accuracy nor loss.
    MissingExtraError
        matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from pysnn.first_spike import Dense, FirstSpikeNetwork
    >>> from pysnn.first_spike.learn import STDBP, TrainingOptions, train
    >>> start = FirstSpikeNetwork.draw((2,), [Dense(units=2)], seed=0)
    >>> trained = train(start, STDBP(), (np.float32([[1, 0], [0, 1]]), np.array([0, 1])), TrainingOptions(epochs=3))
    >>> training_history(trained.history).get_xlabel()
    'epoch'
    """
    drawn = [(label, *_known(history, column)) for column, label in _LINES]
    drawn = [(label, epochs, values) for label, epochs, values in drawn if values]
    epochs, losses = _known(history, "loss")
    if not drawn and not losses:
        raise DataError("training_history: expected epochs with an accuracy or a loss, got none")
    axes = axes_or_new(ax)
    for number, (label, when, values) in enumerate(drawn):
        style = stacked_style(number, len(drawn))
        axes.plot(when, [100 * value for value in values], label=label, **style)
    axes.set_xlabel("epoch")
    axes.set_ylabel("accuracy (%)")
    axes.locator_params(axis="x", integer=True)
    axes.grid(alpha=0.3)
    handles = axes.get_legend_handles_labels()[0]
    if losses:
        right = axes.twinx()
        handles += right.plot(epochs, losses, color=COLOURS["grey"], linewidth=1, linestyle="-.", label="loss")
        right.set_ylabel("loss")
        right.set_ylim(bottom=min(0.0, *losses))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3, frameon=False)
    best = "" if not drawn else f", best accuracy on {drawn[-1][0]}: {100 * max(drawn[-1][2]):.2f} %"
    set_title(axes, f"training of {history.height} epochs{best}", name)
    return axes


def _known(history: "pl.DataFrame", column: str) -> tuple[list[int], list[float]]:
    """Return the epochs that have a value, and the values."""
    known = history.filter(history[column].is_not_null() & history[column].is_finite())
    return known["epoch"].to_list(), known[column].to_list()
