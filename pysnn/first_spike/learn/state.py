"""Where a training stands: all that it needs to go on, and its file."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.errors import DataError, FileFormatError
from pysnn.files.aside import write_aside
from pysnn.training.optimisers import Optimiser

__all__ = ["EpochSums", "TrainingState", "fingerprint", "read_checkpoint", "write_checkpoint"]

Array = NDArray[Any]


@dataclass
class EpochSums:
    """Sums over the samples of the epoch so far."""

    samples: int = 0
    loss: float = 0.0
    correct: int = 0
    silent: int = 0
    spikes: int = 0
    decision_time: float = 0.0
    seconds: float = 0.0


@dataclass(eq=False)
class TrainingState:
    """Where a training stands.

    ``fired`` has, for each layer with weights, how many samples of the epoch each neuron fired in; ``best`` is the weights of the
    best epoch so far (empty before the first).
    """

    weights: list[Array]
    optimiser: Optimiser
    fired: list[Array]
    epoch: int = 0
    batch: int = 0
    sums: EpochSums = field(default_factory=EpochSums)
    rows: list[dict[str, Any]] = field(default_factory=list)
    best: list[Array] = field(default_factory=list)
    best_accuracy: float = -1.0
    best_epoch: int = 0

    def save(self, path: Path, mark: str) -> None:
        """Write it aside, then rename it: there is always a whole file. ``mark`` says which training it belongs to."""
        names = ("epoch", "batch", "rows", "best_accuracy", "best_epoch")
        note = {"mark": mark, "sums": vars(self.sums), **{name: getattr(self, name) for name in names}}
        arrays: dict[str, Any] = {}
        for name in ("weights", "fired", "best"):
            arrays |= {f"{name}.{n}": array for n, array in enumerate(getattr(self, name))}
        arrays |= {f"optimiser.{name}": array for name, array in self.optimiser.state.items()}
        write_checkpoint(path, note, arrays)

    def load(self, path: Path, mark: str) -> None:
        """Go on from a file.

        Raises
        ------
        FileFormatError
            It is no checkpoint, or a damaged one.
        DataError
            It belongs to another training.
        """
        note, arrays = read_checkpoint(path, mark)
        self.sums = EpochSums(**note["sums"])
        for name in ("epoch", "batch", "rows", "best_accuracy", "best_epoch"):
            setattr(self, name, note[name])
        for name in ("weights", "fired", "best"):
            count = sum(key.startswith(f"{name}.") for key in arrays)
            setattr(self, name, [arrays[f"{name}.{n}"] for n in range(count)])
        prefix = "optimiser."
        self.optimiser.state = {key[len(prefix) :]: arrays[key] for key in arrays if key.startswith(prefix)}


def write_checkpoint(path: Path, note: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write a note (JSON; its "mark" says which training it belongs to) and arrays aside, then rename the file."""

    def write(aside: Path) -> None:
        with aside.open("wb") as stream:
            np.savez(stream, note=np.frombuffer(json.dumps(note).encode(), dtype=np.uint8), **arrays)  # type: ignore[arg-type]

    write_aside(path, write)


def read_checkpoint(path: Path, mark: str | None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Give the note and the arrays of a file.

    Parameters
    ----------
    path
        The file.
    mark
        What its note has to say; ``None`` for the checkpoint of any training.

    Raises
    ------
    FileFormatError
        It is no checkpoint, or a damaged one.
    DataError
        It belongs to another training.
    """
    try:
        # From memory: a damaged file is not left open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as loaded:
            arrays = dict(loaded)
        note = json.loads(arrays.pop("note").tobytes())
        found = note["mark"]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise FileFormatError(f"'{path}': expected a checkpoint of a training, got {error}") from error
    if mark is not None and found != mark:
        raise DataError(f"'{path}' is the checkpoint of another training (other data, network or options)")
    return note, arrays


def fingerprint(*parts: Any) -> str:
    """Name a training by all that its result depends on: arrays by their bytes, the rest by its text.

    Examples
    --------
    >>> fingerprint("a", np.zeros(2)) == fingerprint("a", np.zeros(2)) != fingerprint("a", np.ones(2))
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(repr(part).encode())
    return digest.hexdigest()
