"""Accuracy of very deep networks that were trained for few time-steps: one command a training.

    python -m benchmarks.experiments.ttrbr TRIAL               trains, and shows accuracies on the last 5,000 training images
    python -m benchmarks.experiments.ttrbr TRIAL --test        looks at the test split, once, and writes the table
    python -m benchmarks.experiments.ttrbr TRIAL --test --save keeps the spiking network too
    python -m benchmarks.experiments.ttrbr_page                writes docs/ttrbr_results.md from the tables

Needs PyTorch. A training that was stopped goes on from its checkpoint, which lies in the work folder; one that is finished is not repeated.
"""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import data_folder, machine
from benchmarks.experiments.ttrbr_trials import NETWORKS, TRIALS, Trial
from pysnn import Simulator
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.settings import Settings
from pysnn.finetune.trained_models import TorchModel, normalised, save_trained
from pysnn.finetune.ttrbr import Trained, TTRBROptions, train
from pysnn.progress import Progress
from pysnn.tables import metadata, write_table

__all__ = ["STEPS", "TABLES", "options_of"]

HERE = Path(__file__).parents[1]
TABLES, WORK = HERE / "tables", HERE / "results" / "ttrbr"
STEPS = (1, 2, 4, 8, 16, 32)

_BATCH = 250
_SHOWN = ["trial", "split", "steps", "accuracy", "ann_accuracy", "spikes_per_neuron", "synops", "ms_per_sample"]


def options_of(trial: Trial, **more: Any) -> TTRBROptions:
    """Return a trial's options."""
    return replace(TTRBROptions(**trial.options), **more)


def _trained(name: str, given: argparse.Namespace) -> tuple[Any, Trained, TTRBROptions]:
    trial = TRIALS[name]
    with Progress("train", seconds=60) as progress:
        options = options_of(
            trial,
            checkpoint=given.work / f"{name}.checkpoint.npz",
            threads=given.threads,
            progress=progress,
            report=_tell,
        )
        training = trial.recipe(given.work).prepare(options)
        return training, train(training.task, options), options


def _tell(row: Any) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "threshold_mean", "seconds")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)


def _held(training: Any, options: TTRBROptions) -> tuple[Any, Any]:
    cut = len(training.task.labels) - (options.validation or TTRBROptions().validation)
    rows = np.arange(cut, len(training.task.labels))
    return training.task.images[rows], training.task.labels[rows]


def _ann_accuracy(model: Any, source: TorchModel, data: tuple[Any, Any]) -> float:
    """Accuracy of the trained network as an ANN, with its clips, in float32."""
    import torch

    correct = 0
    with torch.no_grad():
        for images, labels in _parts(*data):
            scores = model(normalised(images, source))
            correct += int((scores.argmax(1).numpy() == labels).sum())
    return correct / len(data[1])


def _parts(images: Any, labels: Any) -> Iterator[tuple[Any, Any]]:
    for first in range(0, len(labels), _BATCH):
        rows = slice(first, first + _BATCH)
        yield images[rows], labels[rows]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="accuracy of networks that were trained for few time-steps")
    parser.add_argument("trial", choices=TRIALS)
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="of PyTorch; 0: its own choice")
    parser.add_argument("--limit", type=int, default=None, help="measure on so many samples (not with --test)")
    parser.add_argument("--test", action="store_true", help="look at the test split, and write the table")
    parser.add_argument("--save", action="store_true", help="with --test: keep the spiking network")
    return parser.parse_args()


def main() -> None:
    """Train, convert, measure, print, and keep the table and the network if asked to."""
    given = _arguments()
    if given.test and given.limit:
        sys.exit("--test takes the whole split")
    given.work.mkdir(parents=True, exist_ok=True)
    training, trained, options = _trained(given.trial, given)
    trial = TRIALS[given.trial]
    settings = Settings(steps=options.steps or trial.potentials or 8, precision=trial.precision)
    facts: dict[str, str | int | float] = {
        "trial": given.trial,
        "seed": options.seed,
        "training.steps": options.steps or 0,
        "training.options": options.identity(),
    }
    target = NETWORKS if given.test and given.save else given.work
    target.mkdir(parents=True, exist_ok=True)
    conversion = save_trained(target / f"{given.trial}.psnn", training, trained, settings, facts)
    data = load_cifar10(data_folder() / "cifar10", "test") if given.test else _held(training, options)
    images, labels = data[0][: given.limit], data[1][: given.limit]
    threads = given.threads or None
    result = Simulator(conversion.network, precision=trial.precision, threads=threads).run(
        images, steps=STEPS, labels=labels
    )
    ann = _ann_accuracy(trained.model, training.source, (images, labels))
    known = {
        "trial": given.trial,
        "model": trial.model,
        "block": trial.block,
        "title": trial.title,
        "split": "test" if given.test else "training",
        "training_steps": options.steps or 0,
        "epochs": options.epochs,
        "epoch": trained.epoch,
        "validation_accuracy": max(trained.history["validation_accuracy"], default=math.nan),
        "training_seconds": float(trained.history["seconds"].sum()),
    }
    frame = result.table(ann_accuracy=ann).with_columns(pl.lit(value).alias(key) for key, value in known.items())
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, tbl_hide_dataframe_shape=True):
        print(frame.select(_SHOWN))
    if given.test:
        meta = metadata(benchmark="ttrbr", options=options.identity(), seed=options.seed, **machine())
        print("written:", write_table(frame, TABLES / f"ttrbr_{given.trial}.parquet", meta), file=sys.stderr)


if __name__ == "__main__":
    main()
