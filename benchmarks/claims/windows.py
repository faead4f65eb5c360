"""Claim: a network of single spikes in windows takes about the time of its int8 ANN.

Times, from uint8 images to scores, what takes the ANN's place: single spikes in windows of 16 steps (int8, one pass) with AVX-512 and with AVX2, with either first layer, a rate code of 8 steps,
and the ANN itself in ONNX Runtime, int8 (static, a scale per channel) and float32, on the machine's best instructions always. One thread each, in turn, the least of many calls
by processor time. Runs in the environment of the peers (benchmarks/peers/README.md); the networks are made once, in benchmarks/results/windows. ``python -m benchmarks.peers.page`` shows the table.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np

from benchmarks.common import RESULTS, data_folder, least_seconds, report
from benchmarks.peers import onnx_engine
from benchmarks.peers.engine import Cell
from benchmarks.peers.graph import save_graph
from benchmarks.peers.networks import operations
from benchmarks.pretrained import at_level
from pysnn import Network
from pysnn.backends.rust import simd_levels
from pysnn.convert import convert
from pysnn.convert.folding import fold
from pysnn.datasets.cifar import load_cifar10
from pysnn.files.psnn import load, save
from pysnn.importers import resnet_cifar, vgg11_cifar

FOLDER = RESULTS / "windows"
READERS = {"resnet20": resnet_cifar, "vgg11": vgg11_cifar, "resnet110": resnet_cifar}
CELLS = (("resnet20", 1), ("resnet20", 64), ("vgg11", 1), ("vgg11", 64), ("resnet110", 1))
WINDOW, STEPS, CALIBRATION = 16, 8, 512
FIRST_LAYERS: tuple[Literal["float32", "int8"], ...] = ("float32", "int8")


def make(name: str) -> tuple[Network, Network]:
    """Return a network as single spikes and as a rate code, and write what ONNX Runtime needs; all of it is kept."""
    files = [FOLDER / f"{name}-{kind}.psnn" for kind in ("windows", "rate")]
    if not all(file.exists() for file in files):
        FOLDER.mkdir(parents=True, exist_ok=True)
        images, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
        ann = fold(READERS[name](data_folder() / "pretrained" / f"{name}_cifar10.safetensors"))
        save_graph(FOLDER / f"{name}-ann.npz", operations(ann))
        np.savez(FOLDER / f"{name}-images.npz", calibration=images[:128])
        save(files[1], convert(ann, images, "error-min", steps=STEPS, compare=False).network)
        save(files[0], convert(ann, images, "first-spike", window=WINDOW, compare=False).network)
    return load(files[0]).network, load(files[1]).network


def row(name: str, batch: int) -> dict[str, Any]:
    """Time a network at a batch size."""
    single, rate = make(name)
    images = np.ascontiguousarray(load_cifar10(data_folder() / "cifar10", "test", batch)[0])
    works: dict[str, Callable[[], object]] = {}
    for level in reversed(simd_levels()[1:]):
        for first_layer in FIRST_LAYERS:
            works[f"windows, {level}, {first_layer} first"] = partial(
                at_level(single, level, first_layer=first_layer, check_range=False).run, images
            )
    works[f"rate code, T = {STEPS}"] = partial(
        at_level(rate, simd_levels()[-1], first_layer="float32", check_range=False).run, images, steps=STEPS
    )
    for precision in ("int8", "float32"):
        engine = getattr(onnx_engine, precision)()
        engine.prepare(Cell(FOLDER, name, 0, images, 1))
        works[f"ONNX Runtime {precision}"] = engine.run
    for work in works.values():
        work()
    seconds = least_seconds(list(works.values()), repeats=200 if batch == 1 else 15)
    milliseconds = {key: 1e3 * least / batch for key, least in zip(works, seconds, strict=True)}
    best = min(milliseconds[f"windows, {simd_levels()[-1]}, {first_layer} first"] for first_layer in FIRST_LAYERS)
    return {
        "network": name,
        "batch": batch,
        **{key: round(value, 4) for key, value in milliseconds.items()},
        "times as fast as ONNX Runtime int8": round(milliseconds["ONNX Runtime int8"] / best, 2),
    }


def main() -> None:
    """Time all cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_windows.parquet")
    parser.add_argument("--only", metavar="NETWORK", help="one network, which is not written")
    options = parser.parse_args()
    rows = [row(name, batch) for name, batch in CELLS if options.only in (None, name)]
    report("windows", rows, save=options.save and options.only is None, window=WINDOW, threads=1)


if __name__ == "__main__":
    main()
