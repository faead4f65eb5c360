"""Warn, in one sentence, where data do not fit what a network was made for, and say what to do."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.data_range import DataRange
from pysnn.nodes import Input

__all__ = ["as_run", "range_problem", "scale_problem", "warn_of_scale"]

# Above this, a mean is one of pixels in 0..255; a colour in 0..1 that was interpolated may pass 1 by a little.
_MOST_COLOUR = 1.5
_LEAST_COLOUR = -0.1
_MOST_RMS = 30.0
_MOST_OFFSET = 2.0
_LEAST_DEVIATION = 0.3
_ENOUGH_SAMPLES = 32
_PIXELS = (180, 280)
"""A factor between these is taken for 255."""


def warn_of_scale(node: Input, data: NDArray[Any], *, stacklevel: int = 3) -> None:
    """Compare data with the range that the input knows, or else with its mean and std; without both anything fits.

    Parameters
    ----------
    node
        A network's input.
    data
        ``(samples, ...)``, checked; uint8 is divided by 255 before mean and std.
    stacklevel
        As :func:`warnings.warn` takes it.

    Warns
    -----
    UserWarning
        The data are too large, too small or moved; or they are pixels in 0..255 where mean and std are of colours in 0..1,
        or the reverse; or they seem to be normalised already.

    Examples
    --------
    >>> warn_of_scale(Input((1, 1, 1), mean=[0.5], std=[0.25]), np.uint8([[[[255]]]]))
    """
    problem = scale_problem(node, data)
    if problem:
        warnings.warn(problem, UserWarning, stacklevel=stacklevel)


def scale_problem(node: Input, data: NDArray[Any]) -> str | None:
    """Return the sentence of :func:`warn_of_scale`, or ``None``."""
    if node.data_range is not None:
        text = range_problem(node.data_range, as_run(node, data), normalises=node.normalises)
    else:
        text = _unlike_scaling(node, data) if node.scaling is not None else _unlike_mean(node, data)
    return f"input: {text}" if text else None


def as_run(node: Input, data: NDArray[Any]) -> NDArray[Any]:
    """Return data whose range is what the input takes: where it has a scaling, uint8 is not divided by 255."""
    return data.astype(np.float32) if node.scaling is not None and data.dtype == np.uint8 else data


def range_problem(known: DataRange, data: NDArray[Any], *, normalises: bool = False) -> str | None:
    """Return a sentence about data that do not fit a range, or ``None``; ``normalises``: the network has mean and std."""
    if known.misfit(data) is None:
        return None
    scale = 255 if data.dtype == np.uint8 else 1
    found = _Span(float(data.min()) / scale, float(data.max()) / scale)
    own = _Span(min(known.least), max(known.most))
    over = " over 255" if scale == 255 else ""
    return (
        f"{data.dtype} data{over} in {found.least:.4g}..{found.most:.4g} do not fit the data that the network was made for, "
        f"in {own.least:.4g}..{own.most:.4g}: {_advice(data.dtype, found, own, normalises=normalises)}"
    )


@dataclass(frozen=True)
class _Span:
    """The least and the largest of some values."""

    least: float
    most: float


def _advice(dtype: Any, found: _Span, known: _Span, *, normalises: bool) -> str:
    """Say what may have happened to the data, and what to do."""
    factor = (found.most - found.least) / ((known.most - known.least) or abs(known.most) or 1.0)
    if dtype == np.uint8:
        return "uint8 is divided by 255 first, so give floats in that scale"
    if found.least < 0 <= known.least and factor < _PIXELS[0]:
        own = "the network takes out mean and std itself, so leave that out" if normalises else "scale them as those"
        return f"if they are normalised, {own}"
    if dtype.kind in "iu" and known.most <= _MOST_COLOUR and 1 < found.most <= 255:
        return "only uint8 is divided by 255, so give them as uint8, or divide them"
    if _is_255(factor):
        return "divide them by 255, or scale them as those"
    if factor > 0 and _is_255(1 / factor):
        return "were they divided by 255 twice? Scale them as those"
    if 0.5 < factor < 2:
        return "scale them as those"
    often = factor if factor > 1 else 1 / max(factor, 1e-30)
    return f"they are about {often:.2g} times {'larger' if factor > 1 else 'smaller'}, so scale them as those"


def _is_255(factor: float) -> bool:
    return _PIXELS[0] <= factor <= _PIXELS[1]


def _unlike_mean(node: Input, data: NDArray[Any]) -> str | None:
    """Return what is wrong with data for the input's mean and std."""
    if node.mean is None:
        return None
    problem = _maps(node, data) if len(node.shape) == 3 else None
    problem = problem or _far_away(node, data)
    if problem is None:
        return None
    given = f"mean {_listed(node.mean)} and std {_listed(node.std)}"
    return f"{data.dtype} data in {data.min():g}..{data.max():g} do not look right for {given}: {problem}"


def _unlike_scaling(node: Input, data: NDArray[Any]) -> str | None:
    """Return what is wrong with data that a scaling should bring near 0; not all scalers bring deviations to 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        normal = np.asarray(node.normalise(data[:256]), dtype=np.float64)
        offset = float(np.median(np.abs(normal.mean(axis=0))))
    if not np.isfinite(offset) or offset <= _MOST_OFFSET or len(data) < _ENOUGH_SAMPLES:
        return None
    return (
        f"{data.dtype} data in {data.min():g}..{data.max():g} do not look right for the network's own scaling: behind it the "
        f"features have means {offset:.3g} from 0 (median); the data seem to be scaled already, or not as those of the training"
    )


def _maps(node: Input, data: NDArray[Any]) -> str | None:
    lowest, highest, pixels = float(data.min()), float(data.max()), float(node.mean.max()) > _MOST_COLOUR
    if data.dtype == np.uint8:
        return "uint8 data are divided by 255 first, so divide mean and std by 255 too" if pixels else None
    if pixels:
        small = lowest >= 0 and 0 < highest <= 1
        return "these are of pixels in 0..255; divide them by 255, or multiply the data" if small else None
    if lowest < _LEAST_COLOUR:
        return "colours in 0..1 are expected; the data seem to be normalised already, so leave mean and std out"
    if highest > _MOST_COLOUR:
        return "colours in 0..1 are expected; give the pixels as uint8, or divide them by 255"
    return None


def _far_away(node: Input, data: NDArray[Any]) -> str | None:
    if data.dtype == np.uint8:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        normal = node.normalise(data[:256].astype(np.float32)).astype(np.float64)
        rms = float(np.sqrt(np.mean(normal * normal)))
    if not np.isfinite(rms):
        # What leaves float32 is refused when it is run.
        return None
    if rms > _MOST_RMS:
        return f"behind them the values have a root mean square of {rms:.3g}, about 1 is expected"
    return _scaled_twice(normal) if len(node.shape) == 1 and len(data) >= _ENOUGH_SAMPLES else None


def _scaled_twice(normal: NDArray[np.float64]) -> str | None:
    """Look at what a scaler gives for ``(samples, features)``: features with means near 0 and deviations near 1."""
    deviation = normal.std(axis=0)
    offset = float(np.median(np.abs(normal.mean(axis=0))))
    width = float(np.median(deviation[deviation > 0])) if deviation.any() else 1.0
    if offset <= _MOST_OFFSET and width >= _LEAST_DEVIATION:
        return None
    return (
        f"behind them the features have means {offset:.3g} from 0 and standard deviations of {width:.3g} (medians), about 0 "
        "and 1 are expected; the data seem to be scaled already"
    )


def _listed(values: NDArray[np.float32]) -> str:
    shown = ", ".join(f"{value:.4g}" for value in values[:4])
    return f"({shown}, ...)" if len(values) > 4 else f"({shown})"
