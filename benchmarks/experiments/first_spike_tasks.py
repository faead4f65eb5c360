"""What first-spike networks are measured on: data, network, rule and settings of each task.

Settings and epochs were chosen on validation data alone, the last 5,000 training images. Settings for Caltech were chosen with the last 100 of the
400 training images held out; the trainings here hold out 20, which choose nothing: the last epoch counts.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import data_folder
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer
from pysnn.first_spike.learn import SSTDP, STDBP, Augmentation, LearningRule

__all__ = ["TASKS", "Task", "caltech", "load"]

Data = tuple[NDArray[np.float32], NDArray[np.int64]]

CALTECH_TRAINING = 200
CALTECH_SIDE = 28


@dataclass(frozen=True)
class Task:
    """One row of the results: what is trained, how, and the accuracy asked for (``None``: it is there to be compared).

    ``options`` are those of :class:`~pysnn.first_spike.learn.TrainingOptions`; ``validation`` among them. ``seeds``: of first weights and orders,
    for Caltech of the split too.
    """

    title: str
    data: str
    layers: tuple[Layer, ...]
    rule: LearningRule
    goal: float | None
    options: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    complement: bool = False
    seeds: tuple[int, ...] = (0, 1, 2)

    def network(self, seed: int, shape: tuple[int, ...]) -> FirstSpikeNetwork:
        """Draw the network for images of a shape."""
        flat = all(isinstance(layer, Dense) for layer in self.layers)
        return FirstSpikeNetwork.draw((int(np.prod(shape)),) if flat else shape, self.layers, seed=seed, **self.fields)


def load(task: Task, split: str, seed: int) -> Data:
    """Return images ``(samples, C, H, W)`` in 0..1 and labels of a split; ``PYSNN_DATA`` names the folder with the data."""
    path = data_folder(f"{task.data}/") / task.data
    if task.data == "caltech101":
        images, labels = caltech(path, split, seed)
    else:
        images, labels = load_cifar10(path, split) if task.data == "cifar10" else load_idx(path, split)
    values = images.astype(np.float32) / np.float32(255)
    return (np.concatenate([values, 1 - values], axis=1) if task.complement else values), labels


def caltech(
    folder: Path, split: str, seed: int, side: int = CALTECH_SIDE
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return square grey pictures, each stretched to 0..255, of faces (0) and motorbikes (1).

    The seed draws 200 of each to train with, the rest is the test split.
    """
    images, labels = [], []
    for label, name in enumerate(("faces_easy", "motorbikes")):
        pictures = _pictures(folder / f"{name}.zip", side)
        order = np.random.default_rng([seed, label]).permutation(len(pictures))
        chosen = order[:CALTECH_TRAINING] if split == "train" else order[CALTECH_TRAINING:]
        images.append(pictures[chosen])
        labels.append(np.full(len(chosen), label, dtype=np.int64))
    mixed = np.random.default_rng([seed, 2]).permutation(sum(map(len, labels)))
    return np.concatenate(images)[mixed, None], np.concatenate(labels)[mixed]


def _pictures(path: Path, side: int) -> NDArray[np.uint8]:
    from PIL import Image

    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith(".jpg"))
        found = []
        for name in names:
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                grey = np.asarray(picture.convert("L").resize((side, side)), dtype=np.float32)
                found.append((grey - grey.min()) * (255 / (grey.max() - grey.min())))
    return np.asarray(np.rint(np.stack(found)), dtype=np.uint8)


def _cnn(classes: int = 10) -> tuple[Layer, ...]:
    """Return 16C5-P2-32C5-P2-800-128-10; with a small gain neurons wait for most of their inputs, and depth can be trained."""
    return (
        Conv(channels=16, kernel=5, gain=2, spread=1.2),
        EarliestPool(2),
        Conv(channels=32, kernel=5, gain=2, spread=1.2),
        EarliestPool(2),
        Dense(units=800, gain=2, spread=1.2),
        Dense(units=128, gain=2, spread=1.2),
        Dense(units=classes, gain=2, spread=1.2),
    )


def _dense(units: int, classes: int = 10) -> tuple[Layer, ...]:
    return Dense(units=units, gain=12, spread=1.4), Dense(units=classes, gain=8, spread=1.4)


_EXACT = STDBP(tau=0.05, min_slope=0.1)
_STEPPED = SSTDP("one_sided", gap=10.0, anti_causal=0.0)
_STEPS = {"neuron": "step", "steps": 16}
_SHIFTED = Augmentation(shift=2.0, rotate=12.0, scale=0.12, elastic=1.0)


def _conv(channels: int, gain: float = 2.0, stride: int = 1) -> Layer:
    return Conv(channels=channels, padding=1, stride=stride, gain=gain, spread=1.2)


# Maps of 16, 8 and 4 pixels; a gain of 2 spreads the first spike times of all layers over the steps.
_DEEP = (
    *(_conv(32, 3.0, 2), _conv(64), EarliestPool(2)),
    *(_conv(64), _conv(128), EarliestPool(2)),
    *(_conv(128), _conv(128), Dense(units=256, gain=2), Dense(units=10, gain=2)),
)

TASKS: dict[str, Task] = {
    "stdbp-mnist": Task(
        "STDBP, MNIST, 784-800-10",
        "mnist",
        _dense(800),
        _EXACT,
        98.2,
        {"epochs": 20, "rate": 2e-3, "weight_decay": 0.1, "validation": 5000},
    ),
    "stdbp-mnist-augmented": Task(
        "STDBP, MNIST, 784-800-10, augmented",
        "mnist",
        _dense(800),
        _EXACT,
        98.5,
        {"epochs": 40, "rate": 2e-3, "weight_decay": 0.02, "validation": 5000, "augment": _SHIFTED},
    ),
    "falling-mnist": Task(
        "STDBP, falling threshold, MNIST, 784-800-10",
        "mnist",
        (Dense(units=800, gain=1, spread=1), Dense(units=10, gain=0.3, spread=0.5)),
        STDBP(tau=0.1, min_slope=0.5, early_outputs=False),
        None,
        {"epochs": 20, "rate": 1e-3, "weight_decay": 0.05, "validation": 5000},
        {"neuron": "falling"},
    ),
    "stdbp-mnist-cnn": Task(
        "STDBP, MNIST, 16C5-P2-32C5-P2-800-128-10, augmented",
        "mnist",
        _cnn(),
        _EXACT,
        99.2,
        {
            "epochs": 10,
            "batch_size": 32,
            "rate": 1e-3,
            "weight_decay": 0.02,
            "validation": 5000,
            "augment": _SHIFTED,
        },
    ),
    "stdbp-fashion": Task(
        "STDBP, Fashion-MNIST, 784-1000-10",
        "fashion-mnist",
        _dense(1000),
        _EXACT,
        88.5,
        {"epochs": 20, "rate": 1e-3, "weight_decay": 0.1, "validation": 5000},
    ),
    "stdbp-fashion-cnn": Task(
        "STDBP, Fashion-MNIST, 16C5-P2-32C5-P2-800-128-10, shifted and mirrored",
        "fashion-mnist",
        _cnn(),
        _EXACT,
        90.5,
        {
            "epochs": 30,
            "batch_size": 32,
            "rate": 5e-4,
            "weight_decay": 0.05,
            "validation": 5000,
            "augment": Augmentation(jump=1, mirror=0.5),
        },
    ),
    "sstdp-mnist": Task(
        "SSTDP, MNIST, 784-800-10, 16 steps, shifted",
        "mnist",
        (Dense(units=800), Dense(units=10)),
        SSTDP("one_sided", gap=10.0, anti_causal=0.0, mu=0.0),
        97.5,
        {"epochs": 40, "rate": 1e-3, "validation": 5000, "augment": Augmentation(shift=1.0)},
        _STEPS,
    ),
    "stdbp-caltech": Task(
        "STDBP, Caltech faces against motorbikes, 1568-200-2, augmented",
        "caltech101",
        _dense(200, 2),
        STDBP(tau=0.1, min_slope=0.1),
        99.2,
        {
            "epochs": 40,
            "batch_size": 20,
            "rate": 1e-3,
            "weight_decay": 0.1,
            "validation": 20,
            "keep": "last",
            "augment": Augmentation(shift=2.0, rotate=10.0, scale=0.15),
        },
        complement=True,
        seeds=(0, 1, 2, 3, 4),
    ),
    "sstdp-cifar10": Task(
        "SSTDP, CIFAR-10, six convolutions, 16 steps",
        "cifar10",
        _DEEP,
        _STEPPED,
        75.0,
        {"epochs": 20, "rate": 1e-3, "validation": 5000, "augment": Augmentation(shift=3.0)},
        _STEPS,
        complement=True,
    ),
}
"""Every task by name."""
