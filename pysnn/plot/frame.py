"""What every plot shares: matplotlib, and axes to draw on."""

from typing import TYPE_CHECKING, Any

from pysnn.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pysnn.simulation.result import Result

__all__ = [
    "COLOURS",
    "axes_or_new",
    "new_figure",
    "plain",
    "run_name",
    "set_title",
    "show_logarithmic",
    "show_steps",
    "stacked_style",
]

COLOURS = {
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "red": "#d55e00",
    "purple": "#cc79a7",
    "grey": "#777777",
}
"""Colours that stay apart for colour-blind readers (Okabe and Ito)."""

_STYLES = (("-", "o", "blue"), ("--", "s", "orange"), (":", "^", "green"), ("-.", "d", "purple"), ("-", "v", "red"))
_WIDEST = 3
_MOST_STEPS = 10
_FAR_APART = 4
_DECADES = 100


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


def stacked_style(number: int, of: int) -> dict[str, Any]:
    """Return how line ``number`` of ``of`` is drawn: earlier ones wider and lighter, so that equal lines are seen on one another."""
    below = min(of - 1 - number, _WIDEST)
    line, marker, colour = _STYLES[number % len(_STYLES)]
    return {
        "linestyle": line,
        "marker": marker,
        "color": COLOURS[colour],
        "linewidth": 1.4 + (2.2 if of == 2 else 1.2) * below,
        "markersize": 4 + (3 if of == 2 else 1.5) * below,
        "alpha": 0.5 if below else 1.0,
        "zorder": 2 + number / 100,
    }


def plain(text: str) -> str:
    r"""Return text in which matplotlib finds no formula: names may have a dollar sign.

    Examples
    --------
    >>> plain("a$b")
    'a\\$b'
    """
    return text.replace("$", r"\$")


def set_title(axes: "Axes", text: str, name: str = "") -> None:
    """Set a title that stands alone: what is drawn, below the name of the network and the data where there is one."""
    axes.set_title(plain(f"{name}\n{text}" if name else text), fontsize="medium")


def run_name(result: "Result", name: str) -> str:
    """Return a name for a run's title: the given one, or the sizes of the network."""
    inputs = "x".join(map(str, result.network.input.shape))
    return name or f"network of {inputs} inputs, {result.neurons:,} neurons, {result.scores.shape[2]} outputs"


def show_logarithmic(axes: "Axes", values: "Sequence[float]") -> None:
    """Make the x axis logarithmic where values are above 0 and far apart, with numbers like 2k and 5M that do not touch."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    lowest, highest = min(values), max(values)
    if lowest <= 0 or highest <= _FAR_APART * lowest:
        return
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if highest < _DECADES * lowest else (1.0,)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())


def show_steps(axes: "Axes", steps: "Sequence[int]") -> None:
    """Make the x axis one of time-steps: logarithmic, with the numbers of steps that there are, or some of many."""
    shown = steps[:: -(-len(steps) // _MOST_STEPS)]
    axes.set_xscale("log", base=2)
    axes.set_xticks(shown, [str(value) for value in shown])
    axes.minorticks_off()
    axes.set_xlabel("time-steps")
