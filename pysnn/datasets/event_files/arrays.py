"""``.npy`` and ``.npz`` files with events."""

from pathlib import Path
from typing import Any

import numpy as np

from pysnn.datasets.event_files.raw import RawRecording
from pysnn.encode.recording import columns_of
from pysnn.errors import DataError
from pysnn.file_kinds import with_kind

__all__ = ["read_arrays", "split"]


def read_arrays(path: Path) -> list[RawRecording]:
    """Read a structured array, or vectors x, y, t and p.

    An ``.npz`` may have several samples: vectors and ``offsets``, where each sample begins and, at last, where they end.
    """
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            arrays = (
                {name: loaded[name] for name in loaded.files} if isinstance(loaded, np.lib.npyio.NpzFile) else loaded
            )
    # Of damaged headers NumPy raises whatever Python's own parser does.
    except Exception as error:
        what = with_kind("expected arrays of NumPy, or they are damaged", path)
        raise DataError(f"'{path}': {what} ({error})") from error
    if not isinstance(arrays, dict):
        return [RawRecording(columns_of(arrays, f"'{path}'"))]
    structured = [name for name, array in arrays.items() if array.dtype.names]
    events: Any = arrays[structured[0]] if len(structured) == 1 else arrays
    return split(columns_of(events, f"'{path}'"), arrays.get("offsets"), path)


def split(columns: dict[str, Any], offsets: Any, path: Path) -> list[RawRecording]:
    """Return the samples of vectors that have them one behind the other."""
    if offsets is None:
        return [RawRecording(columns)]
    ends = np.asarray(offsets)
    most = len(columns["t"])
    good = ends.ndim == 1 and ends.dtype.kind in "iu" and len(ends) > 1 and ends[0] == 0 and ends[-1] == most
    if not good or (np.diff(ends.astype(np.int64)) < 0).any():
        raise DataError(f"'{path}': offsets must ascend from 0 to the {most} events, got {ends.dtype} {ends.shape}")
    bounds = list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
    return [RawRecording({field: values[a:b] for field, values in columns.items()}) for a, b in bounds]
