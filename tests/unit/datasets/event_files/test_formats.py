"""Files of event cameras: bytes by hand, files that writers of our own made event by event, and damaged ones."""

import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from pysnn.datasets.event_files import EVENT_ENDINGS, read_events
from pysnn.encode.recording import Recording
from pysnn.errors import DataError
from tests.unit.datasets.event_files.encoders import Event, dat, evt2, evt3, nmnist, random_events, written

SENSOR = (60, 90)


def events_of(recording: Recording) -> list[Event]:
    columns = (recording.x, recording.y, recording.t, recording.p)
    return [Event(*map(int, event)) for event in zip(*columns, strict=True)]


def test_evt3_by_hand(tmp_path: Path) -> None:
    """Time 5 * 4096 + 7, row 3; one event in column 9; a vector from column 100 with columns 100, 101, 111, then 112 of the next vector."""
    words = [0x8005, 0x6007, 0x0003, 0x2809, 0x3064, 0x4803, 0x5001]
    path = written(tmp_path / "a.raw", b"% evt 3.0\n% end\n" + struct.pack("<7H", *words))
    t = 5 * 4096 + 7
    expected = [Event(9, 3, t, 1), *(Event(x, 3, t, 0) for x in (100, 101, 111, 112))]
    assert events_of(read_events(path, (720, 1280))[0]) == expected


def test_evt2_by_hand(tmp_path: Path) -> None:
    words = [0x80000002, (1 << 28) | (5 << 22) | (300 << 11) | 200, (0 << 28) | (6 << 22) | (1 << 11) | 2]
    path = written(tmp_path / "a.raw", b"% evt 2.0\n% geometry 640x480\n% end\n" + struct.pack("<3I", *words))
    found = read_events(path)[0]
    assert events_of(found) == [Event(300, 200, 133, 1), Event(1, 2, 134, 0)]
    assert found.sensor == (480, 640)


def test_nmnist_by_hand(tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", bytes([3, 4, 0x80, 0, 9, 0, 240, 0, 0, 0, 5, 6, 0x01, 0, 0]))
    assert events_of(read_events(path, (34, 34))[0]) == [Event(3, 4, 9, 1), Event(5, 6, 65536 + 8192, 0)]


def test_dat_by_hand(tmp_path: Path) -> None:
    body = struct.pack("<II", 77, 5 | (6 << 14) | (1 << 28))
    path = written(tmp_path / "a.dat", b"% Width 10\n% Height 20\n" + bytes([0, 8]) + body)
    found = read_events(path)[0]
    assert (events_of(found), found.sensor) == ([Event(5, 6, 77, 1)], (20, 10))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("ending", "encode", "gap"),
    [(".dat", dat, 10**8), (".raw", evt2, 10**6), (".raw", evt3, 60_000), (".raw", evt3, 4)],
    ids=["dat", "evt2", "evt3", "evt3 dense"],
)
def test_files_of_a_writer_of_our_own(ending: str, encode: Any, gap: int, seed: int, tmp_path: Path) -> None:
    """Times go over the end of each format's counter: 2**32, 2**24 us."""
    events = random_events(1500 if gap == 60_000 else 400, SENSOR, gap, seed)
    found = read_events(written(tmp_path / f"a{ending}", encode(events, SENSOR)))[0]
    assert events_of(found) == events
    assert found.sensor == SENSOR
    assert gap in (4, 10**6) or events[-1].t > (1 << 24 if gap == 60_000 else 1 << 32)


def test_nmnist_of_a_writer_of_our_own(tmp_path: Path) -> None:
    events = random_events(300, SENSOR, 200_000)
    assert events[-1].t > 1 << 23
    assert events_of(read_events(written(tmp_path / "a.bin", nmnist(events)), SENSOR)[0]) == events


def test_vectors_come_in_the_order_of_single_events(tmp_path: Path) -> None:
    events = [Event(x, 1, 10, 1) for x in (0, 3, 20, 31)] + [Event(2, 1, 10, 1), Event(5, 2, 10, 0), Event(6, 2, 10, 0)]
    assert events_of(read_events(written(tmp_path / "a.raw", evt3(events, SENSOR)))[0]) == events


def structured(events: list[Event], order: str = "txyp") -> Any:
    kinds = {"t": "<i8", "x": "<i2", "y": "<u2", "p": "?"}
    array = np.zeros(len(events), dtype=[(name, kinds[name]) for name in order])
    for name in "txyp":
        array[name] = [getattr(event, name) for event in events]
    return array


@pytest.mark.parametrize("order", ["txyp", "pyxt"])
def test_arrays_of_numpy(order: str, tmp_path: Path) -> None:
    events = random_events(50, SENSOR, 100)
    array = structured(events, order)
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", events=array)
    np.savez(tmp_path / "b.npz", **{name: array[name] for name in "xytp"})
    np.savez(tmp_path / "c.npz", x=array["x"], y=array["y"], ts=array["t"], polarity=array["p"].astype(np.int8) * 2 - 1)
    for name in ("a.npy", "a.npz", "b.npz", "c.npz"):
        assert events_of(read_events(tmp_path / name, SENSOR)[0]) == events


def test_several_samples_in_one_file(tmp_path: Path) -> None:
    parts = [random_events(20, SENSOR, 9, seed) for seed in range(3)]
    array = structured([event for part in parts for event in part])
    np.savez(tmp_path / "a.npz", **{name: array[name] for name in "xytp"}, offsets=[0, 20, 40, 60])
    assert [events_of(found) for found in read_events(tmp_path / "a.npz", SENSOR)] == parts
    np.savez(tmp_path / "b.npz", **{name: array[name] for name in "xytp"}, offsets=[0, 20, 10, 60])
    with pytest.raises(DataError, match="offsets must ascend from 0 to the 60 events"):
        read_events(tmp_path / "b.npz", SENSOR)


def test_hdf5(tmp_path: Path) -> None:
    events = random_events(50, SENSOR, 100)
    array = structured(events)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name in "xytp":
            file[f"events/{name}"] = array[name]
        file["ms_to_idx"] = np.arange(3)
    with h5py.File(tmp_path / "b.hdf5", "w") as file:
        file["events"] = array
    for name in ("a.h5", "b.hdf5"):
        assert events_of(read_events(tmp_path / name, SENSOR)[0]) == events


def test_spikes_as_shd_has_them(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, kind in (("times", np.float32), ("units", np.uint16)):
            data = file.create_dataset(f"spikes/{name}", 2, dtype=h5py.vlen_dtype(np.dtype(kind)))
            data[0], data[1] = ([0.5, 0.25], [0.125]) if name == "times" else ([699, 3], [7])
    first, second = read_events(tmp_path / "a.h5")
    assert events_of(first) == [Event(3, 0, 250_000, 0), Event(699, 0, 500_000, 0)]
    assert second.sensor == (1, 700)


def test_aedat4_by_its_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its package reads the file; a stand-in gives what its documentation says."""
    events = random_events(40, SENSOR, 100)
    array = np.array(
        [(e.t, e.x, e.y, e.p) for e in events], dtype=[("t", "<u8"), ("x", "<u2"), ("y", "<u2"), (("p", "on"), "?")]
    )

    class Decoder:
        def __init__(self, path: str) -> None:
            assert path.endswith("a.aedat4")

        def id_to_stream(self) -> Any:
            return {0: {"type": "events", "width": SENSOR[1], "height": SENSOR[0]}, 1: {"type": "imus"}}

        def __iter__(self) -> Any:
            return iter(
                [
                    {"stream_id": 0, "events": array[:25]},
                    {"stream_id": 1, "imus": ()},
                    {"stream_id": 0, "events": array[25:]},
                ]
            )

    monkeypatch.setitem(sys.modules, "aedat", SimpleNamespace(Decoder=Decoder))
    found = read_events(written(tmp_path / "a.aedat4", b""))[0]
    assert (events_of(found), found.sensor) == (events, SENSOR)


def test_a_file_that_is_no_aedat4(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not an AEDAT4 file, or a damaged one"):
        read_events(written(tmp_path / "a.aedat4", b"hello"))


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.bin", b"1234", "expected 5 bytes an event, got 4 bytes"),
        ("a.bin", b"", "expected at least one event, got none"),
        (
            "a.bin",
            bytes([40, 0, 0, 0, 0]),
            r"expected x in 0..33 on a sensor of 34 x 34 \(height x width\), got 40 in row 0",
        ),
        ("a.bin", bytes([1, 1, 0, 0, 9, 1, 1, 0, 0, 8]), "expected times in ascending order, got 8 behind 9 in row 1"),
        ("a.dat", b"", r"expected a DAT file of 8-byte events behind its header, got the bytes \[\]"),
        ("a.dat", b"% Width", "its header has no end"),
        ("a.raw", b"% hello\n% end\n", "expected a header that says EVT2 or EVT3, got 'none'"),
        ("a.raw", b"% evt 2.1\n% end\n", "expected a header that says EVT2 or EVT3, got 'evt 2.1'"),
        ("a.raw", b"% evt 3.0\n% end\n1", "expected words of 2 bytes, got 1 bytes"),
        ("a.raw", b"% evt 3.0\n% end\n", "expected at least one event, got none"),
        ("a.npz", b"PK", "expected arrays of NumPy, or they are damaged"),
        ("a.h5", b"hello", "expected HDF5 with events, or it is damaged; it looks like text"),
        ("a.txt", b"", "expected a file of events: .aedat4, .bin"),
    ],
)
def test_bad_files(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        read_events(written(tmp_path / name, data), (34, 34))


def test_a_sensor_that_nobody_says(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the file does not say the size of its sensor"):
        read_events(written(tmp_path / "a.bin", bytes([1, 1, 0, 0, 9])))


@pytest.mark.slow
def test_no_damaged_file_crashes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    events = random_events(60, SENSOR, 1000)
    wholes = {
        ".dat": dat(events, SENSOR),
        ".raw": evt3(events, SENSOR),
        ".bin": nmnist(events),
        ".npy": b"",
        ".npz": b"",
    }
    np.save(tmp_path / "whole.npy", structured(events))
    np.savez(tmp_path / "whole.npz", structured(events))
    for ending in (".npy", ".npz"):
        wholes[ending] = (tmp_path / f"whole{ending}").read_bytes()
    for ending, whole in wholes.items():
        assert ending in EVENT_ENDINGS
        for _ in range(60):
            data = bytearray(whole[: int(random.integers(0, len(whole)))] if random.integers(2) else whole)
            for place in random.integers(0, max(1, len(data)), 6 if data else 0):
                data[place] = int(random.integers(256))
            try:
                read_events(written(tmp_path / f"bad{ending}", bytes(data)), SENSOR)
            except DataError:
                continue
