"""Networks on N-MNIST's events: one trained in snnTorch and imported, one trained as an ANN on counts and converted.

    .venv-peers/bin/python -m benchmarks.experiments.nmnist DATA/nmnist/nmnist_small.npz [--epochs N]

It needs the environment of ``make test-interop``. Trained on the file's 1,000 samples of the training split, measured on its 100 of the test split. The imported
network's spikes are compared with snnTorch's on all 100; exit code 1 where one differs.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.intervals import accuracy_cell
from pysnn import Events, run
from pysnn.convert import convert
from pysnn.encode import Binning
from pysnn.importers.snntorch import from_module
from pysnn.importers.torch import from_torch

SENSOR = (34, 34)
TRAINING = 1000
BINNING = Binning(bin_us=15_000, steps=20)
BATCH = 50


def samples(path: Path) -> tuple[list[dict[str, Any]], NDArray[np.int64]]:
    """Return the recordings of the file, and their labels."""
    with np.load(path) as kept:
        offsets, p = kept["offsets"], np.unpackbits(kept["p_bits"])
        gaps = kept["dt_lo"] + 256 * kept["dt_hi"].astype(np.int64)
        bounds = list(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True))
        x, y, labels = kept["x"], kept["y"], kept["labels"].astype(np.int64)
    return [{"x": x[a:b], "y": y[a:b], "t": np.cumsum(gaps[a:b]), "p": p[a:b]} for a, b in bounds], labels


def dense(events: Events) -> NDArray[np.float32]:
    """Return counts (steps, samples, 2, 34, 34)."""
    counts = np.zeros((BINNING.steps or 0, events.samples, 2 * SENSOR[0] * SENSOR[1]), np.float32)
    np.add.at(counts, (events.step, events.sample, events.index), 1)
    return counts.reshape(*counts.shape[:2], 2, *SENSOR)


def spiking() -> Any:
    """Return a snnTorch network with its default neuron."""
    import snntorch as snn

    leaky = [snn.Leaky(beta=0.9, init_hidden=True, output=last) for last in (False, False, True)]
    layers = [nn.Conv2d(2, 8, 5, stride=2), leaky[0], nn.Conv2d(8, 16, 3, stride=2), leaky[1], nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(16 * 7 * 7, 10), leaky[2])


def ann() -> Any:
    """Return an ANN of the same shape."""
    layers = [nn.Conv2d(2, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(16 * 7 * 7, 10))


def trained(net: Any, x: NDArray[np.float32], y: NDArray[np.int64], epochs: int, *, over_time: bool) -> Any:
    """Train by Adam; scores are potentials summed over the steps, or the ANN's own."""
    from snntorch import utils

    optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)
    order = np.random.default_rng(0)
    for _ in range(epochs):
        for part in np.array_split(order.permutation(len(labels)), len(labels) // BATCH):
            if over_time:
                utils.reset(net)
                scores = torch.stack([net(frame)[1] for frame in inputs[:, part]]).mean(0)
            else:
                scores = net(inputs[part])
            loss = nn.functional.cross_entropy(scores, labels[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    if over_time:
        utils.reset(net)
    return net.eval()


def line(name: str, right: int, count: int, more: str) -> str:
    """Return a row of the table: accuracy in %, with half of its 95 % interval."""
    return f"| {name} | {accuracy_cell(right / count, count)} | {count} | {more} |"


def main() -> int:
    """Train, import, convert, measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    recordings, labels = samples(given.data)
    training = Events.from_structured(recordings[:TRAINING], SENSOR, BINNING)
    test = Events.from_structured(recordings[TRAINING:], SENSOR, BINNING)
    steps, y = BINNING.steps or 0, labels[TRAINING:]
    frames = dense(training)

    net = trained(spiking(), frames, labels[:TRAINING], given.epochs, over_time=True)
    found = from_module(net, dense(test), coding="spikes", allow_differences=True)
    result = run(found.network, test, steps=steps, coding="events", labels=y)
    print("| network | accuracy, % | samples | |\n| --- | --- | --- | --- |")
    print(line("trained in snnTorch, imported", int((result.predictions[-1] == y).sum()), len(y), found.sentence))

    mean = frames.mean(0)
    source = from_torch(trained(ann(), mean, labels[:TRAINING], 2 * given.epochs, over_time=False), mean[:8])
    conversion = convert(source, mean, "percentile", steps=steps)
    converted = run(conversion.network, test, steps=steps, coding="events", labels=y)
    expected = run_ann(source, dense(test).mean(0))
    more = f"the ANN on mean counts: {int((expected == y).sum())} of {len(y)}"
    print(line("ANN on mean counts, converted", int((converted.predictions[-1] == y).sum()), len(y), more))
    return 1 if sum(found.differences.values()) else 0


def run_ann(network: Any, x: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the classes that the ANN predicts."""
    from pysnn.ann import ann_pass

    return np.asarray(np.argmax(ann_pass(network, x)[0], axis=1))


if __name__ == "__main__":
    sys.exit(main())
