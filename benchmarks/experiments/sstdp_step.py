"""A step of SSTDP's published variant on MNIST, 784-400-10, 255 time-steps, batch 64: dense loops against the engine.

``PYSNN_DATA`` names the folder with mnist/. Prints the seconds a batch of both, and the largest difference of weights after ten batches.
"""

import itertools
import time
from typing import Any

import numpy as np

from benchmarks.common import report, results_option
from benchmarks.experiments.dense_sstdp import DenseSSTDP
from benchmarks.mnist import load_mnist
from pysnn.first_spike import Dense, FirstSpikeNetwork, encode_times
from pysnn.first_spike.learn import SSTDP, Schedule, TrainingOptions
from pysnn.first_spike.learn.training import Training

BATCH, BATCHES = 64, 10
OPTIONS = TrainingOptions(
    batch_size=BATCH,
    optimiser="sgd",
    momentum=0.0,
    rate=10.0,
    weight_decay=1e-6,
    redraw=False,
    schedule=Schedule("constant"),
)


def published_network(sizes: tuple[int, ...], seed: int = 0) -> FirstSpikeNetwork:
    """Draw a network as the published code does: uniform weights from 0 to 5 in the first layer, to 48 in the others."""
    rng = np.random.default_rng(seed)
    shapes = enumerate(itertools.pairwise(sizes))
    weights = [rng.uniform(0, 48 if layer else 5, shape).astype(np.float32) for layer, shape in shapes]
    layers = tuple(Dense(units=size, threshold=100) for size in sizes[1:])
    return FirstSpikeNetwork(sizes[:1], layers, tuple(weights), neuron="step", steps=255, compare=">")


def both(network: FirstSpikeNetwork, data: tuple[Any, Any], batches: int) -> dict[str, Any]:
    """Take the same steps with both; give seconds a batch and the largest difference of weights."""
    times, labels = encode_times(network, data[0]), data[1]
    ours = Training(network, SSTDP.published(), times, labels, OPTIONS)
    dense = DenseSSTDP([weight.copy() for weight in network.weights])
    seconds = {"engine": 0.0, "dense": 0.0}
    for batch in range(batches):
        samples = np.arange(batch * BATCH, (batch + 1) * BATCH) % len(labels)
        start = time.perf_counter()
        ours.step(samples)
        middle = time.perf_counter()
        dense.step(times[samples], labels[samples])
        seconds["engine"] += (middle - start) / batches
        seconds["dense"] += (time.perf_counter() - middle) / batches
    differences = [np.abs(a - b).max() for a, b in zip(ours.state.weights, dense.weights, strict=True)]
    return {
        "batches": batches,
        "engine_seconds": seconds["engine"],
        "dense_seconds": seconds["dense"],
        "times_faster": seconds["dense"] / seconds["engine"],
        "largest_difference": float(max(differences)),
    }


def main() -> None:
    """Measure and print."""
    save = results_option("SSTDP, the published variant: engine against dense loops")
    rows = [both(published_network((784, 400, 10)), load_mnist("train"), BATCHES)]
    report("sstdp_step", rows, save=save, options=repr(OPTIONS))


if __name__ == "__main__":
    main()
