"""Pictures in folders, and the same in a zip file."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from pysnn.datasets.folder import folder_digest, load_folder
from pysnn.datasets.source import parse_source
from pysnn.errors import DataError

Image = pytest.importorskip("PIL.Image")
COLOURS = {"cats": (255, 0, 0), "dogs": (0, 0, 255)}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (20 + number, 10), colour).save(root / name / f"{number}.png")
    (root / "cats" / ".DS_Store").write_bytes(b"x")
    return root


def test_folders_are_classes(pictures: Path) -> None:
    images, labels = load_folder(pictures, "8")
    assert images.shape == (6, 3, 8, 8)
    assert images.dtype == np.uint8
    assert labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert images[0, :, 3, 3].tolist() == [255, 0, 0]
    assert images[5, :, 3, 3].tolist() == [0, 0, 255]
    assert load_folder(pictures, "8grey")[0].shape == (6, 1, 8, 8)


def test_a_zip_file_is_a_folder(pictures: Path, tmp_path: Path) -> None:
    packed = tmp_path / "p.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in pictures.rglob("*.png"):
            archive.write(file, file.relative_to(pictures))
    ours, theirs = load_folder(packed, "8"), load_folder(pictures, "8")
    assert np.array_equal(ours[0], theirs[0])
    assert np.array_equal(ours[1], theirs[1])
    assert folder_digest(packed) == folder_digest(pictures)


def test_the_source_reads_it(pictures: Path) -> None:
    source = parse_source(f"folder:{pictures}:8grey")
    found = source.load()
    assert found.x.shape == (6, 1, 8, 8)
    assert found.digest == source.digest()
    (pictures / "cats" / "0.png").rename(pictures / "dogs" / "9.png")
    assert source.digest() != found.digest


@pytest.mark.parametrize("text", ["folder:x", "folder:x:", "folder:x:big", "folder:x:0", "folder::8", "folder:x:train"])
def test_wrong_sources_are_named(text: str) -> None:
    with pytest.raises(DataError, match=r"folder:DIR:SIZE|image size"):
        parse_source(text)


def test_bad_folders_are_named(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere"):
        load_folder(tmp_path / "nowhere", "8")
    (tmp_path / "file.zip").write_bytes(b"PK no")
    with pytest.raises(DataError, match=r"file\.zip"):
        load_folder(tmp_path / "file.zip", "8")
    with pytest.raises(DataError, match="two or more folders"):
        load_folder(pictures / "cats", "8")
    (pictures / "empty").mkdir()
    with pytest.raises(DataError, match="of which empty is empty"):
        load_folder(pictures, "8")
    (pictures / "empty" / "a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a\.png.*expected a picture"):
        load_folder(pictures, "8")
