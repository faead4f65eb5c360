"""What every plot shares: matplotlib, and axes to draw on."""

from typing import TYPE_CHECKING, Any

from pysnn.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "axes_or_new", "new_figure"]

COLOURS = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "red": "#d55e00",
    "purple": "#cc79a7",
    "grey": "#777777",
}
"""Colours that stay apart for colour-blind readers (Okabe and Ito)."""


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure, in inches, that needs no display.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("plots need matplotlib: pip install 'pysnn[plot]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def axes_or_new(ax: Any) -> "Axes":
    """Return the axes, or the only ones of a new figure (``axes.figure.savefig`` writes it)."""
    if ax is not None:
        return ax  # type: ignore[no-any-return]
    return new_figure(6.4, 4.0).add_subplot()
