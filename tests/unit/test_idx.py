"""IDX files are read, and what is no IDX file is named."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from pysnn.datasets import load_mnist, read_idx
from pysnn.errors import DataError, FileFormatError

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}


def idx(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]], code: int) -> bytes:
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()


@pytest.mark.parametrize(("dtype", "code"), CODES.items())
def test_every_type_is_read(dtype: str, code: int, tmp_path: Path) -> None:
    array = np.arange(24, dtype=dtype).reshape(2, 3, 4)
    (tmp_path / "a").write_bytes(idx(array, code))
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(array, code)))
    for name in ("a", "a.gz"):
        found = read_idx(tmp_path / name)
        assert np.array_equal(found, array)
        assert found.dtype.isnative


GOOD = idx(np.zeros((2, 3), dtype="u1"), 8)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text, not numbers",
        GOOD[:-1],
        GOOD + b"x",
        GOOD[:6],
        bytes([0, 0, 7, 1, 0, 0, 0, 0]),
        bytes([0, 0, 8, 255]) + b"\xff" * 1020,
        gzip.compress(GOOD)[:-4],
        b"\x1f\x8bxxxxxxxx",
    ],
)
def test_damaged_files_are_named(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(FileFormatError, match="a'"):
        read_idx(tmp_path / "a")


def test_a_folder_of_four_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="train-images-idx3-ubyte"):
        load_mnist(tmp_path)
    for name, count in (("train", 5), ("t10k", 3)):
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(idx(np.full((count, 2, 2), 255, dtype="u1"), 8))
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(idx(np.arange(count, dtype="u1"), 8))
    data = load_mnist(tmp_path)
    assert data.x_train.shape == (5, 4)
    assert data.x_test.max() == 1
    assert data.y_test.tolist() == [0, 1, 2]
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.arange(2, dtype="u1"), 8))
    with pytest.raises(FileFormatError, match="labels"):
        load_mnist(tmp_path)
