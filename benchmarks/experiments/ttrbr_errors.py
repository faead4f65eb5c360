"""Where ResNet-110 loses what, before and after each measure: the error of every layer in its four parts.

    python -m benchmarks.experiments.ttrbr_errors --save    measures on training images; writes benchmarks/tables/ttrbr_errors.parquet
    python -m benchmarks.experiments.ttrbr_page             draws it, and writes docs/ttrbr_results.md

Needs PyTorch, and the finished trainings of benchmarks.experiments.ttrbr in the work folder.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import data_folder, machine
from benchmarks.experiments.ttrbr import TABLES, WORK, options_of
from benchmarks.experiments.ttrbr_trials import STAGES, TRIALS
from pysnn import Network, Scale
from pysnn.convert import Conversion, convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.finetune.trained_models import trained_network, with_potentials
from pysnn.finetune.ttrbr import train
from pysnn.importers import resnet_cifar
from pysnn.nodes import Pad, Subsample
from pysnn.progress import Progress
from pysnn.tables import metadata, write_table

__all__ = ["STEPS"]

STEPS = (4, 8, 16, 32)
_CALIBRATION = 512
_TRAINING_IMAGES = 45_000
_FITTED_TO = 8


def _conversion(trial: str | None, work: Path, images: Any) -> Conversion:
    if trial is None:
        ann = resnet_cifar(f"{data_folder()}/pretrained/resnet110_cifar10.safetensors")
        return convert(ann, images, "error-min", steps=_FITTED_TO)
    options = options_of(TRIALS[trial], checkpoint=work / f"{trial}.checkpoint.npz")
    training = TRIALS[trial].recipe(work).prepare(options)
    model = train(training.task, options).model
    network = trained_network(model, images.shape[1:], mean=training.task.mean, std=training.task.std)
    conversion = convert(network, images[:4], "trained", steps=_FITTED_TO)
    return replace(conversion, network=with_potentials(conversion.network, model))


def _kinds(network: Network) -> dict[str, str]:
    """Say of each neuron layer where it stands in its block."""
    readers: dict[str, list[str]] = {}
    for source, reader in network.edges:
        readers.setdefault(source, []).append(reader)

    def read_by(name: str) -> set[str]:
        """Return the layers that its spikes come to, with weights or as they are."""
        found: set[str] = set()
        for reader in readers.get(name, []):
            passes = isinstance(network.nodes[reader], Scale | Subsample | Pad)
            found |= read_by(reader) if passes else {reader}
        return found

    def adds(name: str) -> bool:
        """Say whether several layers meet in it, or in what it reads as it is."""
        sources = network.sources[name]
        return len(sources) > 1 or (isinstance(network.nodes[sources[0]], Scale) and adds(sources[0]))

    kinds = {}
    for name in network.neurons:
        only_added = all(reader in network.neurons for reader in read_by(name))
        kinds[name] = "behind the sum" if adds(name) else "end of the branch" if only_added else "in the branch"
    return kinds


def main() -> None:
    """Measure, print, and keep the table if asked to."""
    parser = argparse.ArgumentParser(description="the error of every layer of ResNet-110")
    parser.add_argument("--work", type=Path, default=WORK, help="folder of the checkpoints")
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--save", action="store_true", help="write the table")
    given = parser.parse_args()
    images, _ = load_cifar10(f"{data_folder()}/cifar10", "train")
    held = images[_TRAINING_IMAGES : _TRAINING_IMAGES + given.samples]
    frames = []
    for stage, trial in STAGES.items():
        conversion = _conversion(trial, given.work, images[:_CALIBRATION])
        with Progress(stage) as progress:
            errors = conversion.errors(held, STEPS, progress=progress)
        kind = pl.col("layer").replace_strict(_kinds(conversion.network)).alias("kind")
        frames.append(errors.with_columns(pl.lit(stage).alias("stage"), pl.lit(trial or "").alias("trial"), kind))
    frame = pl.concat(frames)
    shares = [(pl.col(part) / pl.col("signal")).median().alias(part) for part in ("e_p", "e_c", "e_q", "e_d")]
    with pl.Config(tbl_rows=-1, tbl_hide_dataframe_shape=True):
        print(frame.group_by("stage", "steps", maintain_order=True).agg(*shares, pl.median("sigma_per_threshold")))
    if given.save:
        meta = metadata(benchmark="ttrbr_errors", **machine(), samples=given.samples)
        print("written:", write_table(frame, TABLES / "ttrbr_errors.parquet", meta), file=sys.stderr)


if __name__ == "__main__":
    main()
