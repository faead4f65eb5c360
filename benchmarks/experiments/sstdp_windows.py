"""SSTDP's targets on constant-slope neurons: networks that learn from random weights by them alone.

    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows TASK SEED          trains; stopped, it goes on from its checkpoint
    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows TASK SEED --save   then looks at the test split, once, and writes the row

Tasks are CIFAR-10 with seven convolutions, and MNIST with 784-800-10. Needs PyTorch. Every neuron spikes once at most, at a whole step of its layer's
window of 16. The loss is that of SSTDP (Liu et al. 2021, Eqs 4-6) on the times of the output neurons, in windows; there is no cross-entropy, in no
phase. It goes back through constant slopes, ``dt_j/dt_i = w_ij / theta_j``, with whole steps passed straight through. So these are SSTDP's targets,
and not its kernel (Eqs 7-9). Batch normalisation is folded into the weights behind the training. The rate was chosen of two, with and without
a limit of gradients, by a narrower network on 500 of the first 3,000 training images; gap and epochs were set beforehand. The last epoch counts,
and the last 5,000 training images are watched.
"""

import argparse
import itertools
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

from benchmarks.common import data_folder, machine
from benchmarks.experiments.first_spike_windows import SSTDP
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

__all__ = ["SETTINGS", "Targets", "seven_convolutions", "with_thresholds"]

WORK = Path(__file__).parents[1] / "results" / "sstdp_windows"
WINDOW, RATE = 16, 0.1
_CALIBRATION = 512


@dataclass(frozen=True)
class Targets:
    """Loss of SSTDP on scores in windows: an output neuron with potential u spikes at step ``t = S - floor(S u + 1/2)``, from 0 to S, which is silent.

    With the mean m of the n neurons that spike (all, at S, where none does) and the gap D (Eqs 4, 5): the label's target is ``min(t, m - (n-1)/n D)``, the
    others' ``max(t, m + D/n)``, within 0 .. S; ``E = 1/2 sum_j ((t_j - T_j) / S)^2`` (Eq 6), the mean over samples. Whole steps are passed straight through.

    Examples
    --------
    >>> float(Targets(window=4, gap=2.0)(torch.tensor([[1.0, 0.5]]), torch.tensor([0])))
    0.0
    >>> float(Targets(window=4, gap=2.0)(torch.tensor([[0.5, 0.5]]), torch.tensor([0])))
    0.0625
    """

    window: int = WINDOW
    gap: float = 10.0

    def __call__(self, scores: Any, labels: Any) -> Any:
        """Return the loss of a batch, scores ``(batch, classes)``."""
        steps = self.window
        exact = steps * (1 - scores)
        whole = (steps - torch.floor(steps * scores.detach() + 0.5)).clamp(0, steps)
        fired = whole < steps
        fired |= ~fired.any(1, keepdim=True)
        count = fired.sum(1, keepdim=True).to(scores.dtype)
        mean = (whole * fired).sum(1, keepdim=True) / count
        early = torch.minimum(whole, mean - (count - 1) / count * self.gap)
        late = torch.maximum(whole, mean + self.gap / count)
        is_label = nn.functional.one_hot(labels, scores.shape[1]) > 0
        targets = torch.where(is_label, early, late).clamp(0, steps)
        times = exact + (whole - exact).detach()
        return (((times - targets) / steps) ** 2).sum(1).mean() / 2


def _layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def _times(inputs: int) -> list[nn.Module]:
    """Return the output neurons, which spike around the middle of their window at first."""
    times = nn.BatchNorm1d(10)
    nn.init.constant_(times.weight, 0.25)
    nn.init.constant_(times.bias, 0.5)
    return [nn.Linear(inputs, 10, bias=False), times]


def seven_convolutions(widths: tuple[int, int, int, int] = (32, 64, 128, 256)) -> Any:
    """Return seven convolutions with ReLUs and a linear layer, all normalised, and four max-pools."""
    layers = _layer(3, widths[0])
    for inputs, outputs in itertools.pairwise(widths):
        layers += [*_layer(inputs, outputs), nn.MaxPool2d(2), *_layer(outputs, outputs)]
    return nn.Sequential(*layers, nn.MaxPool2d(4), nn.Flatten(), *_times(widths[-1])).eval()


def dense() -> Any:
    """Return 784-800-10; the input has a window of its own."""
    hidden = [nn.Linear(784, 800, bias=False), nn.BatchNorm1d(800), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), nn.ReLU(), *hidden, *_times(800)).eval()


@dataclass(frozen=True)
class Setting:
    """One task: data and how they are distorted, the network before it is drawn, and how long it trains."""

    data: str
    model: Callable[[], Any]
    epochs: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    reach: tuple[float, ...]
    augmentation: Mapping[str, Any]

    def load(self, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Return images ``(samples, C, H, W)`` and labels."""
        images, labels = (load_cifar10 if self.data == "cifar10" else load_idx)(data_folder() / self.data, split)
        return np.ascontiguousarray(images), labels


SETTINGS = {
    "cifar10": Setting(
        "cifar10",
        seven_convolutions,
        30,
        (0.4914, 0.4822, 0.4465),
        (0.2470, 0.2435, 0.2616),
        (3.0,) * 7,
        {"crop": 4, "flip": True},
    ),
    "mnist": Setting("mnist", dense, 30, (0.0,), (1.0,), (1.0, 3.0), {"crop": 2, "flip": False}),
}
"""Tasks by name; ``reach``: what the neurons of each layer can stand for."""


def with_thresholds(model: Any, reach: Sequence[float]) -> Any:
    """Return a model whose neurons stand for 0 .. reach, which stays: batch normalisation before them has a mean and a width that are trained."""
    clips = [module for module in model.modules() if isinstance(module, TrainableClip)]
    for clip, value in zip(clips, reach, strict=True):
        clip.threshold.requires_grad_(False).fill_(value)
    return model


def _task(setting: Setting, seed: int) -> Task:
    """Return what is trained: the network with clips of S levels, by the targets."""
    images, labels = setting.load("train")
    torch.manual_seed(seed)
    drawn = setting.model()
    first = torch.from_numpy(np.array(images[:_CALIBRATION])).float() / 255
    model = with_thresholds(restructure(drawn, calibration=first, levels=WINDOW), setting.reach)
    return Task(model, images, labels, setting.mean, setting.std, data=setting.data, loss=Targets())


def _options(setting: Setting, seed: int, **more: Any) -> TTRBROptions:
    return TTRBROptions(epochs=setting.epochs, rate=RATE, keep="last", seed=seed, **setting.augmentation, **more)


def _spiking(setting: Setting, model: Any) -> tuple[Network, Network]:
    """Return the ANN, and the network of FirstSpike neurons with weights of 8 bits that it is."""
    images, _ = setting.load("train")
    ann = trained_network(model, images.shape[1:], mean=setting.mean, std=setting.std)
    made = convert(ann, images[:_CALIBRATION], "trained", window=WINDOW, compare=False).network
    return ann, round_weights(made)


def _measured(setting: Setting, ann: Network, spiking: Network) -> dict[str, Any]:
    """Run the test split in int8; the first output spike decides, of equal times the larger potential, and none at all is wrong."""
    x, labels = setting.load("test")
    result = run(spiking, x, labels=labels, precision="int8", threads=1)
    steps = np.sort((WINDOW - np.floor(WINDOW * result.scores[0] + 0.5)).clip(0, WINDOW), axis=1)
    spoken = steps[:, 0] < WINDOW
    return {
        "window": WINDOW,
        "samples": result.samples,
        "accuracy": float(np.mean((result.predictions[0] == labels) & spoken)),
        "silent": float(np.mean(~spoken)),
        "ties": float(np.mean(spoken & (steps[:, 0] == steps[:, 1]))),
        "spikes_per_neuron": float(result.activity.spikes_per_neuron[0]),
        "synops": float(result.activity.effective_acs[0]),
        "ann_macs": ann_macs(ann),
        "latency": window_timing(spiking).steps,
    }


def _tell(row: Mapping[str, Any]) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "seconds")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)


def main() -> None:
    """Train, and with ``--save`` measure on the test split and keep the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=SETTINGS)
    parser.add_argument("seed", type=int, help="of first weights and of the order of samples")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
    parser.add_argument("--save", action="store_true", help="look at the test split, and write the row")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    setting, key = SETTINGS[given.task], {"task": given.task, "seed": given.seed}
    file = given.work / f"sstdp-{given.task}-{given.seed}.checkpoint.npz"
    with Progress("sstdp", seconds=60) as progress:
        options = _options(setting, given.seed, checkpoint=file, threads=given.threads, progress=progress, report=_tell)
        trained = train(_task(setting, given.seed), options)
    if not given.save:
        return
    last = trained.history.row(-1, named=True)
    row = {
        **key,
        "epochs": setting.epochs,
        **_measured(setting, *_spiking(setting, trained.model)),
        "validation_accuracy": last["validation_accuracy"],
        "training_seconds": float(trained.history["seconds"].sum()),
    }
    print(row)
    found = pl.DataFrame([row])
    if SSTDP.exists():
        others = pl.read_parquet(SSTDP).filter((pl.col("task") != given.task) | (pl.col("seed") != given.seed))
        found = pl.concat([others, found])
    write_table(found, SSTDP, metadata(**machine(), gap=Targets().gap, rate=RATE))


if __name__ == "__main__":
    main()
