"""One picture file as pixels. Needs Pillow (extra ``images``)."""

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, MissingExtraError

__all__ = ["picture_bytes", "read_picture"]

Extent = tuple[int, int]


def picture_bytes(file: Path | zipfile.Path) -> bytes:
    """Read a picture's file, which may lie in a zip file; or raise :class:`DataError` saying why it cannot be read."""
    try:
        return file.read_bytes()
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        raise DataError(f"'{file}': expected a picture ({error})") from error


def read_picture(name: object, data: bytes, mode: str, size: Callable[[Extent], Extent]) -> NDArray[np.uint8]:
    """Decode a picture and scale it.

    Parameters
    ----------
    name
        Of the file, for messages.
    data
        What is in it.
    mode
        "RGB" or "L".
    size
        From width and height to those that are wanted.

    Raises
    ------
    DataError
        It is no picture, a damaged one, or one of more pixels than are decoded.
    MissingExtraError
        Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingExtraError(f"'{name}': reading pictures needs Pillow: pip install 'pysnn[images]'") from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as picture:
                scaled = picture.convert(mode).resize(size(picture.size), Image.Resampling.BILINEAR)
    # A decoder of any format is given hostile bytes here; whatever it raises, the file is at fault.
    except Exception as error:
        raise DataError(f"'{name}': expected a picture ({error})") from error
    return np.asarray(scaled, dtype=np.uint8)
