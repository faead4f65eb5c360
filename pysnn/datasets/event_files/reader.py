"""One recording, or several, from a file."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from pysnn.datasets.event_files.aedat4 import read_aedat4
from pysnn.datasets.event_files.arrays import read_arrays
from pysnn.datasets.event_files.hdf5 import read_hdf5
from pysnn.datasets.event_files.nmnist import read_nmnist
from pysnn.datasets.event_files.prophesee import read_dat, read_raw
from pysnn.datasets.event_files.raw import RawRecording
from pysnn.encode.recording import Recording
from pysnn.errors import DataError

__all__ = ["EVENT_ENDINGS", "read_events"]

_READERS: Mapping[str, Callable[[Path], list[RawRecording]]] = {
    ".aedat4": read_aedat4,
    ".bin": read_nmnist,
    ".dat": read_dat,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".npy": read_arrays,
    ".npz": read_arrays,
    ".raw": read_raw,
}
EVENT_ENDINGS = tuple(_READERS)
"""Endings of files that are read."""


def read_events(path: str | os.PathLike[str], sensor: tuple[int, int] | None = None) -> list[Recording]:
    """Read the recordings of a file, by its ending.

    ``.aedat4`` (extra ``events``); ``.bin`` of N-MNIST and N-Caltech101; ``.dat`` and ``.raw`` (EVT2, EVT3) of Prophesee; ``.h5`` and ``.hdf5`` with x, y, t and p, or spikes as
    SHD has them (extra ``nir``); ``.npy`` and ``.npz`` with structured arrays, or with vectors x, y, t and p.

    Parameters
    ----------
    path
        The file.
    sensor
        (height, width); needed where the file does not say it.

    Raises
    ------
    DataError
        The file is damaged, of another kind, or does not say its sensor; events are unsorted or outside it.
    MissingExtraError
        A package that reads this kind of file is not installed.
    OSError
        There is no such file, or it cannot be read.

    Examples
    --------
    >>> read_events("events.txt")
    Traceback (most recent call last):
    pysnn.errors.DataError: 'events.txt': expected a file of events: .aedat4, .bin, .dat, .h5, .hdf5, .npy, .npz, .raw
    """
    file = Path(path)
    read = _READERS.get(file.suffix.lower())
    if read is None:
        raise DataError(f"'{file}': expected a file of events: {', '.join(EVENT_ENDINGS)}")
    with file.open("rb"):
        pass
    return [_recording(found, sensor, file, number) for number, found in enumerate(read(file))]


def _recording(found: RawRecording, sensor: tuple[int, int] | None, file: Path, number: int) -> Recording:
    size = sensor or found.sensor
    if size is None:
        raise DataError(f"'{file}': the file does not say the size of its sensor: give sensor=(height, width)")
    columns = found.columns
    return Recording(columns["x"], columns["y"], columns["t"], columns["p"], size, f"'{file}', sample {number}")
