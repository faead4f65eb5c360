"""Labelled data by a short text: ``npz:FILE``, ``idx:DIR:test``, ``cifar10:DIR:train``, ``folder:DIR:64``, ``digits:test``.

What the command line and sweeps take wherever they want data. A path alone is an ``.npz``.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets import load_digits
from pysnn.datasets.cifar import cifar10_files, cifar100_files, load_cifar10, load_cifar100
from pysnn.datasets.event_files.source import event_digest, load_samples
from pysnn.datasets.event_files.source import parse_form as parse_events_form
from pysnn.datasets.folder import folder_digest, load_folder, parse_form
from pysnn.datasets.idx import idx_files, load_idx
from pysnn.datasets.imagenet import imagenet_digest, imagenet_files, labelled, load_imagenet
from pysnn.datasets.npz import Data, load_data
from pysnn.errors import DataError

__all__ = ["DataSource", "parse_source", "training_source"]

_SPLITS = ("train", "test")
_FORMS = "FILE.npz, digits:SPLIT, KIND:DIR:SPLIT with KIND idx, cifar10, cifar100 or imagenet, folder:DIR:SIZE (SPLIT: train, test), or events:PATH:FORM"
Loaded = tuple[NDArray[np.uint8], NDArray[np.int64]]


@dataclass(frozen=True)
class _Kind:
    """A way to lie in a folder: the files of a split, and how to read the first samples of them."""

    files: Callable[[Path, str], Sequence[Path]]
    load: Callable[[Path, str, int | None], Loaded]


_KINDS = {
    "cifar10": _Kind(cifar10_files, load_cifar10),
    "cifar100": _Kind(cifar100_files, load_cifar100),
    "idx": _Kind(idx_files, load_idx),
    "imagenet": _Kind(imagenet_files, load_imagenet),
}


@dataclass(frozen=True)
class DataSource:
    """Where labelled data are.

    Attributes
    ----------
    kind
        "npz", "idx", "cifar10", "cifar100", "imagenet", "folder", "events" or "digits".
    path
        The file (npz) or the folder; unused for digits.
    split
        "train" or "test"; "" for npz, whose file is what it is; the size of the images for a folder, the form of events.
    """

    kind: str
    path: Path
    split: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is a file of the user's making, rather than a data set of which a part may do."""
        return self.kind == "npz"

    def load(self, limit: int | None = None, axis: int = 0) -> Data:
        """Read the samples, the first ``limit`` only if that is given, and the SHA-256 of the files.

        Samples lie along ``axis`` of an ``.npz``'s ``x``: 1 for spikes ``(steps, samples, ...)``.

        Raises
        ------
        DataError
            A file is missing or damaged; the message names it.
        MissingExtraError
            Reading pictures needs Pillow, and it is not installed.
        """
        if self.kind == "npz":
            return load_data(self.path, limit, axis)
        if self.kind == "digits":
            x, y = _digits(self.split)
            return Data(x[:limit], y[:limit], self.digest())
        if self.kind == "folder":
            pixels, classes = load_folder(self.path, self.split)
            return Data(pixels[:limit], classes[:limit], self.digest())
        if self.kind == "events":
            events, known = load_samples(self.path, self.split, limit)
            return Data(events, known, self.digest())
        images, labels = _KINDS[self.kind].load(self.path, self.split, limit)
        return Data(images, labels, self.digest())

    def open(self) -> tuple[Any, NDArray[Any] | None]:
        """Return samples to be read by arrays of indices, and labels; those of ImageNet are decoded only then."""
        if self.kind == "imagenet":
            return labelled(self.path, self.split)
        data = self.load()
        return data.x, data.y

    def digest(self) -> str:
        """Return the SHA-256 of the data without decoding them: of a file, or of the digests of all files of a split.

        Of ImageNet, which is large, it is that of the files' names and sizes.
        """
        if self.kind == "npz":
            return _file_digest(self.path)
        if self.kind == "digits":
            x, y = _digits(self.split)
            return hashlib.sha256(x.tobytes() + y.tobytes()).hexdigest()
        if self.kind == "folder":
            return folder_digest(self.path)
        if self.kind == "events":
            return event_digest(self.path)
        files = _KINDS[self.kind].files(self.path, self.split)
        if self.kind == "imagenet":
            return imagenet_digest(self.path, files)
        return hashlib.sha256("".join(_file_digest(file) for file in files).encode()).hexdigest()


def parse_source(text: str, base: Path | None = None) -> DataSource:
    """Read ``KIND:PATH:SPLIT``; relative paths start from ``base``.

    ``npz:FILE`` (or the path alone), ``cifar10:DIR:train`` or ``:test``, ``cifar100:`` alike (fine labels), ``idx:`` alike
    (files named as MNIST's), ``imagenet:`` alike (pictures, ``DIR/train/CLASS/picture.jpg``, cut to 224 x 224),
    ``folder:DIR:64`` or ``:64grey`` (pictures, a folder a class, or a zip file of them, scaled to 64 x 64),
    ``digits:train`` or ``:test`` (what ships with pysnn), ``events:PATH:10ms,34x34`` (what event cameras record, see
    :func:`pysnn.datasets.event_files.source.parse_form`).

    Raises
    ------
    DataError
        It is none of these.

    Examples
    --------
    >>> source = parse_source("cifar10:data/cifar10:test")
    >>> source.kind, source.path.as_posix(), source.split
    ('cifar10', 'data/cifar10', 'test')
    """
    kind, colon, rest = text.partition(":")
    if not colon or kind not in {"npz", "digits", "folder", "events", *_KINDS}:
        kind, rest = "npz", text
    if kind == "npz":
        path = (base or Path()) / rest
        if not path.suffix and not path.exists():
            raise DataError(f"data '{text}': there is no such file; expected {_FORMS}")
        return DataSource("npz", path)
    place, _, split = rest.rpartition(":")
    if kind == "events":
        if not place:
            raise DataError(f"data '{text}': expected events:PATH:FORM, like events:recordings:10ms,34x34")
        parse_events_form(split)
        return DataSource(kind, (base or Path()) / place, split)
    if kind == "folder":
        if not place:
            raise DataError(
                f"data '{text}': expected folder:DIR:SIZE, like folder:pictures:64 or folder:pictures:28grey"
            )
        parse_form(split)
        return DataSource(kind, (base or Path()) / place, split)
    if split not in _SPLITS or bool(place) != (kind in _KINDS):
        form = f"{kind}:DIR:train or {kind}:DIR:test" if kind in _KINDS else "digits:train or digits:test"
        raise DataError(f"data '{text}': expected {form}")
    return DataSource(kind, (base or Path()) / place, split)


def training_source(text: str) -> DataSource:
    """Read a source that is to be trained on: the training split, also where the text names none.

    Raises
    ------
    DataError
        It is no source, or a test split, which trains nothing and chooses nothing.

    Examples
    --------
    >>> training_source("digits").split
    'train'
    """
    if text.endswith(":test"):
        raise DataError(
            f"data '{text}': expected training data: a test split trains, calibrates and chooses nothing, pysnn run measures on it"
        )
    splits = text.partition(":")[0] in {"digits", *_KINDS}
    return parse_source(text if text.endswith(":train") or not splits else f"{text}:train")


def _digits(split: str) -> tuple[NDArray[Any], NDArray[Any]]:
    digits = load_digits()
    return (digits.x_test, digits.y_test) if split == "test" else (digits.x_train, digits.y_train)


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"data file '{path}': {error.strerror or error}") from error
