"""The library for microcontrollers: how much memory networks take there, and how much code it is.

The claims: less than 16 KB of code, less than 3 KB of memory for the digits, less than 64 KB for a convolution on N-MNIST's shape, and the bits of Python on an
emulated Cortex-M4. Run with ``make bench BENCH=micro`` behind ``make edge-micro``; the exit code is 1 where a claim does not hold. ``--save`` keeps the table
and writes it into docs/edge.md.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.claims.edge import PAGE, page
from benchmarks.common import TABLES, machine, results_option
from benchmarks.micro_boards import BOARDS, Board
from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output
from pysnn.convert import convert
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.export import export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.tables import metadata, write_table

LIMITS = {"digits MLP": 3_000, "N-MNIST convolution": 64_000}
CODE = 16_000

__all__: list[str] = []


def _networks() -> dict[str, Network]:
    digits = load_digits()
    rng = np.random.default_rng(0)
    convolution = Network.chain(
        {
            "in": Input((2, 34, 34)),
            "conv": Conv2d(rng.normal(size=(8, 2, 5, 5)) / 5, stride=2),
            "a": IF(),
            "conv2": Conv2d(rng.normal(size=(16, 8, 3, 3)) / 5, stride=2),
            "b": IF(),
            "pool": AvgPool2d(2),
            "flat": Flatten(),
            "fc": Linear(rng.normal(size=(10, 144)) / 10),
            "out": Output(),
        }
    )
    return {
        "digits MLP": convert(load_digits_mlp(), digits.x_train, "percentile").network,
        "N-MNIST convolution": convolution,
    }


def _code(board: Board, plan: bytes, outputs: int, folder: Path) -> int:
    defines = ("-DSUITE_ROOM=8192", f"-DOUTPUTS={outputs}")
    program = board.link(plan, folder, "least.c", *defines)
    sizes = subprocess.run(["arm-none-eabi-size", str(program)], check=True, capture_output=True, text=True).stdout
    return int(sizes.splitlines()[1].split()[0]) - len(plan)


def _row(name: str, network: Network, folder: Path) -> dict[str, Any]:
    bare = network.replace({network.input_name: Input(network.input.shape)})
    plan = export_network(SavedNetwork(bare, Settings(precision="int8", coding="spikes")))
    small, large = (board for board in BOARDS if board.name in ("cortex-m0", "cortex-m4"))
    lines = large.run(large.link(plan, folder))
    memory = next(line.split() for line in lines if line.startswith("memory"))
    return {
        "network": name,
        ".plan, bytes": len(plan),
        "memory, bytes": int(memory[1]) + int(memory[3]),
        "code on Cortex-M0, bytes": _code(small, plan, 10, folder),
        "code on Cortex-M4, bytes": _code(large, plan, 10, folder),
        "suite on an emulated Cortex-M4": "passed" if lines[-1] == "good" else "failed",
    }


def main() -> int:
    """Report; return 0 if the claims hold."""
    save = results_option(__doc__ or "")
    with tempfile.TemporaryDirectory() as folder:
        table = pl.DataFrame([_row(name, network, Path(folder)) for name, network in _networks().items()])
    print(table)
    if save:
        print(f"written: {write_table(table, TABLES / 'edge_micro.parquet', metadata(benchmark='micro', **machine()))}")
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    missed = []
    for row in table.iter_rows(named=True):
        reached = {
            "memory": row["memory, bytes"] <= LIMITS[row["network"]],
            "code": max(row["code on Cortex-M0, bytes"], row["code on Cortex-M4, bytes"]) <= CODE,
            "suite": row["suite on an emulated Cortex-M4"] == "passed",
        }
        missed += [f"{name} of {row['network']}" for name, good in reached.items() if not good]
    print(f"missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
