"""Labelled data in the forms in which they are handed about, right and wrong."""

import gzip
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pysnn.datasets import load_digits
from pysnn.datasets.source import parse_source
from pysnn.errors import DataError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (100, 3, 32, 32), dtype=np.uint8)
LABELS = RNG.integers(0, 10, 100)


def tiled(images: NDArray[Any]) -> NDArray[Any]:
    """One row of 100 images as a picture."""
    return images.transpose(2, 0, 3, 1).reshape(32, 3200, 3)


def write_cifar(folder: Path, form: str) -> None:
    for name in [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]:
        images = IMAGES if name == "test_batch" else IMAGES[::-1]
        labels = LABELS if name == "test_batch" else LABELS[::-1]
        flat = images.reshape(100, -1)
        if form == "binary":
            records = np.concatenate([labels[:, None].astype(np.uint8), flat], axis=1)
            (folder / f"{name}.bin").write_bytes(records.tobytes())
        elif form.startswith("pickle"):
            batch = {
                b"batch_label": b"testing",
                b"labels": labels.tolist(),
                b"data": flat,
                b"filenames": [b"a.png"] * 100,
            }
            (folder / name).write_bytes(pickle.dumps(batch, protocol=int(form[-1])))
        else:
            from PIL import Image

            Image.fromarray(tiled(images)).save(folder / f"{name}.webp", lossless=True)
            np.savez(folder / "labels.npz", test_labels=LABELS, train_labels=np.tile(LABELS[::-1], 5))


def write_idx(path: Path, array: NDArray[Any]) -> None:
    data = (
        bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.astype(np.uint8).tobytes()
    )
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.mark.parametrize("form", ["binary", "pickle2", "pickle4", "picture"])
def test_cifar_in_every_form(tmp_path: Path, form: str) -> None:
    if form == "picture":
        pytest.importorskip("PIL", reason="Pillow is not installed (extra images)")
    write_cifar(tmp_path, form)
    test = parse_source(f"cifar10:{tmp_path}:test").load()
    assert np.array_equal(test.x, IMAGES)
    assert np.array_equal(test.y, LABELS)  # type: ignore[arg-type]
    train = parse_source(f"cifar10:{tmp_path}:train").load(limit=130)
    assert np.array_equal(train.x, np.concatenate([IMAGES[::-1], IMAGES[::-1]])[:130])
    assert np.array_equal(train.y, np.tile(LABELS[::-1], 2)[:130])  # type: ignore[arg-type]
    assert train.digest == parse_source(f"cifar10:{tmp_path}:train").digest() != test.digest


def test_a_pickle_is_read_and_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    (tmp_path / "test_batch").write_bytes(pickle.dumps({"labels": [1], "data": Trap()}))
    with pytest.raises(DataError, match="pixels a label"):
        parse_source(f"cifar10:{tmp_path}:test").load()
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx(tmp_path: Path, ending: str) -> None:
    write_idx(tmp_path / f"t10k-images-idx3-ubyte{ending}", IMAGES[:, 0])
    write_idx(tmp_path / f"t10k-labels-idx1-ubyte{ending}", LABELS)
    found = parse_source(f"idx:{tmp_path}:test").load(limit=7)
    assert np.array_equal(found.x, IMAGES[:7, :1])
    assert np.array_equal(found.y, LABELS[:7])  # type: ignore[arg-type]


def test_npz_and_digits(tmp_path: Path) -> None:
    np.savez(tmp_path / "d.npz", x=IMAGES, y=LABELS)
    for text in ("npz:d.npz", "d.npz", str(tmp_path / "d.npz")):
        source = parse_source(text, tmp_path)
        assert np.array_equal(source.load(5).x, IMAGES[:5])
        assert source.digest() == source.load().digest
    assert np.array_equal(parse_source("digits:test").load().x, load_digits().x_test)
    assert np.array_equal(parse_source("digits:train").load(9).x, load_digits().x_train[:9])


@pytest.mark.parametrize("text", ["cifar10:folder", "idx:folder:valid", "digits:x:test", "idx::test", "digits:"])
def test_a_wrong_name_is_refused_by_its_form(text: str) -> None:
    with pytest.raises(DataError, match=r"expected \w+:"):
        parse_source(text)


@pytest.mark.parametrize("text", ["digits", "mnist", "mnist:folder:test", "npz:mnist"])
def test_a_word_that_names_nothing_is_answered_with_all_forms(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match=r"there is no such file; expected FILE\.npz, digits:SPLIT, KIND:DIR:SPLIT"):
        parse_source(text, tmp_path)
    (tmp_path / "mnist").write_bytes(b"")
    assert parse_source("npz:mnist", tmp_path).kind == "npz"


@pytest.mark.parametrize("kind", ["cifar10", "idx"])
def test_an_empty_folder_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    for call in ("load", "digest"):
        with pytest.raises(DataError, match=tmp_path.name):
            getattr(parse_source(f"{kind}:{tmp_path}:test"), call)()


@pytest.mark.parametrize("form", ["binary", "pickle4", "picture"])
@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_damaged_cifar_is_refused_by_name(tmp_path: Path, form: str, cut: int) -> None:
    if form == "picture":
        pytest.importorskip("PIL", reason="Pillow is not installed (extra images)")
    write_cifar(tmp_path, form)
    (file,) = tmp_path.glob("test_batch*")
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(DataError, match="test_batch"):
        parse_source(f"cifar10:{tmp_path}:test").load()


@pytest.mark.parametrize("bad", ["cut", "magic", "type", "labels", "gzip"])
def test_damaged_idx_is_refused_by_name(tmp_path: Path, bad: str) -> None:
    images, labels = tmp_path / "t10k-images-idx3-ubyte.gz", tmp_path / "t10k-labels-idx1-ubyte"
    write_idx(images, IMAGES[:, 0])
    write_idx(labels, LABELS)
    data = labels.read_bytes()
    if bad == "gzip":
        images.write_bytes(images.read_bytes()[:-20])
    changed = {"cut": data[:-1], "magic": b"\1" + data[1:], "type": data[:2] + b"\x0d" + data[3:]}
    labels.write_bytes(changed.get(bad, data))
    if bad == "labels":
        write_idx(labels, LABELS[:50])
    with pytest.raises(DataError, match=str(tmp_path)):
        parse_source(f"idx:{tmp_path}:test").load()


def test_real_files(data_dir: Path) -> None:
    cifar = parse_source(f"cifar10:{data_dir}/cifar10:test").load(3)
    assert (cifar.x.shape, cifar.y.tolist()) == ((3, 3, 32, 32), [3, 8, 8])  # type: ignore[union-attr]
    mnist = parse_source(f"idx:{data_dir}/mnist:test").load(3)
    assert (mnist.x.shape, mnist.y.tolist()) == ((3, 1, 28, 28), [7, 2, 1])  # type: ignore[union-attr]


def write_cifar100(folder: Path, form: str) -> None:
    for split in ("train", "test"):
        flat, fine = IMAGES.reshape(100, -1), LABELS * 10 + (split == "test")
        if form == "binary":
            both = np.stack([LABELS, fine], axis=1).astype(np.uint8)
            (folder / f"{split}.bin").write_bytes(np.concatenate([both, flat], axis=1).tobytes())
        else:
            batch = {b"filenames": [b"a.png"] * 100, b"fine_labels": fine.tolist(), b"coarse_labels": LABELS.tolist()}
            (folder / split).write_bytes(pickle.dumps({**batch, b"data": flat}, protocol=2))


@pytest.mark.parametrize("form", ["binary", "pickle"])
def test_cifar100_has_fine_labels(tmp_path: Path, form: str) -> None:
    write_cifar100(tmp_path, form)
    for split in ("train", "test"):
        found = parse_source(f"cifar100:{tmp_path}:{split}").load(limit=60)
        assert np.array_equal(found.x, IMAGES[:60])
        assert np.array_equal(found.y, LABELS[:60] * 10 + (split == "test"))  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"expected CIFAR-100: train\.bin"):
        parse_source(f"cifar100:{tmp_path / 'nowhere'}:train").load()


def test_folders_of_pictures(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed (extra images)")
    for split, name, grey in (("train", "b", 40), ("train", "a", 90), ("test", "b", 160)):
        (tmp_path / split / name).mkdir(parents=True)
        image.new("L", (300, 512), grey).save(tmp_path / split / name / "1.png")
    source = parse_source(f"imagenet:{tmp_path}:train")
    found = source.load()
    assert found.x.shape == (2, 3, 224, 224)
    assert found.x[:, 0, 0, 0].tolist() == [90, 40]
    assert found.y.tolist() == [0, 1]  # type: ignore[union-attr]
    images, labels = source.open()
    assert np.array_equal(images[np.array([1])], found.x[1:])
    assert labels is not None
    assert len(images) == len(labels) == 2
    test = parse_source(f"imagenet:{tmp_path}:test").load(1)
    assert test.y.tolist() == [1]  # type: ignore[union-attr]
    assert test.digest != source.digest()
    (tmp_path / "test" / "c").mkdir()
    (tmp_path / "test" / "c" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="the classes c are not among those of 'train'"):
        parse_source(f"imagenet:{tmp_path}:test").load()
    (tmp_path / "train" / "a" / "0.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match="expected a picture"):
        source.load()
    with pytest.raises(DataError, match="expected a folder of pictures for each class"):
        parse_source(f"imagenet:{tmp_path / 'nowhere'}:train").load()
