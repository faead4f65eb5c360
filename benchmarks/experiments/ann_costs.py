"""What the ANNs of the result pages need (MACs with padding, without it, of activations that are not zero), and their spiking networks at each step.

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
from pysnn import Network
from pysnn.convert.analysis.operations import AnnOperations, ann_operations
from pysnn.convert.folding import fold
from pysnn.convert.rewrite import spiking_network
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.idx import load_idx
from pysnn.files import psnn
from pysnn.first_spike.counts import layer_macs
from pysnn.importers import onnx
from pysnn.importers.state_dicts.resnet_cifar import resnet_cifar
from pysnn.nodes import ReLU
from pysnn.plan import PlanOptions, compile_plan
from pysnn.plan.first_spike import WeightLayer
from pysnn.plan.fixed_counts import fixed_counts
from pysnn.schemas import FIXED_FIELDS
from pysnn.tables import metadata, write_table

__all__ = ["TABLE", "ann_table"]

TABLE = TABLES / "ann_costs.parquet"
IMAGES = 500
FIELDS = ("edge_sums", "rescales", "bias_sums", "pool_sums")
"""What the spiking networks need at each step whatever the data are."""


def ann_table(names: dict[str, str]) -> str:
    """Return the rows of some networks as Markdown; ``names`` has their titles."""
    rows = []
    for row in pl.read_parquet(TABLE).to_dicts():
        if row["network"] in names:
            columns = ["padded", "macs", "nonzero", *FIELDS]
            rows.append([names[row["network"]], *(f"{row[name] / 1e6:.3f} M" for name in columns)])
    head = ["network", "MACs of the ANN, padding included", "without padding", "of activations that are not zero"]
    head += [
        "spiking in int8, at each step: sums where edges meet",
        "multiplications of currents",
        "additions of biases",
    ]
    return table([*head, "additions in pools"], rows)


def _row(name: str, found: AnnOperations, spiking: Network | None = None) -> dict[str, Any]:
    row = {"network": name, "padded": found.padded, "macs": found.macs, "nonzero": found.nonzero}
    if spiking is not None:
        found_at = fixed_counts(compile_plan(spiking, PlanOptions("int8"))).values()
        each = np.sum([counts.each_step for counts in found_at], axis=0)
        row |= {field: int(each[FIXED_FIELDS.index(field)]) for field in FIELDS}
    print(row, flush=True)
    return row


def _converted(ann: Network) -> Network:
    """Return the spiking network of an ANN's shape and weights; what depends on the plan alone hardly depends on thresholds."""
    folded = fold(ann)
    return spiking_network(folded, {name: 1.0 for name, node in folded.nodes.items() if isinstance(node, ReLU)})


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
        rows.append(_row(f"resnet{depth}", ann_operations(ann, x), _converted(ann)))
    ann = onnx.load(
        folder / "pretrained" / "resnet20_cifar10.onnx", mean=[0.4914, 0.4822, 0.4465], std=[0.2470, 0.2435, 0.2616]
    )
    rows.append(_row("resnet20-onnx", ann_operations(ann, x), _converted(ann)))
    ann = onnx.load(folder / "pretrained" / "mnist-8.onnx", mean=[0.0], std=[1 / 255])
    rows.append(_row("mnist-8", ann_operations(ann, digits), _converted(ann)))
    kept = sorted(NETWORKS.glob("*.psnn"))
    for path in kept:
        network = psnn.load(path).network
        rows.append(_row(path.stem, ann_operations(clipped(network), x), network))
    rows += [_row(name, _first_spike(name)) for name in TASKS]
    if save:
        write_table(pl.DataFrame(rows), TABLE, metadata(**machine(), images=IMAGES))


if __name__ == "__main__":
    main()
