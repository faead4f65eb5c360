"""Given spikes, as lists of events or as a dense array."""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.encode.binning import Binning, binned
from pysnn.encode.recording import as_recording
from pysnn.errors import DataError

__all__ = ["Events"]

MAX_AT_ONCE = 255
"""Largest count of one input in one step."""

_LARGEST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Events:
    """Input spikes of a batch as (sample, step, index) triples; one that stands there n times is a count of n.

    Parameters
    ----------
    sample, step, index
        Integer vectors of one length; ``index`` is the flat position in ``(channels, height, width)`` order. Any order.
    samples
        How many samples there are (some may have no event).

    Examples
    --------
    >>> events = Events.from_lists([([0, 3], [5, 5]), ([1], [0])])
    >>> events.samples, events.most_at_once()
    (2, 1)
    """

    sample: Any
    step: Any
    index: Any
    samples: int

    def __post_init__(self) -> None:
        for field in ("sample", "step", "index"):
            array = as_numeric(getattr(self, field), f"Events: {field}")
            if array.ndim != 1 or (array.dtype.kind not in "iu" and array.size):
                raise DataError(f"Events: {field} must be a vector of integers, got {array.dtype} {array.shape}")
            if array.size and (int(array.min()) < 0 or int(array.max()) > _LARGEST):
                bad = int(array.min()) if int(array.min()) < 0 else int(array.max())
                raise DataError(f"Events: {field} must be in 0..{_LARGEST}, got {bad}")
            object.__setattr__(self, field, array.astype(np.int64))
        whole = isinstance(self.samples, int | np.integer) and not isinstance(self.samples, bool)
        if not whole or not 0 <= self.samples <= _LARGEST:
            raise DataError(f"Events: samples must be an integer in 0..{_LARGEST}, got {self.samples!r}")
        object.__setattr__(self, "samples", int(self.samples))
        if not len(self.sample) == len(self.step) == len(self.index):
            lengths = f"{len(self.sample)}, {len(self.step)}, {len(self.index)}"
            raise DataError(f"Events: sample, step and index must have one length, got {lengths}")
        if self.sample.size and int(self.sample.max()) >= self.samples:
            raise DataError(f"Events: sample {int(self.sample.max())} is beyond the {self.samples} samples")

    @classmethod
    def from_lists(cls, lists: Any) -> "Events":
        """Make them from one ``(steps, indices)`` pair a sample."""
        if not isinstance(lists, list | tuple):
            raise DataError(f"Events: expected a list of (steps, indices) pairs, got {type(lists).__name__}")
        pairs = [_pair_of_vectors(k, pair) for k, pair in enumerate(lists)]
        none = np.zeros(0, dtype=np.int64)
        sample = np.repeat(np.arange(len(pairs)), [len(step) for step, _ in pairs])
        step = np.concatenate([none, *(step for step, _ in pairs)])
        index = np.concatenate([none, *(index for _, index in pairs)])
        return cls(sample, step, index, samples=len(pairs))

    @classmethod
    def from_dense(cls, spikes: Any) -> "Events":
        """Make them from spikes or counts ``(steps, batch, ...)``: booleans or whole numbers."""
        array = as_numeric(spikes, "spikes")
        if array.ndim < 3:
            raise DataError(f"spikes: expected (steps, batch, ...), got shape {array.shape}")
        if array.dtype.kind == "f" and not (array == np.floor(array)).all():
            raise DataError("spikes: expected whole numbers (0, 1 or a count), got fractions")
        if array.size and (array.min() < 0 or array.max() > MAX_AT_ONCE):
            bad = array.min() if array.min() < 0 else array.max()
            raise DataError(f"spikes: expected counts in 0..{MAX_AT_ONCE}, got {bad}")
        flat = array.reshape(*array.shape[:2], prod(array.shape[2:]))
        step, sample, index = np.nonzero(flat)
        counts = flat[step, sample, index].astype(np.int64)
        sample, step, index = (np.repeat(axis, counts) for axis in (sample, step, index))
        return cls(sample, step, index, samples=array.shape[1])

    @classmethod
    def from_structured(cls, events: Any, sensor: tuple[int, int], binning: Binning) -> "Events":
        """Make them from what event cameras record.

        Parameters
        ----------
        events
            Samples, each a structured array (Tonic's dtype, or any other order and type), a mapping or a frame with x, y, t (microseconds) and p, see
            :func:`pysnn.encode.recording.as_recording`; a list of them, or one alone.
        sensor
            (height, width).
        binning
            How they become steps, channels, rows and columns; ``binning.shape(sensor)`` is the shape of the network's input.

        Raises
        ------
        DataError
            A sample is empty, unsorted, has negative times, or events outside the sensor; the message has the sample and the row.

        Examples
        --------
        >>> from pysnn.encode.binning import Binning
        >>> sample = {"t": [0, 400, 1200], "x": [0, 0, 1], "y": [0, 0, 0], "p": [1, 1, 0]}
        >>> events = Events.from_structured([sample], (1, 2), Binning(bin_us=1000))
        >>> events.step.tolist(), events.index.tolist(), events.most_at_once()
        ([0, 0, 1], [2, 2, 1], 2)
        """
        samples = events if isinstance(events, list | tuple) else [events]
        found = binned(
            [as_recording(sample, sensor, f"sample {number}") for number, sample in enumerate(samples)], binning
        )
        return cls(found.sample, found.step, found.index, samples=len(samples))

    def most_at_once(self) -> int:
        """Return the largest count of one input in one step (1 where there are no events)."""
        return self._most_at_once

    @cached_property
    def _most_at_once(self) -> int:
        if not len(self.sample):
            return 1
        order = _order(self.index, self.step, self.sample)
        keys = np.stack([self.sample[order], self.step[order], self.index[order]])
        starts = np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))
        return int(np.diff(np.append(starts, keys.shape[1])).max())

    def until(self, steps: int) -> "Events":
        """Return the events of steps below ``steps``."""
        kept = self.step < steps
        return (
            self if kept.all() else Events(self.sample[kept], self.step[kept], self.index[kept], samples=self.samples)
        )

    def select(self, start: int, stop: int) -> "Events":
        """Return the events of samples ``start`` to ``stop``, numbered from 0."""
        if (start, stop) == (0, self.samples):
            return self
        chosen = (self.sample >= start) & (self.sample < stop)
        return Events(self.sample[chosen] - start, self.step[chosen], self.index[chosen], samples=stop - start)

    def packed(self, steps: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Return (offsets, index) as backends take them; events at or after ``steps`` are refused."""
        if self.step.size and int(self.step.max()) >= steps:
            raise DataError(f"Events: step {int(self.step.max())} is beyond the {steps} steps of the run")
        if self.index.size and int(self.index.max()) >= size:
            raise DataError(f"Events: index {int(self.index.max())} is beyond the {size} inputs")
        slots = self.sample * steps + self.step
        offsets = np.zeros(self.samples * steps + 1, dtype=np.int64)
        np.cumsum(np.bincount(slots, minlength=self.samples * steps), out=offsets[1:])
        index = self.index.astype(np.uint32)
        return offsets, index if (slots[1:] >= slots[:-1]).all() else index[_order(slots)]


def _order(*keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the stable order by the last key, by the one before it where that is equal, and so on: a radix sort of values from 0 on, 16 bits at a time."""
    order = np.arange(len(keys[0]))
    for key in keys:
        for shift in range(0, int(key.max(initial=0)).bit_length(), 16):
            digits = (key >> shift).astype(np.uint16)
            order = order[np.argsort(digits[order], kind="stable")]
    return order


def _pair_of_vectors(number: int, pair: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return one sample's steps and indices, two integer vectors of one length."""
    what = f"Events: sample {number}"
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise DataError(f"{what}: expected (steps, indices), got {type(pair).__name__}")
    step, index = (as_numeric(part, f"{what}: {field}") for part, field in zip(pair, ("step", "index"), strict=True))
    if step.ndim != 1 or step.shape != index.shape:
        raise DataError(f"{what}: steps and indices must be vectors of one length, got {step.shape} and {index.shape}")
    if not step.size:
        return step.astype(np.int64), index.astype(np.int64)
    return step, index
