"""What an event camera recorded: events (x, y, t, polarity), checked, in the order of time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.arrays import as_numeric
from pysnn.errors import DataError
from pysnn.foreign import as_numpy

__all__ = ["Recording", "as_recording", "columns_of"]

_NAMES = {
    "x": ("x",),
    "y": ("y",),
    "t": ("t", "ts", "timestamp", "timestamps", "time"),
    "p": ("p", "pol", "polarity", "on"),
}
_LARGEST_TIME = 1 << 62


@dataclass(frozen=True, eq=False)
class Recording:
    """One sample of events.

    Parameters
    ----------
    x, y
        Column and row of each event, from 0.
    t
        Microseconds, in ascending order.
    p
        Polarity: 0 or 1.
    sensor
        (height, width).

    Raises
    ------
    DataError
        There are no events, a vector is not as described, or an event lies outside the sensor; the message has its row.

    Examples
    --------
    >>> Recording([0, 3], [1, 1], [10, 20], [0, 1], (2, 4)).count
    2
    """

    x: Any
    y: Any
    t: Any
    p: Any
    sensor: tuple[int, int]
    what: str = "events"

    def __post_init__(self) -> None:
        for field in "xytp":
            object.__setattr__(self, field, _integers(getattr(self, field), f"{self.what}: {field}"))
        lengths = {field: len(getattr(self, field)) for field in "xytp"}
        if len(set(lengths.values())) > 1:
            raise DataError(
                f"{self.what}: x, y, t and p must have one length, got {', '.join(map(str, lengths.values()))}"
            )
        if not self.count:
            raise DataError(f"{self.what}: expected at least one event, got none")
        height, width = self.sensor
        for field, most in (("x", width - 1), ("y", height - 1), ("p", 1), ("t", _LARGEST_TIME)):
            self._check(field, most)
        falls = np.flatnonzero(np.diff(self.t) < 0)
        if falls.size:
            row = int(falls[0]) + 1
            raise DataError(
                f"{self.what}: expected times in ascending order, got {self.t[row]} behind {self.t[row - 1]} in row {row}; sort by t first"
            )

    @property
    def count(self) -> int:
        """How many events there are."""
        return len(self.t)

    def _check(self, field: str, most: int) -> None:
        values = getattr(self, field)
        bad = np.flatnonzero((values < 0) | (values > most))
        if bad.size:
            row = int(bad[0])
            where = f" on a sensor of {self.sensor[0]} x {self.sensor[1]} (height x width)" if field in "xy" else ""
            raise DataError(f"{self.what}: expected {field} in 0..{most}{where}, got {values[row]} in row {row}")


def as_recording(events: Any, sensor: tuple[int, int], what: str = "events") -> Recording:
    """Return events of any form as a recording.

    Parameters
    ----------
    events
        A structured array with the fields x, y, t and p in any order and of any integer type (Tonic's, aedat's), a mapping from these names to vectors, or a
        frame of Polars or pandas with these columns. Time may be called ``t``, ``ts``, ``timestamp`` or ``time``, polarity ``p``, ``pol``, ``polarity`` or ``on``, and
        may be booleans, 0 and 1, or -1 and 1.
    sensor
        (height, width).

    Raises
    ------
    DataError
        As :class:`Recording` does, or a field is missing.

    Examples
    --------
    >>> events = np.array([(5, True, 1, 0)], dtype=[("t", "i8"), ("p", "?"), ("x", "i2"), ("y", "i2")])
    >>> as_recording(events, (2, 2)).x.tolist()
    [1]
    """
    if isinstance(events, Recording):
        return events
    columns = columns_of(events, what)
    return Recording(columns["x"], columns["y"], columns["t"], columns["p"], sensor, what)


def columns_of(events: Any, what: str) -> dict[str, Any]:
    """Return the vectors x, y, t and p of events of any form, see :func:`as_recording`; polarities -1 and 1 become 0 and 1."""
    columns = _columns(events, what)
    found: dict[str, Any] = {}
    for field, names in _NAMES.items():
        there = [name for name in names if name in columns]
        if len(there) != 1:
            raise DataError(
                f"{what}: expected one field {' or '.join(names)}, got {', '.join(there) or 'none'} among {', '.join(columns) or 'no fields'}"
            )
        found[field] = as_numpy(columns[there[0]], f"{what}: {there[0]}")
    polarity = np.asarray(found["p"])
    if polarity.dtype.kind in "if" and polarity.size and polarity.min() == -1:
        found["p"] = np.where(polarity == -1, 0, polarity)
    return found


def _columns(events: Any, what: str) -> Mapping[str, Any]:
    """Return the vectors by name."""
    if isinstance(events, np.ndarray) and events.dtype.names:
        return {name: events[name] for name in events.dtype.names}
    if isinstance(events, Mapping):
        return events
    if hasattr(events, "columns") and hasattr(events, "__getitem__"):
        return {str(name): events[name] for name in events.columns}
    kind = f"an array of {events.dtype} without fields" if isinstance(events, np.ndarray) else type(events).__name__
    raise DataError(f"{what}: expected a structured array, a mapping or a frame with x, y, t and p, got {kind}")


def _integers(values: Any, what: str) -> NDArray[np.int64]:
    array = as_numeric(values, what)
    if array.ndim != 1:
        raise DataError(f"{what}: expected a vector, got the shape {array.shape}")
    if array.dtype.kind == "f":
        whole = np.isfinite(array) & (array == np.floor(array)) & (np.abs(array) < _LARGEST_TIME)
        if not whole.all():
            row = int(np.argmin(whole))
            raise DataError(f"{what}: expected whole numbers, got {array[row]} in row {row}")
    if array.dtype.kind == "u" and array.size and int(array.max()) > _LARGEST_TIME:
        raise DataError(
            f"{what}: expected at most {_LARGEST_TIME}, got {int(array.max())} in row {int(array.argmax())}"
        )
    return array.astype(np.int64)
