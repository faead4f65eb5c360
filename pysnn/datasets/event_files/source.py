"""Samples of events by a short text, as the command line takes them: ``events:PATH:10ms,34x34``."""

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.datasets.event_files.reader import EVENT_ENDINGS, read_events
from pysnn.encode import Binning, Events
from pysnn.encode.binning import binned
from pysnn.encode.recording import Recording
from pysnn.errors import DataError
from pysnn.file_kinds import with_kind

__all__ = ["event_digest", "load_samples", "parse_form"]

_FORM = "like 10ms,34x34: a step of 10ms, 500us or 200ev (events), then, in any order, HEIGHTxWIDTH of the sensor, cropHEIGHTxWIDTH+TOP+LEFT, pool2, merge, once"
_STEP = re.compile(r"(\d{1,9})(ms|us|ev)")
_SENSOR = re.compile(r"(\d{1,5})x(\d{1,5})")
_CROP = re.compile(r"crop(\d{1,5})x(\d{1,5})\+(\d{1,5})\+(\d{1,5})")
_POOL = re.compile(r"pool(\d{1,3})")


def parse_form(text: str) -> tuple[Binning, tuple[int, int] | None]:
    """Return how events become steps, and (height, width) of the sensor where it is said.

    Examples
    --------
    >>> binning, sensor = parse_form("10ms,34x34,pool2")
    >>> binning.bin_us, binning.pool, sensor
    (10000, 2, (34, 34))
    """
    first, *others = text.split(",")
    step = _STEP.fullmatch(first)
    if step is None:
        raise DataError(f"events: expected a form {_FORM}; got '{text}'")
    settings: dict[str, Any] = (
        {"events": int(step[1])} if step[2] == "ev" else {"bin_us": int(step[1]) * (1000 if step[2] == "ms" else 1)}
    )
    sensor = None
    for part in others:
        size, crop, pool = (form.fullmatch(part) for form in (_SENSOR, _CROP, _POOL))
        if size:
            sensor = (int(size[1]), int(size[2]))
        elif crop:
            settings["crop"] = (int(crop[3]), int(crop[4]), int(crop[1]), int(crop[2]))
        elif pool:
            settings["pool"] = int(pool[1])
        elif part == "merge":
            settings["polarity"] = "merge"
        elif part == "once":
            settings["once"] = True
        else:
            raise DataError(f"events: expected a form {_FORM}; got '{part}'")
    return Binning(**settings), sensor


def load_samples(path: Path, form: str, limit: int | None = None) -> tuple[Events, NDArray[np.int64] | None]:
    """Return the samples of a file, or of a folder with a folder for each class, and their labels where they are known.

    Of a folder a file is a sample, and the label is the place of its folder in alphabetical order; of an ``.npz`` labels are its array ``labels``.

    Raises
    ------
    DataError
        A file is damaged, unsorted, empty, or of another sensor; the message names it.
    """
    binning, sensor = parse_form(form)
    files, labels = _samples(path)
    recordings: list[Recording] = []
    for file in files[:limit]:
        recordings += read_events(file, sensor)
        if limit is not None and len(recordings) >= limit:
            break
    recordings = recordings[:limit]
    found = binned(recordings, binning)
    kept = None if labels is None else labels[: len(recordings)]
    if kept is not None and len(kept) != len(recordings):
        raise DataError(f"'{path}': expected a label for each of {len(recordings)} samples, got {len(kept)}")
    return Events(found.sample, found.step, found.index, samples=len(recordings)), kept


def event_digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of all files of a folder."""
    files, _ = _samples(path)
    if files == [path]:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path).as_posix()}:{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _samples(path: Path) -> tuple[list[Path], NDArray[np.int64] | None]:
    """Return the files, and labels where they are known without reading events."""
    if not path.is_dir():
        if not path.exists():
            raise DataError(f"data file '{path}': there is no such file")
        return [path], _own_labels(path)
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    files, labels = [], []
    for label, folder in enumerate(folders):
        found = sorted(file for file in folder.iterdir() if file.suffix.lower() in EVENT_ENDINGS)
        files += found
        labels += [label] * len(found)
    if not files:
        raise DataError(
            f"'{path}': expected folders with files of events ({', '.join(EVENT_ENDINGS)}), one folder a class"
        )
    return files, np.array(labels, dtype=np.int64)


def _own_labels(path: Path) -> NDArray[np.int64] | None:
    if path.suffix.lower() != ".npz":
        return None
    try:
        with np.load(path, allow_pickle=False) as loaded:
            labels = np.asarray(loaded["labels"]) if "labels" in loaded.files else None
    # Of damaged headers NumPy raises whatever Python's own parser does.
    except Exception as error:
        raise DataError(
            f"'{path}': {with_kind('expected arrays of NumPy, or they are damaged', path)} ({error})"
        ) from error
    if labels is not None and (labels.ndim != 1 or labels.dtype.kind not in "iu"):
        raise DataError(f"'{path}': labels must be a vector of integers, got {labels.dtype} {labels.shape}")
    return None if labels is None else labels.astype(np.int64)
