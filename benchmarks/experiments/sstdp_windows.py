"""SSTDP's targets on constant-slope neurons: a network of seven convolutions that learns CIFAR-10 from random weights by them alone.

    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows SEED          trains; stopped, it goes on from its checkpoint
    PYSNN_DATA=... python -m benchmarks.experiments.sstdp_windows SEED --save   then looks at the test split, once, and writes the row

Needs PyTorch. Every neuron spikes once at most, at a whole step of its layer's window of 16. The loss is that of SSTDP (Liu et al. 2021, Eqs 4-6) on the
times of the output neurons, in windows; there is no cross-entropy, in no phase. It goes back through constant slopes,
``dt_j/dt_i = w_ij / theta_j``, with whole steps passed straight through. So these are SSTDP's targets, and not its kernel (Eqs 7-9).
Batch normalisation is folded into the weights behind the training. Rates, gap and epochs were set beforehand; the last epoch counts, and
the last 5,000 training images are watched.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import nn

from benchmarks.common import data_folder, machine
from benchmarks.experiments.first_spike_windows import SSTDP
from benchmarks.intervals import half_width
from pysnn import Network, run
from pysnn.convert import convert, round_weights
from pysnn.datasets.cifar import load_cifar10
from pysnn.finetune import restructure
from pysnn.finetune.trained_models import trained_network
from pysnn.finetune.ttrbr import Task, TrainableClip, TTRBROptions, train
from pysnn.plan.windows import window_timing
from pysnn.progress import Progress
from pysnn.simulation.result import ann_macs
from pysnn.tables import metadata, write_table

__all__ = ["Targets", "make_model", "with_thresholds"]

WORK = Path(__file__).parents[1] / "results" / "sstdp_windows"
WINDOW, EPOCHS, RATE = 16, 30, 0.1
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
_CALIBRATION = 512
_REACH = 3.0


@dataclass(frozen=True)
class Targets:
    """Loss of SSTDP on scores in windows: an output neuron with potential u spikes at step ``t = S - floor(S u + 1/2)``, at 0 at the earliest.

    The window of the output has no end. With the mean m of the n times and the gap D (Eqs 4, 5): the label's target is ``min(t, m - (n-1)/n D)``, the
    others' ``max(t, m + D/n)``, none before 0; ``E = 1/2 sum_j ((t_j - T_j) / S)^2`` (Eq 6), the mean over samples. Whole steps are passed straight through.

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
        whole = (steps - torch.floor(steps * scores.detach() + 0.5)).clamp(min=0)
        count = scores.shape[1]
        mean = whole.mean(1, keepdim=True)
        early = torch.minimum(whole, mean - (count - 1) / count * self.gap)
        late = torch.maximum(whole, mean + self.gap / count)
        targets = torch.where(nn.functional.one_hot(labels, count) > 0, early, late).clamp(min=0)
        times = exact + (whole - exact).detach()
        return (((times - targets) / steps) ** 2).sum(1).mean() / 2


def _layer(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


def make_model(seed: int, widths: tuple[int, int, int, int] = (32, 64, 128, 256)) -> Any:
    """Return seven convolutions with ReLUs and a linear layer, weights drawn by the seed; a pool behind every second convolution."""
    torch.manual_seed(seed)
    layers = _layer(3, widths[0])
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [*_layer(inputs, outputs), nn.MaxPool2d(2), *_layer(outputs, outputs)]
    linear = nn.Linear(widths[-1], 10)
    # Output neurons start in the middle of their window.
    nn.init.constant_(linear.bias, 0.5)
    return nn.Sequential(*layers, nn.MaxPool2d(4), nn.Flatten(), linear).eval()


def with_thresholds(model: Any) -> Any:
    """Return a model whose neurons stand for 0 .. 3, which stays: batch normalisation before them has a mean and a width that are trained."""
    for module in model.modules():
        if isinstance(module, TrainableClip):
            module.threshold.requires_grad_(False).fill_(_REACH)
    return model


def _task(seed: int) -> Task:
    """Return what is trained: the network with clips of S levels, by the targets."""
    images, labels = load_cifar10(data_folder() / "cifar10", "train")
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, STD))
    first = (torch.from_numpy(np.ascontiguousarray(images[:_CALIBRATION])).float() / 255 - mean) / std
    model = with_thresholds(restructure(make_model(seed), calibration=first, levels=WINDOW))
    return Task(model, images, labels, MEAN, STD, data="cifar10", loss=Targets())


def _options(seed: int, **more: Any) -> TTRBROptions:
    return TTRBROptions(epochs=EPOCHS, rate=RATE, keep="last", seed=seed, **more)


def _spiking(model: Any) -> tuple[Network, Network]:
    """Return the ANN, and the network of FirstSpike neurons with weights of 8 bits that it is."""
    ann = trained_network(model, (3, 32, 32), mean=MEAN, std=STD)
    images, _ = load_cifar10(data_folder() / "cifar10", "train")
    made = convert(
        ann, np.ascontiguousarray(images[:_CALIBRATION]), "trained", window=WINDOW, per_channel=False, compare=False
    ).network
    return ann, round_weights(made)


def _measured(ann: Network, spiking: Network) -> dict[str, Any]:
    """Run the test split in int8; of output neurons that spike at the same step the one with the larger potential counts, and the share of such ties."""
    x, labels = load_cifar10(data_folder() / "cifar10", "test")
    result = run(spiking, np.ascontiguousarray(x), labels=labels, precision="int8", threads=1)
    steps = np.sort(np.maximum(WINDOW - np.floor(WINDOW * result.scores[0] + 0.5), 0), axis=1)
    timing = window_timing(spiking)
    return {
        "window": WINDOW,
        "samples": result.samples,
        "accuracy": result.accuracy[0],
        "half_width": half_width(float(result.accuracy[0]), result.samples),
        "ties": float(np.mean(steps[:, 0] == steps[:, 1])),
        "spikes_per_neuron": float(result.activity.spikes_per_neuron[0]),
        "synops": float(result.activity.effective_acs[0]),
        "ann_macs": ann_macs(ann),
        "latency": timing.steps,
    }


def _tell(row: Mapping[str, Any]) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "seconds")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)


def main() -> None:
    """Train, and with ``--save`` measure on the test split and keep the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int, help="of first weights and of the order of samples")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
    parser.add_argument("--save", action="store_true", help="look at the test split, and write the row")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    with Progress("sstdp", seconds=60) as progress:
        options = _options(
            given.seed,
            checkpoint=given.work / f"sstdp-{given.seed}.checkpoint.npz",
            threads=given.threads,
            progress=progress,
            report=_tell,
        )
        trained = train(_task(given.seed), options)
    if not given.save:
        return
    last = trained.history.row(-1, named=True)
    row = {
        "seed": given.seed,
        "epochs": EPOCHS,
        **_measured(*_spiking(trained.model)),
        "validation_accuracy": last["validation_accuracy"],
        "training_seconds": float(trained.history["seconds"].sum()),
    }
    print(row)
    found = pl.DataFrame([row])
    if SSTDP.exists():
        found = pl.concat([pl.read_parquet(SSTDP).filter(pl.col("seed") != given.seed), found])
    write_table(found, SSTDP, metadata(**machine(), gap=Targets().gap, rate=RATE))


if __name__ == "__main__":
    main()
