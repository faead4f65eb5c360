"""What the ANNs of the result pages need: MACs with padding, without it, and of activations that are not zero.

    python -m benchmarks.experiments.ann_costs --save    # writes benchmarks/tables/ann_costs.parquet

Images are training images, the last 500: counts choose nothing. First-spike networks have no trained ANN of their shape: there zeros of
the input are skipped, and every hidden activation counts.
"""

from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import TABLES, data_folder, machine, results_option
from benchmarks.experiments.first_spike_tasks import TASKS, load
from benchmarks.experiments.ttrbr_trials import NETWORKS
from benchmarks.markdown import table
from benchmarks.peers.networks import clipped
from pysnn.convert.analysis.operations import AnnOperations, ann_operations
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.files import psnn
from pysnn.first_spike.counts import layer_macs
from pysnn.importers import onnx
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.plan.first_spike import WeightLayer
from pysnn.tables import metadata, write_table

__all__ = ["TABLE", "ann_table"]

TABLE = TABLES / "ann_costs.parquet"
IMAGES = 500


def ann_table(names: dict[str, str]) -> str:
    """Return the rows of some networks as Markdown; ``names`` has their titles."""
    rows = []
    for row in pl.read_parquet(TABLE).to_dicts():
        if row["network"] in names:
            padded, macs, nonzero = (f"{row[name] / 1e6:.1f} M" for name in ("padded", "macs", "nonzero"))
            rows.append([names[row["network"]], padded, macs, nonzero])
    return table(["ANN", "MACs, padding included", "without padding", "of activations that are not zero"], rows)


def _row(name: str, found: AnnOperations) -> dict[str, Any]:
    row = {"network": name, "padded": found.padded, "macs": found.macs, "nonzero": found.nonzero}
    print(row, flush=True)
    return row


def _first_spike(name: str) -> AnnOperations:
    task = TASKS[name]
    images, _ = load(task, "train", 0)
    images = images[-IMAGES:]
    layers = [layer for layer in task.network(0, images.shape[1:]).plan.layers if isinstance(layer, WeightLayer)]
    dense = [layer_macs(layer) for layer in layers]
    windows = layers[0].windows()
    flat = np.concatenate([images.reshape(len(images), -1) != 0, np.zeros((len(images), 1), dtype=bool)], axis=1)
    columns = dense[0] // max(1, windows.size)
    first = float(flat[:, windows.reshape(-1)].sum(axis=1).mean()) * columns
    without = int((windows >= 0).sum()) * columns
    return AnnOperations(sum(dense), without + sum(dense[1:]), first + sum(dense[1:]))


def main() -> None:
    """Count, print, and keep the table if asked to."""
    save = results_option(__doc__ or "")
    folder = data_folder()
    x, _ = load_cifar10(folder / "cifar10", "train", 50_000)
    x, digits = x[-IMAGES:], load_idx(folder / "mnist", "train")[0][-IMAGES:]
    rows = []
    for depth in (20, 56, 110):
        ann = resnet_cifar(folder / "pretrained" / f"resnet{depth}_cifar10.safetensors")
        rows.append(_row(f"resnet{depth}", ann_operations(ann, x)))
    ann = onnx.load(
        folder / "pretrained" / "resnet20_cifar10.onnx", mean=[0.4914, 0.4822, 0.4465], std=[0.2470, 0.2435, 0.2616]
    )
    rows.append(_row("resnet20-onnx", ann_operations(ann, x)))
    ann = onnx.load(folder / "pretrained" / "mnist-8.onnx", mean=[0.0], std=[1 / 255])
    rows.append(_row("mnist-8", ann_operations(ann, digits)))
    kept = sorted(NETWORKS.glob("*.psnn"))
    rows += [_row(path.stem, ann_operations(clipped(psnn.load(path).network), x)) for path in kept]
    rows += [_row(name, _first_spike(name)) for name in TASKS]
    if save:
        write_table(pl.DataFrame(rows), TABLE, metadata(**machine(), images=IMAGES))


if __name__ == "__main__":
    main()
