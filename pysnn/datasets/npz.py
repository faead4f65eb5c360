"""Data files: an ``.npz`` with ``x`` (the first axis is the sample; of spikes the second) and, where labels are needed, ``y``."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError
from pysnn.file_kinds import with_kind
from pysnn.files.aside import check_ending, write_aside

__all__ = ["Data", "load_data", "save_arrays"]


@dataclass(frozen=True, eq=False)
class Data:
    """Samples (an array, or :class:`~pysnn.Events`), labels or ``None``, and the SHA-256 of the file they came from."""

    x: Any
    y: NDArray[Any] | None
    digest: str


def load_data(path: Path, limit: int | None = None, axis: int = 0) -> Data:
    """Read ``x`` and ``y``, the first ``limit`` samples only if that is given; they lie along ``axis`` of ``x``.

    Raises
    ------
    DataError
        If the file is no ``.npz``, is damaged, has no ``x``, or holds Python objects (they are never unpickled).
    """
    what = f"data file '{path}'"
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            stream.seek(0)
            loaded = np.load(stream, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise DataError(
                    f"{what}: expected an .npz with 'x', got a single array (.npy): np.savez(FILE, x=array)"
                )
            if "x" not in loaded.files:
                raise DataError(f"{what}: expected an array 'x', found {', '.join(loaded.files) or 'nothing'}")
            x = _plain(loaded, "x", what)
            y = _plain(loaded, "y", what) if "y" in loaded.files else None
    except FileNotFoundError as error:
        raise DataError(f"{what}: there is no such file") from error
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, OSError, MemoryError) as error:
        if isinstance(error, DataError):
            raise
        # NumPy takes any other file for a pickle, and says how to read that unsafely.
        reason = "no array file" if "pickle" in str(error) else " ".join(str(error).split())
        said = f"{what}: expected an .npz of plain arrays; it is damaged or something else ({reason})"
        raise DataError(with_kind(said, path)) from error
    if x.ndim <= axis or (y is not None and (y.ndim < 1 or len(y) != x.shape[axis])):
        found = None if y is None else y.shape
        form = "(steps, samples, ...)" if axis else "(samples, ...)"
        raise DataError(f"{what}: expected 'x' {form} and one label a sample in 'y', got shapes {x.shape} and {found}")
    return Data(x[(slice(None),) * axis + (slice(limit),)], None if y is None else y[:limit], digest)


def _plain(loaded: Any, name: str, what: str) -> NDArray[Any]:
    """Return an array of a file; one of Python objects is refused before it is read."""
    try:
        array: NDArray[Any] = loaded[name]
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise
        raise DataError(
            f"{what}: '{name}': expected numbers, got Python objects; save it after .astype(...)"
        ) from error
    return array


def save_arrays(path: Path, **arrays: Any) -> Path:
    """Write arrays as ``.npz``, aside first, then renamed.

    Raises
    ------
    DataError
        The name says another format.
    OSError
        The file cannot be written.
    """
    check_ending(path, [".npz"])

    def write(aside: Path) -> None:
        with aside.open("wb") as stream:
            np.savez(stream, **arrays)

    return write_aside(path, write)
