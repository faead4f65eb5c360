"""Deep networks whose shortcuts carry currents, rebuilt so that spikes alone go from layer to layer: accuracy and operations on the test split.

    PYSNN_DATA=... python -m benchmarks.experiments.spike_shortcuts TRIAL --save    # adds rows to benchmarks/tables/spike_shortcuts.parquet

The networks are those that benchmarks.experiments.ttrbr has kept. Units are powers of two: weights of one neuron that come from several layers
differ in an exponent alone.
"""

import argparse
from typing import Any

import polars as pl

from benchmarks.common import TABLES, data_folder, machine, put_into
from benchmarks.experiments.ttrbr_trials import NETWORKS, TRIALS
from pysnn import Simulator
from pysnn.convert import spike_shortcuts
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.psnn import load
from pysnn.progress import Progress
from pysnn.tables import metadata, write_table

__all__ = ["TABLE"]

TABLE = TABLES / "spike_shortcuts.parquet"
STEPS = (2, 4, 8)
COUNTS = ("synops", "rescales", "shifts", "bias_sums")


def rows_of(trial: str, threads: int | None) -> list[dict[str, Any]]:
    """Return a row for each number of steps."""
    network = load(NETWORKS / f"{trial}.psnn").network
    rebuilt = spike_shortcuts(network)
    images, labels = load_cifar10(data_folder() / "cifar10", "test")
    with Progress(trial, seconds=60) as progress:
        simulator = Simulator(rebuilt, precision="int8", units="power_of_two", threads=threads)
        result = simulator.run(images, steps=STEPS, labels=labels, progress=progress)
    same = {
        "trial": trial,
        "samples": len(labels),
        "weights": network.parameters,
        "rebuilt_weights": rebuilt.parameters,
    }
    return [
        {
            **same,
            "steps": steps,
            "accuracy": result.accuracy[at],
            **{field: float(result.total(field)[at]) / len(labels) for field in COUNTS},
        }
        for at, steps in enumerate(STEPS)
    ]


def main() -> None:
    """Run one network over the test split, once, and keep the rows if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trial", choices=[name for name, trial in TRIALS.items() if trial.block == "C"])
    parser.add_argument("--threads", type=int, default=None, help="all cores by default")
    parser.add_argument("--save", action="store_true", help="write the rows into the table")
    given = parser.parse_args()
    found = pl.DataFrame(rows_of(given.trial, given.threads))
    print(found)
    if given.save:
        write_table(put_into(TABLE, found, "trial"), TABLE, metadata(**machine()))


if __name__ == "__main__":
    main()
