"""Which conversion serves the comparison: methods on training images, 500 to calibrate with and 1,000 others to look at."""

import argparse
from typing import Any

from benchmarks.common import data_folder, report
from benchmarks.intervals import accuracy_cell
from benchmarks.peers.networks import CALIBRATION, METHOD, NETWORKS, read_source
from pysnn import run
from pysnn.convert import ann_accuracy, convert
from pysnn.datasets.cifar import load_cifar10

__all__ = ["main"]

HELD_OUT = 1000
STEPS = (4, 8, 16, 32)

METHODS: tuple[dict[str, Any], ...] = (
    {"method": "percentile", "per_channel": True},
    {"method": "percentile", "per_channel": True, "percentile": 99.0},
    {"method": "ltb", "per_channel": True},
    {"method": "ltb"},
    {"method": "error-min", "per_channel": True, "steps": 16},
    METHOD,
)


def main() -> None:
    """Convert, run in int8 and print; with ``--test`` the chosen method alone, on the test images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_peers_methods.parquet")
    parser.add_argument("--network", nargs="+", choices=tuple(NETWORKS), default=tuple(NETWORKS))
    parser.add_argument("--test", action="store_true", help="the chosen method alone, on the whole test split")
    given = parser.parse_args()
    folder = data_folder() / "cifar10"
    images, labels = load_cifar10(folder, "train", CALIBRATION + HELD_OUT)
    calibration, images, labels = images[:CALIBRATION], images[CALIBRATION:], labels[CALIBRATION:]
    if given.test:
        images, labels = load_cifar10(folder, "test")
    rows = []
    for name in given.network:
        ann = read_source(name)
        accuracy = ann_accuracy(ann, images, labels)
        for method in [METHOD] if given.test else METHODS:
            result = run(
                convert(ann, calibration, **method).network, images, steps=STEPS, labels=labels, precision="int8"
            )
            spikes = result.table()["spikes_per_neuron"]
            count = len(images)
            row = {
                "network": name,
                "conversion": str(method),
                "images": count,
                "ANN, %": accuracy_cell(accuracy, count),
            }
            for steps, found, total in zip(STEPS, result.accuracy, spikes, strict=True):
                row |= {
                    f"T = {steps}, %": accuracy_cell(float(found), count),
                    f"spikes a neuron and step, T = {steps}": total / steps,
                }
            rows.append(row)
            print(row, flush=True)
    report("peers_methods", rows, save=given.save, split="test" if given.test else "train")


if __name__ == "__main__":
    main()
