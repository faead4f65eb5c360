"""Exported networks and the program that runs them: sizes, memory, and its time beside `pysnn run`'s.

The claims: ResNet-20 takes less than 330 KB as a file and 5 MB to run, the programs for Arm less than 1.2 MB (aarch64) and 1.4 MB (armv7), and on this
machine `pysnn-run` takes at most 1.1 times as long as `pysnn run`. Run with ``PYSNN_DATA=... make bench BENCH=edge`` behind ``make edge``; the exit code is 1
where a claim does not hold. ``--save`` keeps the tables and writes them into docs/edge.md.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import TABLES, data_folder, machine, results_option
from benchmarks.markdown import fill, table
from benchmarks.pretrained import spiking_networks, test_images
from pysnn import Network
from pysnn.convert import convert
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.export import ExportOptions, export_network
from pysnn.files import psnn
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.importers.model_files import load_ann
from pysnn.tables import metadata, read_metadata, write_table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "edge.md"
PROGRAMS = ROOT / "dist" / "edge"
STEPS, SAMPLES, TURNS = 8, 64, 5
LIMITS = {
    "file": 330_000,
    "memory": 5_000_000,
    "ratio": 1.1,
    "pysnn-run-aarch64": 1_200_000,
    "pysnn-run-armv7": 1_400_000,
}

__all__ = ["PAGE", "page"]


def page(text: str) -> str:
    """Return docs/edge.md with its tables made again from the committed ones."""

    def made(key: str) -> str:
        file = TABLES / f"edge_{key}.parquet"
        frame, meta = pl.read_parquet(file), read_metadata(file)
        rows = [
            [
                f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if isinstance(value, float) else value
                for value in row
            ]
            for row in frame.iter_rows()
        ]
        return f"On {meta['processor']} ({meta['host']}), pysnn {meta['pysnn']}:\n\n{table(frame.columns, rows)}"

    return fill(text, made)


def _networks() -> dict[str, tuple[Network, Any]]:
    digits = load_digits()
    mlp = convert(load_digits_mlp(), digits.x_train, "percentile").network
    images = test_images(SAMPLES)
    file = data_folder() / "pretrained" / "resnet20_cifar10.onnx"
    ann = load_ann(file, mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
    return {
        "digits MLP": (mlp, digits.x_test[:SAMPLES]),
        "ResNet-20, from safetensors": (spiking_networks()["resnet20"], images),
        "ResNet-20, from ONNX": (convert(ann.network, images[:32], "percentile").network, images),
    }


def _printed(*words: str | Path) -> dict[str, Any]:
    done = subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def _network_row(name: str, network: Network, x: Any, folder: Path) -> dict[str, Any]:
    saved = SavedNetwork(network, Settings(steps=STEPS, precision="int8"))
    file, plan = folder / "net.psnn", folder / "net.plan"
    psnn.save(file, network, settings=saved.settings)
    plan.write_bytes(export_network(saved, ExportOptions()))
    np.save(folder / "x.npy", x)
    np.save(folder / "one.npy", x[:1])
    np.savez(folder / "x.npz", x=x)
    program = PROGRAMS / "pysnn-run"
    ours, theirs = [], []
    for _ in range(TURNS):
        found = _printed(
            program, "infer", plan, "--input", folder / "x.npy", "--threads", "1", "--scores", folder / "s.npy"
        )
        ours.append(found["ms_per_sample"])
        words = ("run", file, "--data", folder / "x.npz", "--threads", "1", "--json", "--predictions", folder / "p.npz")
        theirs.append(_printed(sys.executable, "-m", "pysnn", *words)["rows"][0]["ms_per_sample"])
    same = np.array_equal(np.load(folder / "s.npy"), np.load(folder / "p.npz")["scores"][-1])
    one = ("infer", plan, "--input", folder / "one.npy", "--threads", "1", "--scores", folder / "s.npy")
    return {
        "network": name,
        ".psnn, bytes": file.stat().st_size,
        ".plan, bytes": plan.stat().st_size,
        "same scores": "yes" if same else "no",
        "pysnn-run, ms a sample": min(ours),
        "pysnn run, ms a sample": min(theirs),
        "peak memory, bytes": _printed(program, *one)["peak_memory_bytes"],
        "with --block 1": _printed(program, *one, "--block", "1")["peak_memory_bytes"],
    }


def main() -> int:
    """Report; return 0 if the claims hold."""
    save = results_option(__doc__ or "")
    with tempfile.TemporaryDirectory() as folder:
        networks = pl.DataFrame([_network_row(name, *found, Path(folder)) for name, found in _networks().items()])
    sizes = {path.name: path.stat().st_size for path in sorted(PROGRAMS.glob("pysnn-run*"))}
    programs = pl.DataFrame({"program": list(sizes), "bytes": list(sizes.values())})
    for name, frame in (("networks", networks), ("programs", programs)):
        print(frame)
        if save:
            meta = metadata(benchmark="edge", **machine(), steps=STEPS, samples=SAMPLES, turns=TURNS)
            print(f"written: {write_table(frame, TABLES / f'edge_{name}.parquet', meta)}")
    if save:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    missed = [name for name, size in sizes.items() if size > LIMITS.get(name, size)]
    for row in networks.iter_rows(named=True):
        reached = {
            "file": row[".plan, bytes"] <= LIMITS["file"],
            "memory": row["peak memory, bytes"] <= LIMITS["memory"],
            "scores": row["same scores"] == "yes",
            "time": row["pysnn-run, ms a sample"] <= LIMITS["ratio"] * row["pysnn run, ms a sample"],
        }
        missed += [f"{name} of {row['network']}" for name, good in reached.items() if not good]
    print(f"missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
