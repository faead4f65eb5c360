"""A small network on the events of N-MNIST: 2312-512-10, trained here on the events' mean rates and converted."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import data_folder
from pysnn import Events, Input, Linear, Network, Output, ReLU
from pysnn.convert import convert

__all__ = ["STEPS", "EventTask", "nmnist"]

STEPS = 30
"""Time-steps of a sample of about 0.3 s."""

_TRAIN, _SHAPE, _HIDDEN = 1000, (2, 34, 34), 512
_EPOCHS, _BATCH, _RATE = 20, 50, 1e-3


@dataclass(frozen=True, eq=False)
class EventTask:
    """A converted network, and the held-out events and labels."""

    network: Network
    events: Events
    labels: NDArray[np.int64]


def nmnist() -> EventTask:
    """Return the network, trained on the first 1,000 samples, and the other 100 samples; a pixel spikes once a step at most."""
    held = dict(np.load(data_folder("nmnist/") / "nmnist" / "nmnist_small.npz"))
    held["p"] = np.unpackbits(held.pop("p_bits"))
    labels = held["labels"].astype(np.int64)
    samples = [_binned(held, k) for k in range(len(labels))]
    rates = np.stack([np.bincount(index, minlength=int(np.prod(_SHAPE))) for _, index in samples]) / STEPS
    weights = _trained(rates[:_TRAIN].astype(np.float32), labels[:_TRAIN])
    nodes = {
        "in": Input((rates.shape[1],)),
        "fc1": Linear(weights[0]),
        "relu": ReLU(),
        "fc2": Linear(weights[1]),
        "out": Output(),
    }
    ann = Network.chain(nodes)
    found = convert(ann, rates[:_TRAIN].astype(np.float32), "percentile", compare=False)
    return EventTask(found.network, Events.from_lists(samples[_TRAIN:]), labels[_TRAIN:])


def _binned(held: dict[str, Any], number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return steps and pixels of a sample's events, each pair once."""
    first, last = (int(held["offsets"][number + k]) for k in (0, 1))
    times = np.cumsum(held["dt_lo"][first:last] + 256 * held["dt_hi"][first:last].astype(np.int64))
    polarity = held["p"][first:last].astype(np.int64)
    step = np.minimum(STEPS - 1, times * STEPS // (int(times[-1]) + 1))
    index = np.ravel_multi_index((polarity, held["y"][first:last], held["x"][first:last]), _SHAPE)
    pairs = np.unique(np.stack([step, index]), axis=1)
    return pairs[0], pairs[1]


def _trained(x: NDArray[np.float32], y: NDArray[np.int64]) -> list[NDArray[np.float32]]:
    """Train two layers without biases by Adam on the cross-entropy."""
    rng = np.random.default_rng(0)
    sizes = (x.shape[1], _HIDDEN, 10)
    weights = [rng.normal(0, np.sqrt(2 / a), (b, a)).astype(np.float32) for a, b in pairwise(sizes)]
    first, second = ([np.zeros_like(w) for w in weights] for _ in (0, 1))
    count = 0
    for _ in range(_EPOCHS):
        order = rng.permutation(len(x))
        for start in range(0, len(x), _BATCH):
            part = order[start : start + _BATCH]
            count += 1
            for k, gradient in enumerate(_gradients(weights, x[part], y[part])):
                first[k] = 0.9 * first[k] + 0.1 * gradient
                second[k] = 0.999 * second[k] + 0.001 * gradient**2
                step = first[k] / (1 - 0.9**count) / (np.sqrt(second[k] / (1 - 0.999**count)) + 1e-8)
                weights[k] = weights[k] - np.float32(_RATE) * step
    return weights


def _gradients(
    weights: list[NDArray[np.float32]], x: NDArray[np.float32], y: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    hidden = np.maximum(x @ weights[0].T, 0)
    scores = hidden @ weights[1].T
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    error = odds / odds.sum(axis=1, keepdims=True)
    error[np.arange(len(y)), y] -= 1
    error /= len(y)
    back = (error @ weights[1]) * (hidden > 0)
    return back.T @ x, error.T @ hidden
