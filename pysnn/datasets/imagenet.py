"""Pictures that lie as ImageNet's do: ``DIR/train/CLASS/picture.jpg``, decoded when they are asked for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.picture import picture_bytes, read_picture
from pysnn.errors import DataError

__all__ = ["ImageNetImages", "imagenet_digest", "imagenet_files", "labelled", "load_imagenet"]

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm"}
_SIZE = 224
_SHORTER = 256


@dataclass(frozen=True, eq=False)
class ImageNetImages:
    """Pictures by their number, uint8 ``(3, 224, 224)``: the shorter side scaled to 256 pixels, the middle cut out.

    ``images[indices]`` decodes those pictures; nothing is kept in memory.
    """

    files: tuple[Path, ...]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, indices: NDArray[np.intp]) -> NDArray[np.uint8]:
        """Return ``(len(indices), 3, 224, 224)``.

        Raises
        ------
        DataError
            A file is damaged.
        """
        return np.stack([_decoded(self.files[int(index)]) for index in indices])


def imagenet_files(folder: Path, split: str) -> list[Path]:
    """Return the pictures of a split, class by class, both by name; or raise :class:`DataError` saying what was looked for."""
    place = folder / split
    found = [
        file
        for inside in sorted(place.iterdir() if place.is_dir() else [])
        if inside.is_dir()
        for file in sorted(inside.iterdir())
        if file.suffix.lower() in _ENDINGS
    ]
    if not found:
        raise DataError(
            f"'{place}': expected a folder of pictures for each class ({', '.join(sorted(_ENDINGS))}), found none"
        )
    return found


def imagenet_digest(folder: Path, files: Sequence[Path]) -> str:
    """Return the SHA-256 of the names and sizes of files."""
    listed = "".join(f"{file.relative_to(folder).as_posix()} {file.stat().st_size}\n" for file in files)
    return hashlib.sha256(listed.encode()).hexdigest()


def labelled(folder: Path, split: str) -> tuple[ImageNetImages, NDArray[np.int64]]:
    """Return the pictures of a split and their labels: the place of a class among the names of all classes of "train".

    Raises
    ------
    DataError
        There are no pictures, or a class that is not in "train".
    """
    files = imagenet_files(folder, split)
    classes = sorted({file.parent.name for file in (imagenet_files(folder, "train") if split != "train" else files)})
    unknown = sorted({file.parent.name for file in files} - set(classes))
    if unknown:
        raise DataError(f"'{folder / split}': the classes {', '.join(unknown[:4])} are not among those of 'train'")
    place = {name: number for number, name in enumerate(classes)}
    return ImageNetImages(tuple(files)), np.array([place[file.parent.name] for file in files], dtype=np.int64)


def load_imagenet(folder: Path, split: str, limit: int | None = None) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pictures in memory, uint8 ``(samples, 3, 224, 224)``, and labels; 147 kB a picture.

    Of ``limit`` pictures an equal share is taken of every class, since files are sorted by class.
    """
    images, labels = labelled(folder, split)
    chosen = np.arange(len(images))
    if limit is not None and limit < len(images):
        chosen = np.linspace(0, len(images) - 1, limit).round().astype(np.intp)
    return images[chosen], labels[chosen]


def _decoded(file: Path) -> NDArray[np.uint8]:
    pixels = read_picture(file, picture_bytes(file), "RGB", _size)
    top, left = ((extent - _SIZE) // 2 for extent in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + _SIZE, left : left + _SIZE].transpose(2, 0, 1))


def _size(extents: tuple[int, int]) -> tuple[int, int]:
    scale = _SHORTER / min(extents)
    width, height = (max(_SIZE, round(extent * scale)) for extent in extents)
    return width, height
