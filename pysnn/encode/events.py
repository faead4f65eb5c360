"""Given spikes, as lists of events or as a dense array."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError

__all__ = ["Events"]


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
            if array.size and int(array.min()) < 0:
                raise DataError(f"Events: {field} must not be negative, got {int(array.min())}")
            object.__setattr__(self, field, array.astype(np.int64))
        if not len(self.sample) == len(self.step) == len(self.index):
            lengths = f"{len(self.sample)}, {len(self.step)}, {len(self.index)}"
            raise DataError(f"Events: sample, step and index must have one length, got {lengths}")
        if self.sample.size and int(self.sample.max()) >= self.samples:
            raise DataError(f"Events: sample {int(self.sample.max())} is beyond the {self.samples} samples")

    @classmethod
    def from_lists(cls, lists: Any) -> "Events":
        """Make them from one ``(steps, indices)`` pair a sample."""
        pairs = [(as_numeric(t, "Events: step"), as_numeric(i, "Events: index")) for t, i in lists]
        if not pairs:
            none = np.zeros(0, dtype=np.int64)
            return cls(none, none, none, samples=0)
        sample = np.repeat(np.arange(len(pairs)), [len(t) for t, _ in pairs])
        step = np.concatenate([t for t, _ in pairs])
        index = np.concatenate([i for _, i in pairs])
        if not len(step):
            step = index = sample
        return cls(sample, step, index, samples=len(pairs))

    @classmethod
    def from_dense(cls, spikes: Any) -> "Events":
        """Make them from spikes or counts ``(steps, batch, ...)``: booleans or whole numbers."""
        array = as_numeric(spikes, "spikes")
        if array.ndim < 3:
            raise DataError(f"spikes: expected (steps, batch, ...), got shape {array.shape}")
        if array.dtype.kind == "f" and not (array == np.floor(array)).all():
            raise DataError("spikes: expected whole numbers (0, 1 or a count), got fractions")
        flat = array.reshape(*array.shape[:2], -1)
        if flat.size and flat.min() < 0:
            raise DataError(f"spikes: expected 0, 1 or a count, got {flat.min()}")
        step, sample, index = np.nonzero(flat)
        counts = flat[step, sample, index].astype(np.int64)
        if counts.size and counts.max() > 255:
            raise DataError(f"spikes: expected counts of at most 255, got {int(counts.max())}")
        sample, step, index = (np.repeat(axis, counts) for axis in (sample, step, index))
        return cls(sample, step, index, samples=array.shape[1])

    def most_at_once(self) -> int:
        """Give the largest count of one input in one step (1 where there are no events)."""
        if not len(self.sample):
            return 1
        order = np.lexsort((self.index, self.step, self.sample))
        keys = np.stack([self.sample[order], self.step[order], self.index[order]])
        starts = np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)]))
        return int(np.diff(np.append(starts, keys.shape[1])).max())

    def select(self, start: int, stop: int) -> "Events":
        """Give the events of samples ``start`` to ``stop``, numbered from 0."""
        chosen = (self.sample >= start) & (self.sample < stop)
        return Events(self.sample[chosen] - start, self.step[chosen], self.index[chosen], samples=stop - start)

    def packed(self, steps: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
        """Give (offsets, index) as backends take them; events at or after ``steps`` are refused."""
        if self.step.size and int(self.step.max()) >= steps:
            raise DataError(f"Events: step {int(self.step.max())} is beyond the {steps} steps of the run")
        if self.index.size and int(self.index.max()) >= size:
            raise DataError(f"Events: index {int(self.index.max())} is beyond the {size} inputs")
        order = np.lexsort((self.index, self.step, self.sample))
        slots = self.sample * steps + self.step
        offsets = np.zeros(self.samples * steps + 1, dtype=np.int64)
        np.cumsum(np.bincount(slots, minlength=self.samples * steps), out=offsets[1:])
        return offsets, self.index[order].astype(np.uint32)
