"""Warn where data do not look like what a network's mean and std are for."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.nodes import Input

__all__ = ["warn_of_input_range"]

# Above this, a mean is one of pixels in 0..255; a colour in 0..1 that was interpolated may pass 1 by a little.
_MOST_COLOUR = 1.5
_LEAST_COLOUR = -0.1
_MOST_RMS = 30.0


def warn_of_input_range(node: Input, data: NDArray[Any]) -> None:
    """Compare the range of data with the input's mean and std; an input without them takes anything.

    Parameters
    ----------
    node
        A network's input.
    data
        ``(samples, ...)``, checked; uint8 is divided by 255 before mean and std.

    Warns
    -----
    UserWarning
        Pixels in 0..255 meet a mean and a std of colours in 0..1, or the reverse; data seem to be normalised already; or
        they lie far from anything that this mean and std normalise.

    Examples
    --------
    >>> warn_of_input_range(Input((1, 1, 1), mean=[0.5], std=[0.25]), np.uint8([[[[255]]]]))
    """
    if node.mean is None:
        return
    problem = _maps(node, data) if len(node.shape) == 3 else None
    problem = problem or _far_away(node, data)
    if problem:
        given = f"mean {_listed(node.mean)} and std {_listed(node.std)}"
        found = f"{data.dtype} data in {data.min():g}..{data.max():g}"
        warnings.warn(f"input: {found} do not look right for {given}: {problem}", UserWarning, stacklevel=3)


def _maps(node: Input, data: NDArray[Any]) -> str | None:
    lowest, highest, pixels = float(data.min()), float(data.max()), float(node.mean.max()) > _MOST_COLOUR
    if data.dtype == np.uint8:
        return "uint8 data are divided by 255 first, so divide mean and std by 255 too" if pixels else None
    if pixels:
        small = lowest >= 0 and highest <= 1
        return "these are of pixels in 0..255; divide them by 255, or multiply the data" if small else None
    if lowest < _LEAST_COLOUR:
        return "colours in 0..1 are expected; the data seem to be normalised already, so leave mean and std out"
    if highest > _MOST_COLOUR:
        return "colours in 0..1 are expected; give the pixels as uint8, or divide them by 255"
    return None


def _far_away(node: Input, data: NDArray[Any]) -> str | None:
    if data.dtype == np.uint8:
        return None
    normal = node.normalise(data.astype(np.float32)).astype(np.float64)
    rms = float(np.sqrt(np.mean(normal * normal)))
    return (
        f"behind them the values have a root mean square of {rms:.3g}, about 1 is expected" if rms > _MOST_RMS else None
    )


def _listed(values: NDArray[np.float32]) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:4])
    return f"({shown}, ...)" if len(values) > 4 else f"({shown})"
