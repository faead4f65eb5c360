"""The file of an interrupted training: a note and arrays, written aside and renamed."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError
from pysnn.files.aside import write_aside

__all__ = ["fingerprint", "read_checkpoint", "write_checkpoint"]

Array = NDArray[Any]


def write_checkpoint(path: Path, note: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a note (JSON; its "mark" says which training it belongs to) and arrays aside, then rename the file."""

    def write(aside: Path) -> None:
        with aside.open("wb") as stream:
            np.savez(stream, note=np.frombuffer(json.dumps(note).encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]

    write_aside(path, write)


def read_checkpoint(path: Path, mark: str | None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return the note and the arrays of a file.

    Parameters
    ----------
    path
        The file.
    mark
        What its note has to say; ``None`` for the checkpoint of any training.

    Raises
    ------
    FileFormatError
        It is no checkpoint, or a damaged one.
    DataError
        It belongs to another training.
    """
    try:
        # From memory: a damaged file is not left open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as loaded:
            arrays = dict(loaded)
        note = json.loads(arrays.pop("note").tobytes())
        found = note["mark"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise FileFormatError(f"'{path}': expected a checkpoint of a training, got {error}") from error
    if mark is not None and found != mark:
        raise DataError(f"'{path}' is the checkpoint of another training (other data, network or options)")
    return note, arrays


def fingerprint(*parts: Any) -> str:
    """Name a training by all that its result depends on: arrays by their bytes, the rest by its text.

    Examples
    --------
    >>> fingerprint("a", np.zeros(2)) == fingerprint("a", np.zeros(2)) != fingerprint("a", np.ones(2))
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()
