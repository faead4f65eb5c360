"""The range of the data that a network was made for, and whether other data fit it."""

from math import isfinite
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError

__all__ = ["DataRange"]

_MOST_CHANNELS = 32
"""Data of more channels than this (pictures as vectors, say) have one range for all of them."""

_LOOKED_AT = 256
_VALUES = 1 << 20
_QUANTILE_VALUES = 20_000
_SMALL = 1 / 8
_WIDTHS = 0.4
_FEW_SAMPLES = 4
_FEW_VALUES = 32
_MANY_SAMPLES = 32


class DataRange(NamedTuple):
    """Range of data as :func:`pysnn.run` computes with them: uint8 over 255, before mean and std.

    Attributes
    ----------
    samples
        How many samples it was taken from.
    least, most
        Smallest and largest value: of each channel (feature of a vector) where there are at most 32, else one of all.
    quantiles
        5 %, 50 % and 95 % of all values.
    spread
        Median over the samples of the difference between largest and smallest value.
    deviation
        Standard deviation of all values.

    Examples
    --------
    >>> x = np.random.default_rng(0).random((100, 8))
    >>> known = DataRange.of(x)
    >>> known.misfit(x[:1]), known.misfit(x[:1] * 255), known.misfit(x / 255)
    (None, 'above', 'narrow')
    """

    samples: int
    least: tuple[float, ...]
    most: tuple[float, ...]
    quantiles: tuple[float, ...]
    spread: float
    deviation: float

    @classmethod
    def of(cls, x: NDArray[Any]) -> Self:
        """Return the range of ``(samples, channels, ...)``."""
        scale = _scale(x)
        grouped = _by_channel(x, x.shape[1] if x.shape[1] <= _MOST_CHANNELS else 1)
        some = _some(x).astype(np.float64) * scale
        values = _strided(some)
        return cls(
            samples=len(x),
            least=tuple(_short(v * scale) for v in grouped.min(axis=(0, 2)).tolist()),
            most=tuple(_short(v * scale) for v in grouped.max(axis=(0, 2)).tolist()),
            quantiles=tuple(_short(v) for v in np.quantile(values, (0.05, 0.5, 0.95))),
            spread=_short(np.median(some.max(axis=1) - some.min(axis=1))),
            deviation=_short(values.std()),
        )

    @classmethod
    def checked(cls, value: Any, channels: int) -> Self:
        """Return the range that a file or a caller gives, or raise :class:`DataError`."""
        if not isinstance(value, tuple | list) or len(value) != len(cls._fields):
            raise DataError(f"data_range: expected a DataRange, got {type(value).__name__}")
        made = cls._make(tuple(part) if isinstance(part, list) else part for part in value)
        arrays = (made.least, made.most, made.quantiles)
        if type(made.samples) is not int or made.samples < 1 or not all(type(part) is tuple for part in arrays):
            raise DataError("data_range: expected a positive number of samples, and tuples of numbers")
        numbers = (*made.least, *made.most, *made.quantiles, made.spread, made.deviation)
        if not all(type(number) is float and isfinite(number) for number in numbers):
            raise DataError("data_range: expected finite float values")
        groups = len(made.least)
        if groups not in (1, channels) or len(made.most) != groups or len(made.quantiles) != 3:
            raise DataError(f"data_range: expected 1 or {channels} values for least and most, and 3 quantiles")
        if any(a > b for a, b in zip(made.least, made.most, strict=True)) or min(made.spread, made.deviation) < 0:
            raise DataError("data_range: expected least <= most, and no negative spread or deviation")
        return made

    def as_array(self) -> NDArray[np.float64]:
        """Return all of it as one array; :meth:`from_array` reads it again."""
        numbers = (self.samples, self.spread, self.deviation, *self.quantiles, *self.least, *self.most)
        return np.array(numbers, dtype=np.float64)

    @classmethod
    def from_array(cls, array: NDArray[np.float64]) -> Self:
        """Return the range that an array of :meth:`as_array` holds."""
        numbers = array.tolist()
        least, most = (tuple(part.tolist()) for part in array[6:].reshape(2, -1))
        return cls(int(numbers[0]), least, most, tuple(numbers[3:6]), numbers[1], numbers[2])

    def misfit(self, x: NDArray[Any]) -> str | None:
        """Return how ``(samples, channels, ...)`` miss the range: "above", "below", "narrow", "wide", or ``None``.

        A few samples say little: for one of them only values several times beyond the range count, and samples that are
        constant never do. ``docs/numerics.md`` has the rules.
        """
        scale = _scale(x)
        if len(x) < _FEW_SAMPLES and len(self.least) == 1:
            # Streams come sample by sample, and each costs little.
            margin = self._margin(len(x)) * ((self.most[0] - self.least[0]) or abs(self.most[0]) or 1.0)
            if x.min() * scale >= self.least[0] - margin and x.max() * scale <= self.most[0] + margin:
                return None
        flat = _some(x)
        low, high = flat.min(axis=1) * scale, flat.max(axis=1) * scale
        return self._beyond(low, high) or self._channels_beyond(x, scale) or self._other_width(flat, scale, low, high)

    def _margin(self, samples: int) -> float:
        """Return how far beyond the range values may lie, in units of its width."""
        return 0.25 + 4 / samples + 8 / self.samples

    def _beyond(self, low: NDArray[Any], high: NDArray[Any]) -> str | None:
        """Compare the extremes of the samples with the range: the median sample must be beyond it."""
        least, most = min(self.least), max(self.most)
        width = (most - least) or abs(most) or 1.0
        margin = self._margin(len(low)) * width
        above, below = float(np.median(high)) - most, least - float(np.median(low))
        if max(above, below) <= margin:
            return None
        return "above" if above >= below else "below"

    def _channels_beyond(self, x: NDArray[Any], scale: float) -> str | None:
        """Compare each channel with its own range: a third of all values must be beyond it."""
        least, most = np.array(self.least), np.array(self.most)
        wide = most > least
        if len(least) < 2 or not wide.any():
            return None
        values = (_by_channel(_few(x), len(least)) * scale)[:, wide]
        margin = (self._margin(len(values)) * (most - least)[wide])[:, None]
        above = float(np.mean(values > most[wide, None] + margin))
        below = float(np.mean(values < least[wide, None] - margin))
        if above + below <= 1 / 3:
            return None
        return "above" if above >= below else "below"

    def _other_width(self, flat: NDArray[Any], scale: float, low: NDArray[Any], high: NDArray[Any]) -> str | None:
        """Compare how far apart values lie: of all of them, and, where there are many samples, of most of them."""
        samples = len(flat)
        if samples < _FEW_SAMPLES or flat.size < _FEW_VALUES:
            return None
        width = self.quantiles[2] - self.quantiles[0]
        if 0 < float(high.max() - low.min()) < _SMALL * max(self.spread, width):
            return "narrow"
        if samples < _MANY_SAMPLES or self.samples < _MANY_SAMPLES or width == 0:
            return None
        values = _strided(flat) * scale
        found = float(np.subtract(*np.quantile(values, (0.95, 0.05))))
        deviation = float(values.std())
        if 0 < found < _WIDTHS * width and deviation < _WIDTHS * self.deviation:
            return "narrow"
        return "wide" if _WIDTHS * found > width and _WIDTHS * deviation > self.deviation else None


def _scale(x: NDArray[Any]) -> float:
    return 1 / 255 if x.dtype == np.uint8 else 1.0


def _few(x: NDArray[Any]) -> NDArray[Any]:
    """Return some of the samples, evenly spaced, so that looking at them is cheap."""
    count = max(1, min(len(x), _LOOKED_AT, _VALUES // max(1, x[0].size)))
    return x if count == len(x) else x[np.arange(count) * len(x) // count]


def _some(x: NDArray[Any]) -> NDArray[Any]:
    few = _few(x)
    return few.reshape(len(few), -1)


def _strided(values: NDArray[Any]) -> NDArray[Any]:
    flat = values.reshape(-1)
    # An odd stride does not fall into step with rows of a picture.
    return flat[:: (flat.size // _QUANTILE_VALUES) | 1] if flat.size > _QUANTILE_VALUES else flat


def _by_channel(x: NDArray[Any], groups: int) -> NDArray[Any]:
    return x.reshape(len(x), groups, -1)


def _short(value: float) -> float:
    """Return a number of six digits: a range is no exact thing, and a file has it as text."""
    return float(f"{value:.6g}")
