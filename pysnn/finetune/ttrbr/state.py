"""Where a training in PyTorch stands, and its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pysnn.errors import FileFormatError
from pysnn.training.checkpoint import read_checkpoint, write_checkpoint

__all__ = ["Sums", "TrainingState", "kept_weights"]

Tensors = dict[str, Any]

_NOTED = ("epoch", "batch", "rows", "best_accuracy", "best_epoch")
_TENSORS = ("model", "momentum", "mean", "best")


@dataclass
class Sums:
    """Sums over the samples of the epoch so far."""

    samples: int = 0
    loss: float = 0.0
    correct: int = 0
    seconds: float = 0.0


@dataclass(eq=False)
class TrainingState:
    """Where a training stands, beside the model's own weights.

    ``momentum`` is the optimiser's, ``mean`` the moving mean of weights, ``best`` the weights of the best epoch so far (empty before
    the first); tensors by name.
    """

    momentum: Tensors = field(default_factory=dict)
    mean: Tensors = field(default_factory=dict)
    best: Tensors = field(default_factory=dict)
    epoch: int = 0
    batch: int = 0
    sums: Sums = field(default_factory=Sums)
    rows: list[dict[str, Any]] = field(default_factory=list)
    best_accuracy: float = -1.0
    best_epoch: int = 0

    def save(self, path: Path, mark: str, model: Tensors) -> None:
        """Write it and the model's tensors aside, then rename the file: there is always a whole one."""
        note = {"mark": mark, "sums": vars(self.sums), **{name: getattr(self, name) for name in _NOTED}}
        groups = {"model": model, "momentum": self.momentum, "mean": self.mean, "best": self.best}
        arrays = {
            f"{group}.{name}": tensor.cpu().numpy() for group in _TENSORS for name, tensor in groups[group].items()
        }
        write_checkpoint(path, note, arrays)

    def load(self, path: Path, mark: str, device: Any) -> Tensors:
        """Go on from a file, and give the model's tensors.

        Raises
        ------
        FileFormatError
            It is no checkpoint, or a damaged one.
        DataError
            It belongs to another training.
        """
        note, arrays = read_checkpoint(path, mark)
        self.sums = Sums(**note["sums"])
        for name in _NOTED:
            setattr(self, name, note[name])
        groups = {group: _group(arrays, group, device) for group in _TENSORS}
        self.momentum, self.mean, self.best = groups["momentum"], groups["mean"], groups["best"]
        return groups["model"]


def kept_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Return the weights that a training has kept so far: of its best epoch, or the last ones before the first is over.

    Raises
    ------
    FileFormatError
        It is no checkpoint of such a training.
    """
    _, arrays = read_checkpoint(path, None)
    for group in ("best", "model"):
        found = {name[len(group) + 1 :]: array for name, array in arrays.items() if name.startswith(f"{group}.")}
        if found:
            return found
    raise FileFormatError(f"'{path}': expected the checkpoint of a training with PyTorch, it has no model")


def _group(arrays: Mapping[str, NDArray[Any]], group: str, device: Any) -> Tensors:
    prefix = f"{group}."
    return {
        name[len(prefix) :]: torch.from_numpy(np.array(array)).to(device)
        for name, array in arrays.items()
        if name.startswith(prefix)
    }
