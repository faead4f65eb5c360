"""What networks trained with S levels are right in as single spikes in windows of S steps, beside the untouched ANN.

    PYSNN_DATA=... python -m benchmarks.experiments.first_spike_trained TRIAL          trains; stopped, it goes on from its checkpoint
    PYSNN_DATA=... python -m benchmarks.experiments.first_spike_trained TRIAL --save   then looks at the test split, once, and writes the row

Needs PyTorch. All start from the pretrained networks, or from where another trial ended, with a threshold per channel, and learn nine tenths of
their loss from the answers (temperature 4) of the untouched network, or from the mean of its and another's. The last epoch counts. Rates and
epochs were set beforehand; the last 5,000 training images are watched.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import data_folder, machine, put_into
from benchmarks.experiments.first_spike_windows import NETWORKS, TRAINED, measured, read_ann, test_images
from pysnn.files.settings import Settings
from pysnn.finetune.trained_models import Recipe, save_trained
from pysnn.finetune.ttrbr import TTRBROptions, train
from pysnn.progress import Progress
from pysnn.tables import metadata, write_table

__all__ = ["TRIALS", "Trial"]

WORK = Path(__file__).parents[1] / "results" / "first_spike_trained"


@dataclass(frozen=True)
class Trial:
    """One training: of which network of :data:`NETWORKS`, with how many levels, for how long and from which rate.

    ``start`` names the trial whose weights it starts from, ``beside`` a second pretrained network that teaches.
    """

    network: str
    window: int
    epochs: int
    rate: float
    start: str = ""
    beside: str = ""

    @property
    def epochs_in_all(self) -> int:
        """Epochs, those of the trials that it goes on from among them."""
        return self.epochs + (TRIALS[self.start].epochs_in_all if self.start else 0)

    def options(self, **more: Any) -> TTRBROptions:
        """Return the options of the training."""
        return TTRBROptions(epochs=self.epochs, rate=self.rate, distillation=0.9, temperature=4.0, keep="last", **more)

    def recipe(self, work: Path) -> Recipe:
        """Return what is trained, on what; ``work`` is the folder of the checkpoints."""
        start = work / f"{self.start}.checkpoint.npz" if self.start else None
        teachers = (_pretrained(self.network), _pretrained(self.beside)) if self.beside else ()
        model, data = _pretrained(self.network), f"cifar10:{data_folder()}/cifar10"
        return Recipe(data, model, window=self.window, per_channel=True, start=start, teachers=teachers)


def _pretrained(network: str) -> str:
    return f"{network}:{data_folder()}/pretrained/{NETWORKS[network].file}"


TRIALS = {
    "resnet20-s16": Trial("resnet20", 16, 3, 0.01),
    "resnet20-s8": Trial("resnet20", 8, 4, 0.02),
    "resnet20-s4": Trial("resnet20", 4, 10, 0.04),
    "resnet20-s4-24": Trial("resnet20", 4, 24, 0.04),
    "resnet110-s16": Trial("resnet110", 16, 2, 0.005),
    "resnet110-s16-10": Trial("resnet110", 16, 10, 0.02),
    "resnet110-s16-18": Trial("resnet110", 16, 8, 0.02, start="resnet110-s16-10", beside="resnet56"),
    "vgg11-s4": Trial("vgg11", 4, 2, 0.005),
    "vgg11-s8": Trial("vgg11", 8, 1, 0.002),
}
"""Trainings by name."""


def _tell(row: Mapping[str, Any]) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "seconds")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)


def _trained(name: str, work: Path, threads: int) -> tuple[Any, dict[str, Any]]:
    """Train, and return the spiking network, its weights rounded to 8 bits, and what is to be said of the training."""
    trial = TRIALS[name]
    with Progress(name, seconds=60) as progress:
        options = trial.options(
            checkpoint=work / f"{name}.checkpoint.npz", threads=threads, progress=progress, report=_tell
        )
        training = trial.recipe(work).prepare(options)
        trained = train(training.task, options)
    last = trained.history.row(-1, named=True)
    facts: dict[str, str | int | float] = {"trial": name, "training.options": options.identity()}
    conversion = save_trained(work / f"{name}.psnn", training, trained, Settings(precision="int8"), facts)
    said = {
        "epochs": trial.epochs_in_all,
        "rate": trial.rate,
        "seed": options.seed,
        "validation_accuracy": last["validation_accuracy"],
        "training_seconds": float(trained.history["seconds"].sum()),
    }
    return conversion.network, said


def main() -> None:
    """Train, and with ``--save`` measure on the test split and keep the row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
    parser.add_argument("--save", action="store_true", help="look at the test split, and write the row")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    spiking, said = _trained(given.trial, given.work, given.threads)
    if not given.save:
        return
    name = TRIALS[given.trial].network
    row = {"trial": given.trial, **measured(name, read_ann(name), spiking, test_images(name)), **said}
    print(row)
    write_table(put_into(TRAINED, pl.DataFrame([row]), "trial"), TRAINED, metadata(**machine()))


if __name__ == "__main__":
    main()
