"""What a program has to offer to be compared: prepare a cell, run it, say what it is. Only NumPy is imported here."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cell", "Engine", "Scores", "pixels", "versions"]

Scores = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Cell:
    """What to run: a network's files, the number of steps, the images (uint8) and how many threads there are."""

    folder: Path
    network: str
    steps: int
    images: NDArray[np.uint8]
    threads: int


class Engine(Protocol):
    """A program that runs networks."""

    def versions(self) -> dict[str, str]:
        """Return the versions of what takes part."""
        ...

    def prepare(self, cell: Cell) -> str:
        """Get ready, in the fastest way that the program has for this cell; say which that is."""
        ...

    def run(self) -> Any:
        """Run the cell once, from uint8 images to scores ``(images, classes)``."""
        ...


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of installed packages."""
    return {package: version(package) for package in packages}


def pixels(images: NDArray[np.uint8], mean: Scores, std: Scores) -> Scores:
    """Return normalised colours in float32."""
    spread = (-1, 1, 1)
    scaled = images.astype(np.float32) / np.float32(255)
    return np.asarray((scaled - mean.reshape(spread)) / std.reshape(spread), dtype=np.float32)
