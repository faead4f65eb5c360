"""Writers of the formats of event cameras, event by event from their published descriptions: what the decoders are tested with."""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Event(NamedTuple):
    x: int
    y: int
    t: int
    p: int


def random_events(count: int, sensor: tuple[int, int], longest_gap: int, seed: int = 0) -> list[Event]:
    """Return events in the order of time, many of them at one time and in one row."""
    random = np.random.default_rng(seed)
    t = np.cumsum(random.integers(0, longest_gap, count) * random.integers(0, 2, count))
    y = np.repeat(random.integers(0, sensor[0], count // 4 + 1), 4)[:count]
    x, p = random.integers(0, sensor[1], count), random.integers(0, 2, count)
    return [Event(*map(int, event)) for event in zip(x, y, t, p, strict=True)]


def nmnist(events: Iterable[Event]) -> bytes:
    """5 bytes an event; an event of row 240 whenever 2**13 us more do not fit, as its recorder wrote them."""
    data, added = b"", 0
    for event in events:
        while event.t - added >= 1 << 23:
            data += bytes([0, 240, 0, 0, 0])
            added += 1 << 13
        rest = event.t - added
        data += bytes([event.x, event.y, (event.p << 7) | (rest >> 16), (rest >> 8) & 255, rest & 255])
    return data


def dat(events: Iterable[Event], sensor: tuple[int, int]) -> bytes:
    header = f"% Data file containing CD events.\n% Version 2\n% Width {sensor[1]}\n% Height {sensor[0]}\n".encode()
    body = b"".join(struct.pack("<II", e.t & 0xFFFFFFFF, e.x | (e.y << 14) | (e.p << 28)) for e in events)
    return header + bytes([12, 8]) + body


def evt2(events: Iterable[Event], sensor: tuple[int, int]) -> bytes:
    data, high = f"% evt 2.0\n% geometry {sensor[1]}x{sensor[0]}\n% end\n".encode(), None
    for e in events:
        if e.t >> 6 != high:
            high = e.t >> 6
            data += struct.pack("<I", (0x8 << 28) | (high & 0xFFFFFFF))
        data += struct.pack("<I", (e.p << 28) | ((e.t & 63) << 22) | (e.x << 11) | e.y)
    return data


def evt3(events: Iterable[Event], sensor: tuple[int, int]) -> bytes:
    header = f"% format EVT3;height={sensor[0]};width={sensor[1]}\n% end\n".encode()
    return header + b"".join(struct.pack("<H", word) for word in _words(list(events)))


def _words(events: list[Event]) -> Iterator[int]:
    """Words of 16 bits: runs of 3 ascending columns and more in one row, at one time and of one polarity, become vectors."""
    high = low = row = None
    at = 0
    while at < len(events):
        e = events[at]
        if (e.t >> 12) & 0xFFF != high:
            high = (e.t >> 12) & 0xFFF
            yield (0x8 << 12) | high
            low = None
        if e.t & 0xFFF != low:
            low = e.t & 0xFFF
            yield (0x6 << 12) | low
        if e.y != row:
            row = e.y
            yield row
        run = _run(events, at)
        if len(run) < 3:
            yield (0x2 << 12) | (e.p << 11) | e.x
            at += 1
            continue
        yield (0x3 << 12) | (e.p << 11) | e.x
        start = e.x
        for size, kind in ((12, 0x4), (12, 0x4), (8, 0x5)):
            yield (kind << 12) | sum(1 << (x - start) for x in run if start <= x < start + size)
            start += size
        at += len(run)


def _run(events: list[Event], at: int) -> list[int]:
    """Columns of events that fit into vectors of 12, 12 and 8."""
    first = events[at]
    run: list[int] = []
    for e in events[at:]:
        if (e.y, e.t, e.p) != (first.y, first.t, first.p) or e.x - first.x >= 32 or (run and e.x <= run[-1]):
            break
        run.append(e.x)
    return run


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
