"""Files in the IDX format of MNIST and its relatives, plain or gzipped."""

import gzip
import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.dataset import Dataset
from pysnn.errors import DataError, FileFormatError

__all__ = ["load_mnist", "read_idx"]

_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_LARGEST = 1 << 32


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read one array.

    Raises
    ------
    FileFormatError
        The file is no IDX file, or is cut short; the message says what was expected.
    """
    file = Path(path)
    try:
        data = file.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(file) as stream:
                data = stream.read(_LARGEST)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileFormatError(f"'{file}': damaged gzip data: {error}") from error
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES:
        raise FileFormatError(f"'{file}': expected an IDX file, which begins with two zero bytes and a type")
    axes, dtype = data[3], np.dtype(_DTYPES[data[2]])
    start = 4 + 4 * axes
    shape = tuple(int(n) for n in np.frombuffer(data[4:start][: 4 * (len(data[4:start]) // 4)], dtype=">u4"))
    expected = start + math.prod(shape) * dtype.itemsize
    if len(shape) != axes or len(data) != expected:
        raise FileFormatError(f"'{file}': expected {expected} bytes for the shape {shape}, got {len(data)}")
    array = np.frombuffer(data, dtype=dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def load_mnist(folder: str | os.PathLike[str]) -> Dataset:
    """Read MNIST, or a set of the same form (Fashion-MNIST), from a folder with its four files, ``.gz`` or not.

    Images are vectors of 784 values in 0..1 (the file's 0..255, over 255). Nothing is downloaded.

    Raises
    ------
    DataError
        A file is missing; the message names it.
    FileFormatError
        A file is damaged, or holds something else.
    """
    parts: dict[str, Any] = {}
    for part, name in (("train", "train"), ("test", "t10k")):
        images = read_idx(_find(Path(folder), f"{name}-images-idx3-ubyte"))
        labels = read_idx(_find(Path(folder), f"{name}-labels-idx1-ubyte"))
        if images.ndim != 3 or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
            what = f"{images.dtype} images {images.shape} and labels {labels.shape}"
            raise FileFormatError(
                f"'{folder}': {part}: expected uint8 images (n, height, width) and n labels, got {what}"
            )
        values = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
        parts |= {f"x_{part}": values, f"y_{part}": labels.astype(np.int64)}
    return Dataset(**parts, source=str(folder), licence="that of the files")


def _find(folder: Path, name: str) -> Path:
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
    raise DataError(f"'{folder}': expected {name} or {name}.gz, found neither")
