"""Accuracy of first-spike networks, counted strictly, with what a decision costs: one command a task.

    python -m benchmarks.experiments.first_spike_accuracy TASK               trains all seeds, shows what they do on validation samples
    python -m benchmarks.experiments.first_spike_accuracy TASK --minutes 20  stops after so long; the same command goes on from there
    python -m benchmarks.experiments.first_spike_accuracy TASK --test        looks at the test split, once, and writes the table
    python -m benchmarks.experiments.first_spike_accuracy TASK --test --save keeps the network that was best on validation samples too
    python -m benchmarks.experiments.first_spike_page                        writes docs/first_spike_results.md from the tables

A finished training is not repeated: its checkpoint lies in the work folder.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import machine
from benchmarks.experiments.first_spike_tasks import TASKS, Data, Task, load
from pysnn.files.first_spike import save
from pysnn.files.first_spike_golden import make_spike_golden
from pysnn.first_spike import FirstSpikeNetwork, evaluate, round_weights
from pysnn.first_spike.learn import Trained, TrainingOptions, train
from pysnn.tables import metadata, write_table

__all__ = ["NETWORKS", "TABLES", "run"]

HERE = Path(__file__).parents[1]
TABLES, NETWORKS, WORK = HERE / "tables", HERE / "networks", HERE / "results" / "first_spike"

_BATCHES_A_CHECKPOINT = 100
_GOLDEN_SAMPLES = 2
_SHOWN = ["seed", "split", "samples", "epoch", "validation_accuracy", "accuracy", "accuracy_int8", "silent", "ties"]
_SHOWN += ["decision_time_mean", "spikes_per_neuron", "additions_decision", "additions_end", "dense_macs", "dead"]


class _OutOfTimeError(Exception):
    """The time given is over; the checkpoint has what was done."""


def run(task: Task, seed: int, options: TrainingOptions) -> tuple[Trained, Data]:
    """Train for one seed; give what came of it, and the samples that chose."""
    images, labels = load(task, "train", seed)
    start = task.network(seed, images.shape[1:])
    trained = train(start, task.rule, (images, labels), replace(options, seed=seed, **task.options))
    cut = len(labels) - task.options["validation"]
    return trained, (images[cut:], labels[cut:])


def _row(task: str, seed: int, trained: Trained, data: Data, *, split: str) -> dict[str, Any]:
    chosen = trained.history.row(trained.epoch - 1, named=True)
    rounded = evaluate(round_weights(trained.network), *data)
    return {
        "task": task,
        "seed": seed,
        "split": split,
        "epoch": trained.epoch,
        "validation_accuracy": chosen["validation_accuracy"],
        "training_seconds": trained.history["seconds"].sum(),
        **evaluate(trained.network, *data).row(),
        "accuracy_int8": rounded.accuracy,
    }


def _keep(name: str, row: dict[str, Any], network: FirstSpikeNetwork, data: Data) -> Path:
    """Write the network, with weights of 8 bits."""
    facts = {key: row[key] for key in ("task", "seed", "epoch", "validation_accuracy", "accuracy_int8")}
    rounded = round_weights(network)
    golden = make_spike_golden(rounded, data[0][:_GOLDEN_SAMPLES])
    NETWORKS.mkdir(exist_ok=True)
    return save(NETWORKS / f"{name}.psnn", rounded, provenance={**facts, "rule": repr(TASKS[name].rule)}, golden=golden)


def _stop_at(end: float, epochs: int) -> Any:
    def progress(done: int, total: int) -> None:
        # Behind a checkpoint, so that hardly anything is done twice.
        if time.monotonic() > end and (done - 1) % (total // epochs) % _BATCHES_A_CHECKPOINT == 0:
            raise _OutOfTimeError

    return progress


def _tell(row: Any) -> None:
    names = (
        "loss",
        "accuracy",
        "validation_accuracy",
        "dead",
        "spikes_per_neuron",
        "decision_time",
        "silent",
        "seconds",
    )
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="accuracy of first-spike networks")
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--seeds", help="only these, as 0,1")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="look at the test split, and write the table")
    parser.add_argument(
        "--save",
        action="store_true",
        help="with --test: keep the network of the seed that was best on validation samples",
    )
    return parser.parse_args()


def main() -> None:
    """Train, count, print, and keep the table and a network if asked to."""
    given = _arguments()
    task = TASKS[given.task]
    seeds = task.seeds if given.seeds is None else tuple(int(seed) for seed in given.seeds.split(","))
    if given.test and seeds != task.seeds:
        sys.exit("--test takes all seeds: none may be left out")
    given.work.mkdir(parents=True, exist_ok=True)
    progress = _stop_at(time.monotonic() + 60 * given.minutes, task.options["epochs"])
    rows, networks = [], []
    for seed in seeds:
        options = TrainingOptions(
            threads=given.threads,
            checkpoint=given.work / f"{given.task}-{seed}.checkpoint",
            checkpoint_batches=_BATCHES_A_CHECKPOINT,
            progress=progress,
            report=_tell,
        )
        try:
            trained, held = run(task, seed, options)
        except _OutOfTimeError:
            print(f"{given.task}, seed {seed}: out of time; the same command goes on from here", file=sys.stderr)
            return
        data = load(task, "test", seed) if given.test else held
        rows.append(_row(given.task, seed, trained, data, split="test" if given.test else "validation"))
        networks.append((rows[-1], trained.network, data))
    frame = pl.DataFrame(rows)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=200, tbl_hide_dataframe_shape=True):
        print(frame.select(_SHOWN))
    if given.test:
        known = {"rule": repr(task.rule), "options": repr(dict(task.options)), "layers": repr(task.layers)}
        meta = metadata(benchmark="first_spike_accuracy", **machine(), **known)
        print("written:", write_table(frame, TABLES / f"first_spike_{given.task}.parquet", meta), file=sys.stderr)
        if given.save:
            best = max(networks, key=lambda one: one[0]["validation_accuracy"])
            print("written:", _keep(given.task, *best), file=sys.stderr)


if __name__ == "__main__":
    main()
