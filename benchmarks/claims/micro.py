"""The library for microcontrollers: how much memory networks take there, and how much code it is.

The claims: less than 16 KB of code and less than 3 KB of memory for the digits, in the library for dense layers, less than 64 KB for convolutions on the shapes of N-MNIST and MNIST, less than
256 KB for ResNet-20 at 8 steps and in windows of 16, and the bits of Python on an emulated Cortex-M4. Run with ``PYSNN_DATA=... make bench BENCH=micro`` behind ``make edge-micro``; the exit code is 1 where a claim does not hold. ``--save`` keeps the table
and writes it into docs/edge.md.
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.claims.edge import PAGE, page
from benchmarks.common import TABLES, machine, results_option
from benchmarks.micro_boards import BOARDS, Board
from benchmarks.pretrained import spiking_networks, window_network
from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Output
from pysnn.convert import convert
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.export import export_network
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.plan.windows import window_of
from pysnn.tables import metadata, write_table

LIMITS = {
    "digits MLP": 3_000,
    "N-MNIST convolution": 64_000,
    "MNIST convolution": 64_000,
    "ResNet-20": 256_000,
    "ResNet-20, windows": 256_000,
}
CODE = 16_000
DENSE = {"digits MLP"}
STEPS = 8
WINDOW = 16

__all__: list[str] = []


def _spiking() -> dict[str, Network]:
    """Return networks that events enter."""
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
    mlp = convert(load_digits_mlp(), digits.x_train, "percentile").network
    return {
        "digits MLP": mlp.replace({mlp.input_name: Input(mlp.input.shape)}),
        "N-MNIST convolution": convolution,
    }


def _seeing() -> dict[str, Network]:
    """Return networks that uint8 pictures enter."""
    rng = np.random.default_rng(0)
    convolution = Network.chain(
        {
            "in": Input((1, 28, 28)),
            "conv": Conv2d(rng.normal(size=(12, 1, 5, 5)) / 3),
            "a": IF(),
            "pool": AvgPool2d(2),
            "conv2": Conv2d(rng.normal(size=(64, 12, 5, 5)) / 9),
            "b": IF(),
            "pool2": AvgPool2d(2),
            "flat": Flatten(),
            "fc": Linear(rng.normal(size=(10, 1024)) / 10),
            "out": Output(),
        }
    )
    return {
        "MNIST convolution": convolution,
        "ResNet-20": spiking_networks()["resnet20"],
        "ResNet-20, windows": window_network(WINDOW),
    }


def _code(board: Board, plan: bytes, folder: Path, defines: tuple[str, ...]) -> int:
    """Return the bytes of a least program, without the network."""
    program = board.link(plan, folder, "least.c", *defines)
    sizes = subprocess.run(["arm-none-eabi-size", str(program)], check=True, capture_output=True, text=True).stdout
    return int(sizes.splitlines()[1].split()[0]) - len(plan)


def _row(name: str, network: Network, pictures: bool, folder: Path) -> dict[str, Any]:
    window = window_of(network)
    steps = 1 if window else STEPS
    own: dict[str, Any] = {"first_layer": "int8", "steps": steps} if pictures else {"coding": "spikes"}
    plan = export_network(SavedNetwork(network, Settings(precision="int8", **own)))
    dense = name in DENSE
    boards = (board for board in BOARDS if board.name in ("cortex-m0", "cortex-m4"))
    small, large = (board.dense() if dense else board for board in boards)
    lines = large.run(large.link(plan, folder))
    model, runs, stream = map(int, next(line.split()[1:] for line in lines if line.startswith("memory")))
    used = (f"-DSUITE_ROOM={runs or stream}", "-DOUTPUTS=10")
    size = int(np.prod(network.input.shape))
    defines = (*used, f"-DPICTURE={size}") if pictures else used
    return {
        "network": name,
        "input": "events"
        if not pictures
        else f"pictures, windows of {window}"
        if window
        else f"pictures, {STEPS} steps",
        "library": "dense" if dense else "maps",
        ".plan, bytes": len(plan),
        "memory, bytes": model + (runs or stream),
        "code on Cortex-M0, bytes": _code(replace(small, memory="4M", flash="4M"), plan, folder, defines),
        "code on Cortex-M4, bytes": _code(large, plan, folder, defines),
        "suite on an emulated Cortex-M4": "passed" if lines[-1] == "good" else "failed",
    }


def main() -> int:
    """Report; return 0 if the claims hold."""
    save = results_option(__doc__ or "")
    with tempfile.TemporaryDirectory() as folder:
        events = [_row(name, network, False, Path(folder)) for name, network in _spiking().items()]
        pictures = [_row(name, network, True, Path(folder)) for name, network in _seeing().items()]
        table = pl.DataFrame([*events, *pictures])
    print(table)
    if save:
        print(f"written: {write_table(table, TABLES / 'edge_micro.parquet', metadata(benchmark='micro', **machine()))}")
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    missed = []
    for row in table.iter_rows(named=True):
        reached = {
            "memory": row["memory, bytes"] <= LIMITS[row["network"]],
            "code": row["library"] == "maps"
            or max(row["code on Cortex-M0, bytes"], row["code on Cortex-M4, bytes"]) <= CODE,
            "suite": row["suite on an emulated Cortex-M4"] == "passed",
        }
        missed += [f"{name} of {row['network']}" for name, good in reached.items() if not good]
    print(f"missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
