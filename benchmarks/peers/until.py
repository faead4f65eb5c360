"""Training until it is good enough: one run trains a network on MNIST until so many of the last 5,000 training images are right."""

import time
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.engine import Cell

__all__ = ["GOAL", "snntorch", "spikingjelly", "stdbp"]

GOAL = 0.97
_HELD_OUT = 5000
_BETWEEN = 50
"""Steps between two looks at the images held out; the looks are not counted."""


class Trainer(Protocol):
    """What :mod:`~benchmarks.peers.train_pysnn` and :mod:`~benchmarks.peers.train_torch` have."""

    def versions(self) -> dict[str, str]: ...
    def prepare(self, cell: Cell) -> str: ...
    def run(self) -> list[float]: ...
    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]: ...


class UntilGood:
    """A trainer, and what it is held to."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def versions(self) -> dict[str, str]:
        """Return the versions of what takes part."""
        return self.trainer.versions()

    def prepare(self, cell: Cell) -> str:
        """Hold the last images out."""
        with np.load(cell.folder / f"{cell.network}-images.npz") as loaded:
            self.labels = loaded["y"][-_HELD_OUT:]
        self.images = cell.images[-_HELD_OUT:]
        return self.trainer.prepare(replace(cell, images=cell.images[:-_HELD_OUT]))

    def run(self) -> list[float]:
        """Train; give the seconds of all steps, their number, and the accuracy that was reached."""
        seconds, steps, accuracy = 0.0, 0, 0.0
        while accuracy < GOAL:
            start = time.perf_counter()
            for _ in range(_BETWEEN):
                self.trainer.run()
            seconds += time.perf_counter() - start
            steps += _BETWEEN
            accuracy = float((self.trainer.predict(self.images) == self.labels).mean())
        return [seconds, steps, accuracy]


def stdbp() -> Any:
    """Return pysnn."""
    from benchmarks.peers import train_pysnn

    return UntilGood(train_pysnn.engine())


def spikingjelly() -> Any:
    """Return SpikingJelly."""
    from benchmarks.peers import train_torch

    return UntilGood(train_torch.spikingjelly())


def snntorch() -> Any:
    """Return snnTorch."""
    from benchmarks.peers import train_torch

    return UntilGood(train_torch.snntorch())
