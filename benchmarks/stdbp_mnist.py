"""STDBP on MNIST, 784-800-10, counted strictly: three seeds, settings chosen on the last 5,000 training images.

The test images are looked at once, after training. ``PYSNN_DATA`` names the folder with mnist/.
"""

import statistics
import sys
from dataclasses import asdict
from typing import Any

from benchmarks.common import report, results_option
from benchmarks.mnist import load_mnist
from pysnn.first_spike import Dense, FirstSpikeNetwork, evaluate
from pysnn.learn import STDBP, TrainingOptions, train

SEEDS = (0, 1, 2)
RULE = STDBP(tau=0.05, min_slope=0.1)
HIDDEN = Dense(units=800, gain=12, spread=1.4)
OUTPUT = Dense(units=10, gain=8, spread=1.4)
OPTIONS = {"epochs": 20, "batch_size": 128, "rate": 2e-3, "weight_decay": 0.1, "validation": 5000}


def main() -> None:
    """Train, count, print, and keep the table if asked to."""
    save = results_option("STDBP on MNIST")
    train_part, test_part = load_mnist("train"), load_mnist("test")
    rows: list[dict[str, Any]] = []
    for seed in SEEDS:
        start = FirstSpikeNetwork.draw((784,), [HIDDEN, OUTPUT], seed=seed)
        options = TrainingOptions(seed=seed, report=_tell, **OPTIONS)  # type: ignore[arg-type]
        trained = train(start, RULE, train_part, options)
        chosen = trained.history.row(trained.epoch - 1, named=True)
        found = asdict(evaluate(trained.network, *test_part))
        rows.append(
            {"seed": seed, "epoch": trained.epoch, "validation_accuracy": chosen["validation_accuracy"], **found}
        )
        print(f"seed {seed}: test accuracy {found['accuracy']:.4f}", file=sys.stderr)
    accuracies = [row["accuracy"] for row in rows]
    spread = {"mean": statistics.mean(accuracies), "spread": max(accuracies) - min(accuracies)}
    report(
        "stdbp_mnist", rows, save=save, rule=repr(RULE), options=repr(OPTIONS), layers=repr([HIDDEN, OUTPUT]), **spread
    )


def _tell(row: Any) -> None:
    names = ("loss", "accuracy", "validation_accuracy", "dead", "spikes_per_neuron", "decision_time")
    print(f"epoch {row['epoch']}:", *(f"{name} {row[name]:.4f}" for name in names), file=sys.stderr)


if __name__ == "__main__":
    main()
