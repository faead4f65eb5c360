"""STDBP training of 784-800-10 in pysnn: one run is one step, optimiser included."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.engine import Cell, versions
from pysnn.first_spike import Dense, FirstSpikeNetwork, decide, encode_times
from pysnn.first_spike.learn import STDBP, TrainingOptions
from pysnn.first_spike.learn.training import Training

__all__ = ["engine"]

_BATCH = 128


class StdbpTrainer:
    """Steps over mini-batches in order; ``run`` gives the mean losses of the first step and of all since."""

    def __init__(self) -> None:
        self.done = 0
        self.sums: list[float] = []

    def versions(self) -> dict[str, str]:
        """Return the versions of pysnn and NumPy."""
        return versions("pysnn", "numpy")

    def prepare(self, cell: Cell) -> str:
        """Draw the weights, unless they are in training already."""
        if not self.done:
            with np.load(cell.folder / f"{cell.network}-images.npz") as loaded:
                labels = loaded["y"][: len(cell.images)]
            layers = [Dense(units=800, gain=12, spread=1.4), Dense(units=10, gain=8, spread=1.4)]
            network = FirstSpikeNetwork.draw((784,), layers, seed=0)
            times = encode_times(network, _values(cell.images))
            options = TrainingOptions(batch_size=_BATCH, threads=cell.threads)
            self.training = Training(network, STDBP(tau=0.05, min_slope=0.5), times, labels, options)
            # Whole batches only.
            self.samples = len(labels) // _BATCH * _BATCH
        return "one spike a neuron, Adam"

    def run(self) -> list[float]:
        """Make one step."""
        start = self.done * _BATCH % self.samples
        self.training.step(np.arange(start, start + _BATCH))
        self.done += 1
        self.sums.append(self.training.state.sums.loss)
        latest = self.sums[-1] - (self.sums[-2] if len(self.sums) > 1 else 0.0)
        return [self.sums[0] / _BATCH, latest / _BATCH]

    def predict(self, images: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return the class of each image."""
        network = self.training.network.with_weights(self.training.state.weights)
        return decide(network, _values(images)).winner


def _values(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(images.reshape(len(images), -1).astype(np.float32) / np.float32(255))


def engine() -> Any:
    """Return the program."""
    return StdbpTrainer()
