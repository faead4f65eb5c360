"""IDX files, MNIST's format: a header of big-endian numbers, then bytes; plain or gzipped."""

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError

__all__ = ["idx_files", "load_idx", "read_idx"]

_NAMES = {"train": "train", "test": "t10k"}
_UINT8 = 8


def idx_files(folder: Path, split: str) -> tuple[Path, Path]:
    """Return the files of images and labels of a split, gzipped or not, or raise :class:`DataError`."""
    return _file(folder, f"{_NAMES[split]}-images-idx3-ubyte"), _file(folder, f"{_NAMES[split]}-labels-idx1-ubyte")


def load_idx(folder: Path, split: str, limit: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images uint8 ``(samples, 1, rows, columns)`` and labels of MNIST or a set in its form.

    Raises
    ------
    DataError
        A file is missing or damaged, or images and labels do not belong together.
    """
    images, labels = (read_idx(file) for file in idx_files(folder, split))
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(f"'{folder}': expected images and as many labels, got shapes {images.shape} and {labels.shape}")
    return images[:limit, None], labels[:limit].astype(np.int64)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Read one IDX file of bytes.

    Raises
    ------
    DataError
        It is damaged or something else.
    """
    what = f"data file '{path}'"
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{what}: expected an IDX file ({error})") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != _UINT8:
        raise DataError(f"{what}: expected an IDX file of bytes, it begins with {data[:4]!r}")
    start = 4 + 4 * data[3]
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, start, 4))
    if len(data) != start + prod(shape):
        raise DataError(f"{what}: expected {shape} bytes behind a header of {start}, got {len(data)} in all")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _file(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise DataError(f"'{folder}': expected IDX files, there is no '{name}' and no '{name}.gz'")
