"""HDF5 files with events: vectors x, y, t and p (DSEC has them in a group ``events``), or spikes as in SHD and SSC."""

from pathlib import Path
from typing import Any

import numpy as np

from pysnn.datasets.event_files.raw import RawRecording
from pysnn.encode.recording import columns_of
from pysnn.errors import DataError, MissingExtraError
from pysnn.file_kinds import with_kind

__all__ = ["read_hdf5"]

_CHANNELS_OF_SHD = 700
_US = 1_000_000


def read_hdf5(path: Path) -> list[RawRecording]:
    """Read a file.

    Spikes of SHD and SSC (Cramer et al. 2020) have times in seconds and 700 units, which become columns of one row, of polarity 0.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("HDF5 files need h5py: pip install 'pysnn[events]'") from error
    try:
        with h5py.File(path, "r") as file:
            if "spikes" in file and "times" in file["spikes"]:
                return _spikes(file["spikes"])
            group = file["events"] if isinstance(file.get("events"), h5py.Group) else file
            if isinstance(file.get("events"), h5py.Dataset):
                return [RawRecording(columns_of(file["events"][()], f"'{path}'"))]
            vectors = {
                name: group[name][()]
                for name in group
                if isinstance(group[name], h5py.Dataset) and group[name].ndim == 1
            }
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise DataError(
            f"'{path}': {with_kind('expected HDF5 with events, or it is damaged', path)} ({error})"
        ) from error
    return [RawRecording(columns_of(vectors, f"'{path}'"))]


def _spikes(group: Any) -> list[RawRecording]:
    found = []
    for times, units in zip(group["times"], group["units"], strict=True):
        t = np.rint(np.asarray(times, dtype=np.float64) * _US).astype(np.int64)
        order = np.argsort(t, kind="stable")
        zeros = np.zeros(len(t), dtype=np.int64)
        found.append(
            RawRecording({"x": np.asarray(units)[order], "y": zeros, "t": t[order], "p": zeros}, (1, _CHANNELS_OF_SHD))
        )
    return found
