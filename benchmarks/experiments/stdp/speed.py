"""How long a pass over MNIST's training set takes, beside BindsNET, one thread each.

    python -m benchmarks.experiments.stdp.speed [--images 300] [--python PATH] [--json] [--save]

PATH is a Python with BindsNET (``pip install bindsnet``); without it pysnn is measured alone. All learn the first images of the training set
from their start; 60,000 of them are extrapolated. pysnn takes 700 steps of 0.5 ms an image (and again where there were too few spikes),
BindsNET 250 of 1 ms, as its example does.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import printed, report
from benchmarks.experiments.stdp.diehl_cook import DT, RULES, SECONDS, Images, Learner
from benchmarks.mnist import load_mnist
from pysnn.version import __version__

__all__ = ["measure"]

PEER = Path(__file__).with_name("bindsnet_run.py")
TRAINING_SET = 60_000


def own(rule: str, images: Images) -> dict[str, Any]:
    """Measure pysnn with a rule."""
    learner = Learner(rule, 0)
    begun = time.perf_counter()
    for image in images:
        learner.learn(image)
    taken = time.perf_counter() - begun
    return {"simulator": f"pysnn {__version__}, {rule}", "steps": round(SECONDS / DT), "seconds": taken / len(images)}


def peer(python: str, images: Images) -> dict[str, Any]:
    """Measure BindsNET."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npy"
        np.save(file, images)
        return printed(python, PEER, file)


def measure(images: Images, python: str | None) -> list[dict[str, Any]]:
    """Return a row a simulator."""
    rows = [own(rule, images) for rule in RULES]
    if python:
        rows.append(peer(python, images))
    return [
        {**row, "images": len(images), "minutes of 60,000 images": row["seconds"] * TRAINING_SET / 60} for row in rows
    ]


def main() -> None:
    """Measure, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--python")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_stdp_diehl_cook.parquet")
    options = parser.parse_args()
    rows = measure(load_mnist("train")[0][: options.images], options.python)
    if options.json:
        print(json.dumps({"rows": rows}))
    else:
        report("stdp_diehl_cook", rows, save=options.save)


if __name__ == "__main__":
    main()
