"""Claim: a training step of pysnn's STDBP beside surrogate-gradient training, and the time to 97 %: 784-800-10, batch 128, MNIST.

SpikingJelly and snnTorch: two layers of LIF neurons, T = 16, the image as a constant current, mean spike count and
cross-entropy, Adam, back-propagation through time. pysnn: one spike a neuron, backward and Adam included. The networks are of the same
size and see the same images; they are different algorithms, so only times are compared, and each loss has to fall. So does the ANN's. Then each trains
from the start until 97 % of the last 5,000 training images are right (one thread; the looks at them are not counted).
"""

import argparse
import json
import statistics
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import report
from benchmarks.mnist import load_mnist
from benchmarks.peers.measure import FOLDER
from benchmarks.peers.processes import Program, Worker
from benchmarks.peers.until import GOAL
from pysnn.processors import usable_threads

__all__ = ["TRAINERS", "main"]

STEPS = 16
BATCH = 128
BATCHES = 50
ROUNDS = 15

TRAINERS = {
    "pysnn STDBP": Program("train_pysnn", "engine", "ours"),
    "SpikingJelly": Program("train_torch", "spikingjelly", "training"),
    "snnTorch": Program("train_torch", "snntorch", "training"),
    "PyTorch, ReLU": Program("train_torch", "relu", "training"),
}
"""Programs that make a step a run."""

UNTIL = {
    "pysnn STDBP": Program("until", "stdbp", "ours"),
    "SpikingJelly": Program("until", "spikingjelly", "training"),
    "snnTorch": Program("until", "snntorch", "training"),
}
"""Programs that train until they are good enough."""


def main() -> None:
    """Run a step of each in turn, with one thread and with two."""
    parser = argparse.ArgumentParser(description="training steps beside surrogate gradients")
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_peers_training.parquet")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the images are put for the programs")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    _export(given.folder)
    rows: list[dict[str, Any]] = []
    for threads in (1, 2):
        if threads <= usable_threads():
            rows += _measured(threads, given.folder, given.rounds)
    report("peers_training", rows, save=given.save, steps=STEPS, batch=BATCH)
    report("peers_until", _until(given.folder), save=given.save, steps=STEPS, batch=BATCH, goal=GOAL)
    if not all(row["loss_falls"] for row in rows):
        sys.exit("a loss did not fall: these are no training steps")


def _export(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = load_mnist("train")
    pixels = np.rint(images * 255).astype(np.uint8)
    np.savez(folder / "mnist-images.npz", x=pixels[: BATCH * BATCHES], y=labels[: BATCH * BATCHES])
    np.savez(folder / "mnist-all-images.npz", x=pixels, y=labels)


def _measured(threads: int, folder: Path, rounds: int) -> list[dict[str, Any]]:
    cell = {"folder": str(folder), "network": "mnist", "steps": STEPS, "batch": BATCH * BATCHES}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(name, program, threads)) for name, program in TRAINERS.items()}
        answers = {name: worker.prepare(**cell) for name, worker in workers.items()}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in workers}
        for _ in range(rounds):
            for name, worker in workers.items():
                found[name] += worker.run()
        losses = {name: worker.prepare(**cell)["result"] for name, worker in workers.items()}
    own = statistics.median(wall for wall, _ in found["pysnn STDBP"])
    rows = []
    for name, runs in found.items():
        median = statistics.median(wall for wall, _ in runs)
        busy = sum(wall for wall, _ in runs) / sum(used for _, used in runs)
        times = {"ms": 1e3 * median, "times_pysnn": median / own, "runs": len(runs), "busy": busy}
        falls = losses[name][1] < losses[name][0]
        known = {"setup": answers[name]["setup"], "versions": json.dumps(workers[name].versions)}
        rows.append({"threads": threads, "trainer": name, **times, "loss_falls": falls, **known})
    return rows


def _until(folder: Path) -> list[dict[str, Any]]:
    rows = []
    for name, program in UNTIL.items():
        with Worker(name, program, 1) as worker:
            answer = worker.prepare(folder=str(folder), network="mnist-all", steps=STEPS, batch=None)
        seconds, steps, accuracy = answer["result"]
        rows.append(
            {"trainer": name, "seconds": seconds, "training_steps": int(steps), "validation_accuracy": accuracy}
        )
    return [{**row, "times_pysnn": row["seconds"] / rows[0]["seconds"]} for row in rows]


if __name__ == "__main__":
    main()
