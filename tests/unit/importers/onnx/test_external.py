"""Weights in files beside the model: read from inside its folder, and from nowhere else."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the package onnx is not installed (extra onnx)")

import onnx
from onnx import TensorProto

from pysnn import FileFormatError, NetworkError
from pysnn.importers import onnx as onnx_io
from pysnn.importers.model_files import load_ann
from tests.unit.importers.onnx.models import const, model, node, numbers

W, V = numbers(6, 8), numbers(8, 4)
X = numbers(5, 6)


def saved(folder: Path, *, one_file: bool = True, **options: Any) -> Path:
    nodes = [
        node("MatMul", "x w", "a"),
        node("Relu", "a", "b"),
        node("Constant", "", "k", value=const("", numbers(8, 8))),
        node("MatMul", "b k", "c"),
        node("MatMul", "c v", "y"),
    ]
    made = model(nodes, {"w": W, "v": V}, shape=("N", 6))
    path = folder / "m.onnx"
    location = "m.onnx.data" if one_file else None
    onnx.save(
        made, path, save_as_external_data=True, all_tensors_to_one_file=one_file, location=location, size_threshold=0,
        **options,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("one_file", [True, False])
@pytest.mark.parametrize("convert_attribute", [True, False])
def test_files_beside_the_model(tmp_path: Path, one_file: bool, convert_attribute: bool) -> None:
    path = saved(tmp_path, one_file=one_file, convert_attribute=convert_attribute)
    assert len(list(tmp_path.iterdir())) > 1
    found = load_ann(path)
    np.testing.assert_array_equal(found.network.nodes["my_a"].weight, W.T)  # type: ignore[attr-defined]
    compared = found.compare(X)
    assert compared is not None
    assert compared.difference < 1e-5
    assert found.source is not None
    every = b"".join(file.read_bytes() for file in (path, *found.source.files))
    assert found.sha256 == hashlib.sha256(every).hexdigest()


def test_a_folder_inside_and_a_link_inside(tmp_path: Path) -> None:
    path = saved(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / "m.onnx.data").rename(tmp_path / "deep" / "real")
    (tmp_path / "m.onnx.data").symlink_to(Path("deep") / "real")
    assert "my_a" in onnx_io.load(path).nodes
    pointed(path, location="deep/real")
    assert "my_a" in onnx_io.load(path).nodes


def pointed(path: Path, **keys: str) -> None:
    """Change what the model says of the file of its first weight."""
    made = onnx.load(path, load_external_data=False)
    entries = made.graph.initializer[0].external_data
    for key, value in keys.items():
        found = [entry for entry in entries if entry.key == key]
        if found:
            found[0].value = value
        else:
            entries.append(onnx.StringStringEntryProto(key=key, value=value))
    path.write_bytes(made.SerializeToString())


@pytest.mark.parametrize(
    "location", ["../weights.bin", "/etc/passwd", "", "a/../../b", "\\\\host\\share", "C:\\x", "C:x", "a\0b", ".."]
)
def test_places_outside_are_never_opened(tmp_path: Path, location: str) -> None:
    (tmp_path / "weights.bin").write_bytes(bytes(1000))
    (tmp_path / "sub").mkdir()
    path = saved(tmp_path / "sub")
    pointed(path, location=location)
    with pytest.raises(FileFormatError, match=r"m\.onnx: initialiser 'w': expected a file in the model's folder"):
        load_ann(path)


def test_links_that_lead_out(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = saved(tmp_path / "sub")
    (tmp_path / "sub" / "m.onnx.data").rename(tmp_path / "real")
    (tmp_path / "sub" / "m.onnx.data").symlink_to(tmp_path / "real")
    with pytest.raises(FileFormatError, match="is a link that leads out"):
        onnx_io.load(path)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"location": "none"}, "its values are in 'none' beside the model, which is not there"),
        ({"location": "."}, "expected a regular file"),
        ({"offset": "99999"}, "expected 192 bytes at 99999 of 'm.onnx.data', which has"),
        ({"offset": "-1"}, "positive offset"),
        ({"offset": "zero"}, "must be integers"),
        ({"length": "191"}, "expected 192 bytes at a positive offset, got 191"),
        ({"length": str(1 << 62)}, "expected 192 bytes"),
    ],
)
def test_files_that_do_not_fit(tmp_path: Path, keys: dict[str, str], message: str) -> None:
    path = saved(tmp_path)
    pointed(path, **keys)
    with pytest.raises(FileFormatError, match=message):
        onnx_io.load(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = saved(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    pointed(path, location="pipe")
    with pytest.raises(FileFormatError, match="expected a regular file, got 'pipe'"):
        onnx_io.load(path)


@pytest.mark.parametrize("dims", [[1 << 40, 1 << 40], [-1, 8], [1 << 20, 1 << 10]])
def test_sizes_that_nothing_stands_behind(tmp_path: Path, dims: list[int]) -> None:
    path = saved(tmp_path)
    made = onnx.load(path, load_external_data=False)
    made.graph.initializer[0].dims[:] = dims
    path.write_bytes(made.SerializeToString())
    with pytest.raises(FileFormatError, match=r"take more than|no negative|expected 4294967296 bytes|got 192 bytes"):
        onnx_io.load(path)


def test_bytes_alone_say_how_to_load_them(tmp_path: Path) -> None:
    data = saved(tmp_path).read_bytes()
    with pytest.raises(NetworkError) as caught:
        onnx_io.load(data)
    assert "initialiser 'w': its values are in another file ('m.onnx.data'); load the model from its path" in str(
        caught.value
    )
    assert "external_data=False" in str(caught.value)


def test_a_type_without_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path)
    made = onnx.load(path, load_external_data=False)
    for kind in (TensorProto.STRING, 777, 0):
        made.graph.initializer[0].data_type = kind
        path.write_bytes(made.SerializeToString())
        with pytest.raises((NetworkError, FileFormatError), match="initialiser 'w'"):
            onnx_io.load(path)
