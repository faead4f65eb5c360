"""Prophesee's files: DAT (8 bytes an event), and RAW in the encodings EVT2 (32-bit words) and EVT3 (16-bit words), by their published descriptions."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.event_files.raw import RawRecording
from pysnn.errors import DataError

__all__ = ["read_dat", "read_raw"]

_Ints = NDArray[np.int64]
_CD = (0x00, 0x0C)
"""Types of a DAT file's events: 2D events, and the same from contrast detection."""

_ADDRESS_Y, _ADDRESS_X, _BASE_X, _VECTOR_12, _VECTOR_8, _LOW, _HIGH = 0x0, 0x2, 0x3, 0x4, 0x5, 0x6, 0x8
"""Types of EVT3 words that are read: rows, single events, the start of a vector, vectors of 12 and 8, times."""


def read_dat(path: Path) -> list[RawRecording]:
    """Read a DAT file: a header, two bytes for the kind and the size of events, then 32 bits of time, 14 of x, 14 of y, 1 of polarity."""
    header, data = _header(path)
    if len(data) < 2 or data[0] not in _CD or data[1] != 8:
        raise DataError(
            f"'{path}': expected a DAT file of 8-byte events behind its header, got the bytes {list(data[:2])}"
        )
    body = data[2:]
    if len(body) % 8:
        raise DataError(f"'{path}': expected 8 bytes an event, got {len(body)} bytes")
    t, word = np.frombuffer(body, "<u4").reshape(-1, 2).astype(np.int64).T
    columns = {"x": word & 0x3FFF, "y": (word >> 14) & 0x3FFF, "t": _unwrapped(t, 1 << 32), "p": (word >> 28) & 1}
    return [RawRecording(columns, _sensor(header))]


def read_raw(path: Path) -> list[RawRecording]:
    """Read a RAW file, in the encoding that its header says."""
    header, data = _header(path)
    found = re.search(r"(?:evt|format\s+evt)\s*([0-9.]+)", header, re.IGNORECASE)
    version = found[1].partition(".")[0] if found else ""
    decoders = {"2": (_evt2, 4), "3": (_evt3, 2)}
    if version not in decoders or (found and found[1] not in ("2", "2.0", "3", "3.0")):
        raise DataError(f"'{path}': expected a header that says EVT2 or EVT3, got {found[0] if found else 'none'!r}")
    decode, size = decoders[version]
    if len(data) % size:
        raise DataError(f"'{path}': expected words of {size} bytes, got {len(data)} bytes")
    return [RawRecording(decode(data), _sensor(header))]


def _header(path: Path) -> tuple[str, bytes]:
    """Return the lines that begin with ``%``, up to ``% end`` where that is there, and what is behind them."""
    data = path.read_bytes()
    at = 0
    lines = []
    while data[at : at + 1] == b"%":
        end = data.find(b"\n", at)
        if end < 0:
            raise DataError(f"'{path}': its header has no end")
        lines.append(data[at:end].decode("latin-1"))
        at = end + 1
        if lines[-1].strip() == "% end":
            break
    return "\n".join(lines), data[at:]


def _sensor(header: str) -> tuple[int, int] | None:
    """Return (height, width) of a header."""
    found = {}
    for name in ("height", "width"):
        match = re.search(rf"{name}[\s=]+(\d+)", header, re.IGNORECASE)
        if match:
            found[name] = int(match[1])
    geometry = re.search(r"geometry\s+(\d+)x(\d+)", header, re.IGNORECASE)
    if len(found) == 2:
        return found["height"], found["width"]
    return (int(geometry[2]), int(geometry[1])) if geometry else None


def _evt2(data: bytes) -> dict[str, _Ints]:
    """Decode EVT2: a word has its type in 4 bits; events have 6 bits of time, 11 of x and 11 of y, and time's upper 28 bits come in words of their own."""
    word = np.frombuffer(data, "<u4").astype(np.int64)
    kind = word >> 28
    high = _latest(word & 0xFFFFFFF, kind == 0x8)
    chosen = (kind <= 1) & (high >= 0)
    event, upper = word[chosen], high[chosen]
    t = _unwrapped((upper << 6) | ((event >> 22) & 0x3F), 1 << 34)
    return {"x": (event >> 11) & 0x7FF, "y": event & 0x7FF, "t": t, "p": kind[chosen]}


def _evt3(data: bytes) -> dict[str, _Ints]:
    """Decode EVT3: rows, times and starts of vectors hold until the next of their kind; a vector has a bit for each of 12 or 8 columns."""
    word = np.frombuffer(data, "<u2").astype(np.int64)
    kind, value = word >> 12, word & 0xFFF
    rows = _latest(value & 0x7FF, kind == _ADDRESS_Y)
    times = _times(kind, value)
    width = np.where(kind == _VECTOR_12, 12, np.where(kind == _VECTOR_8, 8, 0))
    gone = np.cumsum(width) - width
    starts = kind == _BASE_X
    first = _latest((value & 0x7FF) - gone, starts, none=-(1 << 40)) + gone
    sign = _latest(value >> 11, starts)
    vectors = np.flatnonzero(width)
    bits = ((value[vectors, None] >> np.arange(12)) & 1).astype(bool) & (np.arange(12) < width[vectors, None])
    which, column = np.nonzero(bits)
    at = vectors[which]
    singles = np.flatnonzero(kind == _ADDRESS_X)
    place = np.concatenate([singles, at])
    x = np.concatenate([value[singles] & 0x7FF, first[at] + column])
    p = np.concatenate([value[singles] >> 11, sign[at]])
    order = np.argsort(place, kind="stable")
    place, x, p = place[order], x[order], p[order]
    known = (rows[place] >= 0) & (times[place] >= 0) & (x >= 0)
    return {"x": x[known], "y": rows[place][known], "t": times[place][known], "p": p[known]}


def _times(kind: _Ints, value: _Ints) -> _Ints:
    """Return the time at each word of EVT3: 12 upper and 12 lower bits; the lower ones are 0 from a new upper part on until they come."""
    upper = value[kind == _HIGH]
    changes = np.ones(len(upper), dtype=bool)
    changes[1:] = upper[1:] != upper[:-1]
    fresh = np.zeros(len(kind), dtype=bool)
    fresh[np.flatnonzero(kind == _HIGH)[changes]] = True
    high = np.full(len(kind), -1, dtype=np.int64)
    high[kind == _HIGH] = _unwrapped(upper, 1 << 12)
    high = _latest(high, kind == _HIGH)
    low = _latest(np.where(fresh, 0, value), fresh | (kind == _LOW))
    return np.where(high < 0, -1, (high << 12) | np.maximum(low, 0))


def _latest(values: _Ints, given: NDArray[np.bool_], none: int = -1) -> _Ints:
    """Return, at each place, the value of the last place that gives one; ``none`` before the first."""
    at = np.maximum.accumulate(np.where(given, np.arange(len(values)), -1))
    return np.where(at < 0, none, values[at]) if len(values) else values


def _unwrapped(values: _Ints, period: int) -> _Ints:
    """Return values that start again at 0 behind a period as ones that go on; they fall by more than half a period there."""
    falls = np.diff(values, prepend=values[:1]) < -period // 2
    return values + period * np.cumsum(falls)
