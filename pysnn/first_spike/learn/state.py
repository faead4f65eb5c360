"""Where a training of a first-spike network stands."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pysnn.backends.first_spike import Decisions
from pysnn.training.checkpoint import read_checkpoint, write_checkpoint
from pysnn.training.optimisers import Optimiser

__all__ = ["EpochSums", "TrainingState"]

Array = NDArray[Any]


@dataclass
class EpochSums:
    """Sums over the samples of the epoch so far."""

    samples: int = 0
    loss: float = 0.0
    correct: int = 0
    silent: int = 0
    tied: int = 0
    spikes: int = 0
    decision_time: float = 0.0
    seconds: float = 0.0

    def add(self, decided: Decisions, times: Array, loss: Array, labels: Array) -> None:
        """Add a batch: what was decided by which output times, and its losses and labels."""
        fires = decided.winner >= 0
        self.samples += len(labels)
        self.loss += float(loss.sum())
        self.correct += int((decided.winner == labels).sum())
        self.silent += int((~fires).sum())
        first = (times == decided.time[:, None]) & fires[:, None]
        self.tied += int((first.sum(axis=1) > 1).sum())
        self.decision_time += float(decided.time[fires].sum(dtype=np.float64))

    def means(self, neurons: int) -> dict[str, float]:
        """Return what a row of the history has of them."""
        decided = self.samples - self.silent
        return {
            "loss": self.loss / self.samples,
            "accuracy": self.correct / self.samples,
            "spikes_per_neuron": self.spikes / (self.samples * neurons),
            "decision_time": self.decision_time / decided if decided else math.nan,
            "silent": self.silent / self.samples,
            "ties": self.tied / self.samples,
            "seconds": self.seconds,
        }


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
