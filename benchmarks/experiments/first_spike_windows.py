"""What pretrained networks are right in as single spikes in windows, without training: whole test splits, int8, beside their ANNs.

    PYSNN_DATA=... python -m benchmarks.experiments.first_spike_windows --save [--fit-weights] [NETWORK ...]

writes benchmarks/tables/first_spike_windows.parquet, network by network, or with weights fitted, for few steps, first_spike_fitted.parquet; without ``--save``
it fills the tables of docs/first_spike_windows.md from them.
Settings (1,024 calibration images, a threshold per channel, threshold and shift together) were chosen on training images mixed with others, where ANNs are
not all right; test images are looked at once.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.common import TABLES, data_folder, machine, put_into
from benchmarks.intervals import accuracy_cell, paired_half_width
from benchmarks.markdown import fill, table
from pysnn import Network, run
from pysnn.ann import ann_macs
from pysnn.convert import ann_pass, convert
from pysnn.convert.folding import fold
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.importers import onnx, resnet_cifar, vgg11_cifar
from pysnn.plan.windows import window_timing
from pysnn.tables import metadata, write_table

__all__ = ["NETWORKS", "PAGE", "SSTDP", "STDBP", "TABLE", "TRAINED", "measured", "page", "read_ann", "test_images"]

TABLE = TABLES / "first_spike_windows.parquet"
FITTED = TABLES / "first_spike_fitted.parquet"
TRAINED = TABLES / "first_spike_trained.parquet"
SSTDP = TABLES / "sstdp_windows.parquet"
STDBP = TABLES / "stdbp_windows.parquet"
PAGE = Path(__file__).parents[2] / "docs" / "first_spike_windows.md"
WINDOWS = (4, 8, 16, 32, 64)
FEW = (4, 8, 16)
CALIBRATION = 1024


@dataclass(frozen=True)
class Case:
    """A network's file and data set."""

    file: str
    read: Callable[[Path], Network]
    data: str = "cifar10"


def _cifar_onnx(path: Path) -> Network:
    return onnx.load(path, mean=[0.4914, 0.4822, 0.4465], std=[0.2470, 0.2435, 0.2616])


def _mnist_onnx(path: Path) -> Network:
    return onnx.load(path, mean=[0.0], std=[1 / 255])


NETWORKS = {
    "mnist-8": Case("mnist-8.onnx", _mnist_onnx, "mnist"),
    "resnet20": Case("resnet20_cifar10.safetensors", resnet_cifar),
    "resnet20-onnx": Case("resnet20_cifar10.onnx", _cifar_onnx),
    "vgg11": Case("vgg11_cifar10.safetensors", vgg11_cifar),
    "resnet56": Case("resnet56_cifar10.safetensors", resnet_cifar),
    "resnet110": Case("resnet110_cifar10.safetensors", resnet_cifar),
}


def page(text: str, file: Path = TABLE) -> str:
    """Return the page with its tables made again."""
    frame = pl.read_parquet(file)
    made = {
        "accuracy": lambda: _accuracies(frame, WINDOWS),
        "fitted": lambda: _accuracies(pl.read_parquet(FITTED), FEW),
        "cost": lambda: _costs(frame),
        "trained": lambda: _trained(frame),
        "sstdp": lambda: _on_times(SSTDP),
        "stdbp": lambda: _on_times(STDBP),
    }
    return fill(text, lambda key: made[key]())


def _accuracies(frame: pl.DataFrame, windows: tuple[int, ...]) -> str:
    head = ["network", "ANN", *(f"S = {window}" for window in windows)]
    rows = []
    for name in NETWORKS:
        own = {row["window"]: row for row in frame.filter(pl.col("network") == name).to_dicts()}
        if own:
            ann = f"{100 * own[windows[0]]['ann_accuracy']:.2f}"
            rows.append([name, ann, *(_beside_ann(row) for row in own.values())])
    return table(head, rows)


def _beside_ann(row: Mapping[str, Any]) -> str:
    return f"{100 * row['accuracy']:.2f} ({100 * row['difference']:+.2f} ± {100 * row['half_width']:.2f})"


def _trained(frame: pl.DataFrame) -> str:
    head = [
        "network",
        "S",
        "ANN",
        "untrained",
        "trained",
        "epochs in all",
        "spikes a neuron",
        "additions by spikes",
        "latency",
    ]
    rows = []
    untrained = {(row["network"], row["window"]): row for row in frame.to_dicts()}
    for row in _known(TRAINED, "network", "window", "epochs"):
        ann, before = f"{100 * row['ann_accuracy']:.2f}", untrained.get((row["network"], row["window"]))
        accuracies = [ann, "" if before is None else _beside_ann(before), _beside_ann(row), str(row["epochs"])]
        counts = [f"{row['spikes_per_neuron']:.3f}", f"{row['synops'] / 1e6:.2f} M", f"{row['latency']} steps"]
        rows.append([row["network"], str(row["window"]), *accuracies, *counts])
    return table(head, rows)


def _on_times(file: Path) -> str:
    """Return the rows of trainings on output spike times, from random weights."""
    head = [
        "task",
        "seed",
        "S",
        "epochs",
        "accuracy",
        "ties",
        "no output spike",
        "spikes a neuron",
        "additions by spikes",
        "MACs of the ANN",
        "latency",
        "first output spike",
        "training",
    ]
    rows = []
    for row in _known(file, "task", "seed"):
        millions = [f"{row[field] / 1e6:.2f} M" for field in ("synops", "ann_macs")]
        shares = [
            accuracy_cell(row["accuracy"], row["samples"]),
            f"{row['ties']:.4f}",
            f"{row['silent']:.4f}",
            f"{row['spikes_per_neuron']:.3f}",
        ]
        start = [str(row[field]) for field in ("task", "seed", "window", "epochs")]
        first = row.get("first_step")
        lengths = [
            f"{row['latency']} steps",
            "" if first is None else f"step {first:.2f}",
            f"{row['training_seconds']:,.0f} s",
        ]
        rows.append([*start, *shares, *millions, *lengths])
    return table(head, rows)


def _known(file: Path, *order: str) -> list[dict[str, Any]]:
    """Return the rows of a table, none where nothing is measured yet."""
    return pl.read_parquet(file).sort(order).to_dicts() if file.exists() else []


def _costs(frame: pl.DataFrame) -> str:
    head = [
        "network",
        "S",
        "spikes a neuron",
        "additions by spikes",
        "additions of slopes and rises",
        "MACs of the ANN",
        "latency",
    ]
    rows = []
    for row in frame.sort("ann_macs", "window").to_dicts():
        latency = f"{row['windows']} windows, {row['latency']} steps"
        millions = [f"{row[field] / 1e6:.2f} M" for field in ("synops", "updates", "ann_macs")]
        rows.append([row["network"], str(row["window"]), f"{row['spikes_per_neuron']:.3f}", *millions, latency])
    return table(head, rows)


def read_ann(name: str) -> Network:
    """Return the ANN of a network of :data:`NETWORKS`, folded."""
    case = NETWORKS[name]
    return fold(case.read(data_folder() / "pretrained" / case.file))


def test_images(name: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the test split that a network is measured on."""
    return _images(name, "test")


def _images(name: str, split: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    data = NETWORKS[name].data
    load = load_cifar10 if data == "cifar10" else load_idx
    x, labels = load(data_folder() / data, split)
    return np.ascontiguousarray(x), labels


def measured(
    name: str, ann: Network, spiking: Network, test: tuple[NDArray[np.uint8], NDArray[np.int64]]
) -> dict[str, Any]:
    """Run a spiking network, int8, on test images beside its ANN, and return the row of the table."""
    x, labels = test
    right = ann_pass(ann, x)[0].argmax(axis=1) == labels
    result = run(spiking, x, labels=labels, precision="int8", threads=1)
    changed = (result.predictions[0] == labels).astype(np.int64) - right
    timing = window_timing(spiking)
    return {
        "network": name,
        "window": timing.window,
        "samples": result.samples,
        "accuracy": result.accuracy[0],
        "ann_accuracy": float(right.mean()),
        "difference": float(changed.mean()),
        "half_width": paired_half_width(changed),
        "spikes_per_neuron": float(result.activity.spikes_per_neuron[0]),
        "synops": float(result.activity.effective_acs[0]),
        "updates": float(result.total("updates")[0] / result.samples),
        "macs": float(result.activity.effective_macs[0]),
        "ann_macs": ann_macs(ann),
        "windows": timing.windows,
        "latency": timing.steps,
    }


def _rows(name: str, *, fitted: bool) -> Iterator[dict[str, Any]]:
    """Convert a network for each window and run the whole test split; ``fitted``: with weights fitted, for few steps."""
    ann, test = read_ann(name), test_images(name)
    images = np.ascontiguousarray(_images(name, "train")[0][:CALIBRATION])
    for window in FEW if fitted else WINDOWS:
        spiking = convert(ann, images, "first-spike", window=window, compare=False, fit_weights=fitted).network
        row = measured(name, ann, spiking, test)
        print(row, flush=True)
        yield row


def main() -> None:
    """Measure and keep, or make the page again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="measure, and write the table")
    parser.add_argument("--fit-weights", action="store_true", help="with --save: fit weights, for few steps")
    parser.add_argument("networks", nargs="*", default=[], metavar="NETWORK", help=", ".join(NETWORKS))
    options = parser.parse_args()
    if not options.save:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        return
    file = FITTED if options.fit_weights else TABLE
    for name in options.networks or NETWORKS:
        found = pl.DataFrame(list(_rows(name, fitted=options.fit_weights)))
        write_table(put_into(file, found, "network"), file, metadata(**machine(), calibration=CALIBRATION))


if __name__ == "__main__":
    main()
