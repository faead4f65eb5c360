"""Pictures in folders, one folder a class; the folders may lie in a zip file. Needs Pillow (extra ``images``)."""

import hashlib
import re
import zipfile
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.picture import picture_bytes, read_picture
from pysnn.errors import DataError

__all__ = ["folder_digest", "load_folder", "parse_form"]

# What a zip file holds behaves like a folder.
_Place: TypeAlias = Path | zipfile.Path

_FORM = re.compile(r"(\d{1,4})(grey)?")


def parse_form(text: str) -> tuple[int, bool]:
    """Return the side of the images in pixels, and whether they are grey, for a text like ``64`` or ``28grey``.

    Examples
    --------
    >>> parse_form("28grey")
    (28, True)
    """
    found = _FORM.fullmatch(text)
    if found is None or int(found[1]) < 1:
        raise DataError(f"image size: expected pixels, like 64 or 28grey, got '{text}'")
    return int(found[1]), found[2] is not None


def load_folder(path: Path, form: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images uint8 ``(samples, 3 or 1, size, size)``, and labels: the folders' places in alphabetical order.

    Every picture is scaled to the square as a whole. Pictures of a class come in the order of their names, class behind class; files whose
    name begins with a dot are not looked at.

    Parameters
    ----------
    path
        The folder of folders, or a zip file.
    form
        See :func:`parse_form`.

    Raises
    ------
    DataError
        There are fewer than two classes, a class is empty, or a file is no picture; the message names it.
    MissingExtraError
        Pillow is not installed.
    """
    size, grey = parse_form(form)
    classes = _classes(path)
    images, labels = [], []
    for label, files in enumerate(classes.values()):
        for file in files:
            images.append(read_picture(file, picture_bytes(file), "L" if grey else "RGB", lambda _: (size, size)))
            labels.append(label)
    pixels = np.stack(images).reshape(len(images), size, size, -1)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), np.array(labels, dtype=np.int64)


def folder_digest(path: Path) -> str:
    """Return the SHA-256 over the names and contents of all pictures."""
    digest = hashlib.sha256()
    for name, files in _classes(path).items():
        for file in files:
            digest.update(f"{name}/{file.name}:{hashlib.sha256(picture_bytes(file)).hexdigest()}\n".encode())
    return digest.hexdigest()


def _classes(path: Path) -> dict[str, list[_Place]]:
    """Return the pictures of each class."""
    try:
        root: _Place = zipfile.Path(zipfile.ZipFile(path)) if path.is_file() else path
        folders = {place.name: place for place in root.iterdir() if place.is_dir() and not place.name.startswith(".")}
        found = {
            name: sorted((f for f in folders[name].iterdir() if not f.name.startswith(".")), key=lambda f: f.name)
            for name in sorted(folders)
        }
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise DataError(
            f"'{path}': expected a folder of folders with pictures, or a zip file of them ({error})"
        ) from error
    empty = [name for name, files in found.items() if not files]
    if len(found) < 2 or empty:
        raise DataError(
            f"'{path}': expected two or more folders with pictures, one a class; it has "
            f"{', '.join(sorted(found)[:8]) or 'none'}{f', of which {empty[0]} is empty' if empty else ''}"
        )
    return found
