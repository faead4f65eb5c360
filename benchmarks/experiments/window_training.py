"""What trainings from random weights on output spike times, in windows, have in common: tasks, layers, the command, and how a row is measured."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.common import data_folder, machine, put_into
from benchmarks.experiments.first_spike_tasks import caltech
from pysnn import Network, run
from pysnn.ann import ann_macs
from pysnn.convert import convert, round_weights
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.finetune import restructure
from pysnn.finetune.trained_models import trained_network
from pysnn.finetune.ttrbr import Task, TrainableClip, TTRBROptions, train
from pysnn.plan.windows import window_timing
from pysnn.progress import Progress
from pysnn.tables import metadata, write_table

__all__ = [
    "WINDOW",
    "Experiment",
    "Setting",
    "conv",
    "first_spikes",
    "first_step",
    "output",
    "steps_of",
    "with_thresholds",
]

WINDOW = 16
CALTECH_SIDE = 64
_CALIBRATION = 512
_RESULTS = Path(__file__).parents[1] / "results"


@dataclass(frozen=True)
class Setting:
    """One task: data and how they are distorted, the network before it is drawn, and how it trains.

    ``reach``: what the neurons of each layer can stand for, the input's first if it has a window. ``validation``: of the last training images.
    """

    data: str
    model: Callable[[], Any]
    epochs: int
    reach: tuple[float, ...]
    augmentation: Mapping[str, Any]
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    rate: float = 0.1
    batch_size: int = 128
    validation: int = 5000

    def load(self, split: str, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return images ``(samples, C, H, W)`` and labels; the seed draws the split where the data have none."""
        folder = data_folder(f"{self.data}/") / self.data
        if self.data == "caltech101":
            return caltech(folder, split, seed, CALTECH_SIDE)
        images, labels = (load_cifar10 if self.data == "cifar10" else load_idx)(folder, split)
        return np.ascontiguousarray(images), labels


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    """Return a convolution that keeps the size but for its stride, normalised, with its neurons."""
    weights = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
    return [weights, nn.BatchNorm2d(outputs), nn.ReLU()]


def output(inputs: int, classes: int = 10) -> list[nn.Module]:
    """Return the output neurons, which spike around the middle of their window at first."""
    times = nn.BatchNorm1d(classes)
    nn.init.constant_(times.weight, 0.25)
    nn.init.constant_(times.bias, 0.5)
    return [nn.Linear(inputs, classes, bias=False), times]


def steps_of(scores: Any, window: int) -> tuple[Any, Any]:
    """Return each output neuron's step, ``S - floor(S u + 1/2)`` from 0 to S, which is silent; and the same with a gradient, passed straight through.

    Examples
    --------
    >>> steps_of(torch.tensor([0.9, 0.5, -1.0]), 4)[0].tolist()
    [0.0, 2.0, 4.0]
    """
    exact = window * (1 - scores)
    whole = (window - torch.floor(window * scores.detach() + 0.5)).clamp(0, window)
    return whole, exact + (whole - exact).detach()


def with_thresholds(model: Any, reach: Sequence[float]) -> Any:
    """Return a model whose neurons stand for 0 .. reach, which stays: batch normalisation before them has a mean and a width that are trained."""
    clips = [module for module in model.modules() if isinstance(module, TrainableClip)]
    for clip, value in zip(clips, reach, strict=True):
        clip.threshold.requires_grad_(False).fill_(value)
    return model


@dataclass(frozen=True)
class Experiment:
    """A loss on output spike times, its tasks, and the table of its rows; ``facts`` go into the table's metadata."""

    name: str
    loss: Any
    settings: Mapping[str, Setting]
    table: Path
    facts: Mapping[str, Any]

    def main(self, description: str | None) -> None:
        """Train, and with ``--save`` measure on the test split and keep the row."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("task", choices=self.settings)
        parser.add_argument(
            "seed", type=int, help="of first weights, of the order of samples, and of a split that is drawn"
        )
        parser.add_argument(
            "--work", type=Path, default=_RESULTS / f"{self.name}_windows", help="folder of checkpoints"
        )
        parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
        parser.add_argument("--save", action="store_true", help="look at the test split, and write the row")
        given = parser.parse_args()
        given.work.mkdir(parents=True, exist_ok=True)
        setting, seed = self.settings[given.task], given.seed
        file = given.work / f"{self.name}-{given.task}-{seed}.checkpoint.npz"
        with Progress(self.name, seconds=60) as progress:
            options = _options(setting, seed, checkpoint=file, threads=given.threads, progress=progress, report=_tell)
            trained = train(_task(setting, seed, self.loss), options)
        if given.save:
            last = trained.history.row(-1, named=True)
            ann, spiking = _spiking(setting, seed, trained.model)
            row = {
                "task": given.task,
                "seed": seed,
                "epochs": setting.epochs,
                **_measured(setting, seed, ann, spiking),
                "first_step": first_step(setting, seed, spiking),
                "validation_accuracy": last["validation_accuracy"],
                "training_seconds": float(trained.history["seconds"].sum()),
            }
            print(row)
            self._keep(row)

    def _keep(self, row: Mapping[str, Any]) -> None:
        found = put_into(self.table, pl.DataFrame([row]), "task", "seed", how="diagonal")
        write_table(found, self.table, metadata(**machine(), **self.facts))


def _task(setting: Setting, seed: int, loss: Any) -> Task:
    """Return what is trained: the network with clips of S levels, by the loss."""
    images, labels = setting.load("train", seed)
    torch.manual_seed(seed)
    drawn = setting.model()
    first = torch.from_numpy(np.array(images[:_CALIBRATION])).float() / 255
    model = with_thresholds(restructure(drawn, calibration=first, levels=WINDOW), setting.reach)
    return Task(model, images, labels, setting.mean, setting.std, data=setting.data, loss=loss)


def _options(setting: Setting, seed: int, **more: Any) -> TTRBROptions:
    fields = {name: getattr(setting, name) for name in ("epochs", "rate", "batch_size", "validation")}
    return TTRBROptions(keep="last", seed=seed, **fields, **setting.augmentation, **more)


def _spiking(setting: Setting, seed: int, model: Any) -> tuple[Network, Network]:
    """Return the ANN, and the network of FirstSpike neurons with weights of 8 bits that it is."""
    images, _ = setting.load("train", seed)
    ann = trained_network(model, images.shape[1:], mean=setting.mean, std=setting.std)
    made = convert(ann, images[:_CALIBRATION], "trained", window=WINDOW, compare=False).network
    return ann, round_weights(made)


def first_spikes(scores: NDArray[np.floating], labels: NDArray[np.int64]) -> dict[str, float]:
    """Count one winner a sample: the earliest output spike, of equal times the larger potential; a sample without an output spike is wrong.

    Examples
    --------
    >>> first_spikes(np.array([[0.51, 0.5], [0.5, 0.2], [0.01, 0.0]]), np.array([0, 1, 0]))
    {'accuracy': 0.3333333333333333, 'silent': 0.3333333333333333, 'ties': 0.3333333333333333}
    """
    steps = np.sort(_steps(scores), axis=1)
    spoken = steps[:, 0] < WINDOW
    return {
        "accuracy": float(np.mean((scores.argmax(axis=1) == labels) & spoken)),
        "silent": float(np.mean(~spoken)),
        "ties": float(np.mean(spoken & (steps[:, 0] == steps[:, 1]))),
    }


def first_step(setting: Setting, seed: int, spiking: Network) -> float:
    """Return the mean step of the earliest output spike in the output's window, S for none, on the images held out; int8."""
    images, _ = setting.load("train", seed)
    result = run(spiking, images[-setting.validation :], precision="int8", threads=1)
    return float(_steps(result.scores[0]).min(axis=1).mean())


def _steps(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray((WINDOW - np.floor(WINDOW * scores + 0.5)).clip(0, WINDOW))


def _measured(setting: Setting, seed: int, ann: Network, spiking: Network) -> dict[str, Any]:
    """Run the test split in int8, once."""
    x, labels = setting.load("test", seed)
    result = run(spiking, x, labels=labels, precision="int8", threads=1)
    return {
        "window": WINDOW,
        "samples": result.samples,
        **first_spikes(result.scores[0], labels),
        "spikes_per_neuron": float(result.activity.spikes_per_neuron[0]),
        "synops": float(result.activity.effective_acs[0]),
        "ann_macs": ann_macs(ann),
        "latency": window_timing(spiking).steps,
    }


def _tell(row: Mapping[str, Any]) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "seconds")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)
