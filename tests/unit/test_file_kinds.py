"""What a file looks like goes into the message about it."""

import gzip
import io
import json
import pickle
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pysnn import FileFormatError
from pysnn.file_kinds import file_kind, with_kind
from pysnn.files.psnn import load


def npy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.zeros(3))
    return stream.getvalue()


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, x=np.zeros(3))
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"a": [1]}).write_parquet(stream)
    return stream.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "an empty file"),
    "npy": (npy(), "a single NumPy array (.npy)"),
    "npz": (npz(), "a zip file (.npz, PyTorch, Keras or Office)"),
    "parquet": (parquet(), "a Parquet table"),
    "pickle": (pickle.dumps([1]), "a pickle"),
    "gzip": (gzip.compress(b"x"), "a gzip file"),
    "text": ("größer\n".encode(), "text"),
    "long text": (b"a" * 4095 + "ö".encode(), "text"),
    "text that ends in the middle of a letter": ("ö".encode()[:1], ""),
    "UTF-16": ("text".encode("utf-16"), "text"),
    "JSON": (json.dumps({"a": 1}).encode(), "text"),
    "bytes": (bytes(range(256)), ""),
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_told_apart_and_named(tmp_path: Path, name: str) -> None:
    content, kind = FILES[name]
    file = tmp_path / "net.psnn"
    file.write_bytes(content)
    assert file_kind(file) == kind
    with pytest.raises(FileFormatError, match=r"net\.psnn: ") as caught:
        load(file)
    assert str(caught.value).endswith(f"; it looks like {kind}") == bool(kind)


def test_folders_and_what_is_not_there(tmp_path: Path) -> None:
    assert file_kind(tmp_path) == "a folder"
    assert file_kind(tmp_path / "none") == ""
    assert with_kind("wrong", tmp_path) == "wrong; it looks like a folder"
    assert with_kind("wrong", tmp_path / "none") == "wrong"
