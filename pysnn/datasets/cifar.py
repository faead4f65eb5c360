"""CIFAR-10 and CIFAR-100 as they are handed about: the binary version, the Python version, or pictures of 100 x 100 images.

The Python version is pickled. It is never unpickled here, since that could run anything: its pixels and labels are read
from the pickle's opcodes.
"""

import os
import pickletools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, MissingExtraError

__all__ = ["cifar10_files", "cifar100_files", "load_cifar10", "load_cifar100"]

_SHAPE = (3, 32, 32)
_PIXELS = 3 * 32 * 32
_TILES = 100
_BATCHES = {"train": tuple(f"data_batch_{k}" for k in range(1, 6)), "test": ("test_batch",)}

Batch = tuple[NDArray[np.uint8], NDArray[np.int64]]


def cifar10_files(folder: str | os.PathLike[str], split: str) -> list[Path]:
    """Return the files of a split, or raise :class:`DataError` saying what was looked for."""
    for ending in _READERS:
        files = [Path(folder) / f"{name}{ending}" for name in _BATCHES[split]]
        if all(file.is_file() for file in files):
            return [*files, Path(folder) / "labels.npz"] if ending == ".webp" else files
    raise DataError(
        f"'{folder}': expected CIFAR-10: {_BATCHES[split][0]} and so on, with the ending .bin (binary version), without one "
        "(Python version), or as .webp pictures"
    )


def load_cifar10(folder: str | os.PathLike[str], split: str, limit: int | None = None) -> Batch:
    """Return images uint8 ``(samples, 3, 32, 32)`` and labels, in the original order; only the batches needed are read.

    Raises
    ------
    DataError
        A file is missing or damaged.
    MissingExtraError
        The folder holds pictures, and Pillow is not installed.
    """
    images: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    for file in cifar10_files(folder, split):
        if file.name != "labels.npz" and (limit is None or sum(map(len, images)) < limit):
            pixels, classes = _READERS[file.suffix](file)
            images.append(pixels)
            labels.append(classes)
    return np.concatenate(images)[:limit], np.concatenate(labels)[:limit]


def cifar100_files(folder: str | os.PathLike[str], split: str) -> list[Path]:
    """Return the file of a split of CIFAR-100, or raise :class:`DataError` saying what was looked for."""
    for ending in _READERS_100:
        file = Path(folder) / f"{split}{ending}"
        if file.is_file():
            return [file]
    raise DataError(f"'{folder}': expected CIFAR-100: {split}.bin (binary version) or {split} (Python version)")


def load_cifar100(folder: str | os.PathLike[str], split: str, limit: int | None = None) -> Batch:
    """Return images uint8 ``(samples, 3, 32, 32)`` and their fine labels, 0..99, in the original order.

    Raises
    ------
    DataError
        A file is missing or damaged.
    """
    (file,) = cifar100_files(folder, split)
    pixels, labels = _READERS_100[file.suffix](file)
    return pixels[:limit], labels[:limit]


def _read_binary(file: Path, labels: int = 1) -> Batch:
    """Read records of labels, of which the last counts, and pixels."""
    data = np.frombuffer(file.read_bytes(), np.uint8)
    size = labels + _PIXELS
    if not data.size or data.size % size:
        raise DataError(f"data file '{file}': expected records of {size} bytes, got {data.size} bytes in all")
    records = data.reshape(-1, size)
    return np.ascontiguousarray(records[:, labels:]).reshape(-1, *_SHAPE), records[:, labels - 1].astype(np.int64)


def _read_pickled(file: Path, key: bytes = b"labels") -> Batch:
    """Find the one long string of pixels and the list of integers behind the key of the labels."""
    pixels = b""
    labels: list[int] = []
    listing = False
    try:
        for opcode, value, _ in pickletools.genops(file.read_bytes()):
            if isinstance(value, str | bytes):
                raw = value.encode("latin-1") if isinstance(value, str) else value
                pixels = max(pixels, raw, key=len)
                listing = raw == key
            elif listing and isinstance(value, int) and opcode.name.startswith("BININT"):
                labels.append(value)
            elif opcode.name == "APPENDS":
                listing = False
    except (ValueError, UnicodeError, IndexError) as error:
        raise DataError(f"data file '{file}': expected a batch of CIFAR's Python version ({error})") from error
    if not labels or len(pixels) != len(labels) * _PIXELS:
        raise DataError(
            f"data file '{file}': expected {_PIXELS} pixels a label, got {len(pixels)} pixels and {len(labels)} labels"
        )
    return np.frombuffer(pixels, np.uint8).reshape(-1, *_SHAPE), np.array(labels, dtype=np.int64)


def _read_picture(file: Path) -> Batch:
    """Read a picture of rows of 100 images, whose labels lie in ``labels.npz`` beside it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError(f"'{file}': reading pictures needs Pillow: pip install 'pysnn[images]'") from error
    try:
        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        with np.load(file.with_name("labels.npz"), allow_pickle=False) as loaded:
            labels = {name: loaded[f"{name}_labels"] for name in _BATCHES}
        rows = pixels.shape[0] // 32
        tiles = pixels.reshape(rows, 32, _TILES, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, *_SHAPE)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"data file '{file}': expected a picture of {_TILES} images a row ({error})") from error
    split = "test" if file.stem in _BATCHES["test"] else "train"
    start = _BATCHES[split].index(file.stem) * len(tiles)
    found = labels[split][start : start + len(tiles)].astype(np.int64)
    if len(found) != len(tiles):
        raise DataError(f"data file '{file}': expected a label for each of {len(tiles)} images, got {len(found)}")
    return np.ascontiguousarray(tiles), found


_READERS: dict[str, Callable[[Path], Batch]] = {".bin": _read_binary, "": _read_pickled, ".webp": _read_picture}

_READERS_100: dict[str, Callable[[Path], Batch]] = {
    ".bin": partial(_read_binary, labels=2),
    "": partial(_read_pickled, key=b"fine_labels"),
}
