"""From recordings of an event camera to input spikes: steps, channels, rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pysnn.encode.recording import Recording
from pysnn.errors import DataError

__all__ = ["Binned", "Binning", "binned"]


@dataclass(frozen=True)
class Binning:
    """How events become input spikes.

    Parameters
    ----------
    bin_us
        Microseconds a step; the first event of a sample is in step 0.
    events
        In its place: so many events a step, in the order of time.
    steps
        So many steps: events behind them are left out. By default as many as the longest sample needs.
    polarity
        ``"channels"``: a channel for each polarity, 0 first; ``"merge"``: one channel for both.
    crop
        (top, left, height, width) of the sensor; what lies outside is left out.
    pool
        So many rows and columns become one; what is left over at the ends is left out. Their events add up.
    once
        Several events of one input in one step count as one. By default they add up to a count.

    Raises
    ------
    DataError
        A value is none of these.

    Examples
    --------
    >>> Binning(bin_us=1000, pool=2).polarity
    'channels'
    """

    bin_us: int | None = None
    events: int | None = None
    steps: int | None = None
    polarity: str = "channels"
    crop: tuple[int, int, int, int] | None = None
    pool: int = 1
    once: bool = False

    def __post_init__(self) -> None:
        if (self.bin_us is None) == (self.events is None):
            raise DataError("binning: expected bin_us or events, how much goes into a step, got both or neither")
        for name in ("bin_us", "events", "steps", "pool"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1):
                raise DataError(f"binning: {name} must be a positive integer, got {value!r}")
        if self.polarity not in ("channels", "merge"):
            raise DataError(f"binning: polarity must be 'channels' or 'merge', got {self.polarity!r}")
        good = self.crop is None or (len(self.crop) == 4 and min(self.crop[:2]) >= 0 and min(self.crop[2:]) >= 1)
        if not good:
            raise DataError(f"binning: crop must be (top, left, height, width), got {self.crop!r}")

    def shape(self, sensor: tuple[int, int]) -> tuple[int, int, int]:
        """Return (channels, height, width) of the input spikes of a sensor (height, width).

        Examples
        --------
        >>> Binning(bin_us=1000, pool=2).shape((34, 34))
        (2, 17, 17)
        """
        height, width = sensor
        if self.crop is not None:
            top, left, *size = self.crop
            if top + size[0] > height or left + size[1] > width:
                raise DataError(
                    f"binning: crop {self.crop} does not lie on a sensor of {height} x {width} (height x width)"
                )
            height, width = size
        if min(height, width) < self.pool:
            raise DataError(f"binning: pool {self.pool} is larger than {height} x {width} (height x width)")
        return (2 if self.polarity == "channels" else 1, height // self.pool, width // self.pool)


@dataclass(frozen=True, eq=False)
class Binned:
    """Events as (sample, step, index), and what they are of."""

    sample: NDArray[np.int64]
    step: NDArray[np.int64]
    index: NDArray[np.int64]
    steps: int
    shape: tuple[int, int, int]


def binned(recordings: Sequence[Recording], binning: Binning) -> Binned:
    """Return the input spikes of recordings of one sensor.

    Raises
    ------
    DataError
        There are no recordings, or they are of several sensors.

    Examples
    --------
    >>> found = binned([Recording([0, 1], [0, 0], [5, 2005], [0, 1], (1, 2))], Binning(bin_us=1000))
    >>> found.step.tolist(), found.index.tolist(), found.shape
    ([0, 2], [0, 3], (2, 1, 2))
    """
    sensors = {recording.sensor for recording in recordings}
    if len(sensors) != 1:
        raise DataError(f"events: expected recordings of one sensor, got {len(recordings)} of {len(sensors)} sensors")
    shape = binning.shape(sensors.pop())
    parts = [_one(recording, binning, shape) for recording in recordings]
    step, index = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
    sample = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    if binning.once:
        sample, step, index = np.unique(np.stack([sample, step, index]), axis=1)
    needed = binning.steps or int(step.max(initial=0)) + 1
    return Binned(sample, step, index, needed, shape)


def _one(
    recording: Recording, binning: Binning, shape: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return steps and flat indices of one recording."""
    top, left = (0, 0) if binning.crop is None else binning.crop[:2]
    if binning.events is not None:
        step = np.arange(recording.count) // binning.events
    else:
        step = (recording.t - recording.t[0]) // (binning.bin_us or 1)
    row, column = (recording.y - top) // binning.pool, (recording.x - left) // binning.pool
    _, height, width = shape
    kept = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    if binning.steps is not None:
        kept &= step < binning.steps
    channel = recording.p if binning.polarity == "channels" else np.zeros_like(recording.p)
    return step[kept], ((channel * height + row) * width + column)[kept]
