"""What shortcuts of currents (block C) need beside synaptic additions, and what they save: counts of kept networks at T = 8.

python -m benchmarks.experiments.current_shortcuts --save    # writes benchmarks/tables/current_shortcuts.parquet
"""

from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import TABLES, data_folder, machine, results_option
from benchmarks.experiments.ttrbr_trials import NETWORKS
from pysnn import Simulator
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.psnn import load
from pysnn.plan.ops import AddOp, ConvOp, GatherOp, NeuronOp, OutputOp, Plan, PoolOp
from pysnn.schemas import COUNT_FIELDS
from pysnn.tables import metadata, write_table

__all__ = ["TABLE"]

TABLE = TABLES / "current_shortcuts.parquet"
STEPS = 8
IMAGES = 5_000
NAMES = ("r20-pot4-C", "r110-pot8-C")


def additions_without_currents(plan: Plan, synops: np.ndarray) -> float:
    """Return the additions where no current passes a neuron: each layer's spikes are delivered again to every sum that its current enters.

    ``synops`` has the additions of each operation. Positions that a stride leaves out are taken off by their share.
    """
    entering: list[dict[int, float]] = []
    total = 0.0
    for at, op in enumerate(plan.ops):
        found: dict[int, float] = {}
        if isinstance(op, ConvOp) and op.spec.kind == "current":
            found = {at: 1.0}
        elif isinstance(op, AddOp):
            for term in op.terms:
                for layer, share in entering[term.source].items():
                    found[layer] = found.get(layer, 0.0) + share
        elif isinstance(op, PoolOp):
            found = entering[op.source]
        elif isinstance(op, GatherOp) and len(op.sources) == 1:
            kept = np.count_nonzero(op.index >= 0) / plan.ops[op.sources[0]].spec.size
            found = {layer: share * kept for layer, share in entering[op.sources[0]].items()}
        elif isinstance(op, NeuronOp | OutputOp):
            total += sum(float(synops[layer]) * share for layer, share in entering[op.source].items())
        entering.append(found)
    return total


def main() -> None:
    """Run both networks with both kinds of units, and keep the table if asked to."""
    save = results_option("shortcuts of currents")
    x, y = load_cifar10(data_folder() / "cifar10", "train", 50_000)
    x, y = x[-IMAGES:], y[-IMAGES:]
    rows = []
    for name in NAMES:
        saved = load(NETWORKS / f"{name}.psnn")
        for units in ("exact", "power_of_two"):
            simulator = Simulator(saved.network, precision="int8", units=units)
            result = simulator.run(x, steps=STEPS, labels=y)
            synops = result.counts[-1, :, COUNT_FIELDS.index("synops")] / IMAGES
            fixed = {
                field: float(result.total(field)[-1]) / IMAGES
                for field in ("edge_sums", "rescales", "shifts", "bias_sums")
            }
            again = additions_without_currents(result.plan, synops)
            row: dict[str, Any] = {
                "network": name,
                "units": units,
                "steps": STEPS,
                "samples": IMAGES,
                "accuracy": result.accuracy[-1],
            }
            rows.append({**row, "synops": float(synops.sum()), **fixed, "synops_spikes_only": again})
            print(rows[-1], flush=True)
    if save:
        write_table(pl.DataFrame(rows), TABLE, metadata(**machine()))


if __name__ == "__main__":
    main()
