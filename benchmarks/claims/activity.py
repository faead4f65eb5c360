"""Claims: recording activity costs at most 20 % of a run, and an estimate on ten chips at most two seconds after it.

Recording: the same run without counts, with those of each layer and sample (what every run has), and with each neuron's spikes at each step too, in
turn; least processor time of one thread. Estimates: ResNet-110 after a run on 10,000 images. The exit code is 1 where a claim does not hold.
``--save`` keeps the tables and writes them into docs/hardware.md.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.claims.page import claim_table
from benchmarks.common import data_folder, least_seconds, report, results_option
from benchmarks.markdown import fill
from pysnn import Network, Simulator
from pysnn.convert import convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.hardware import chip_names, estimate, load_chip, sweep_points
from pysnn.importers import resnet_cifar, vgg11_cifar

__all__ = ["PAGE", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "hardware.md"
STEPS, SAMPLES, CALIBRATION, MOST = 8, 64, 500, 20.0
IMAGES, CHIPS, POINTS = 10_000, 10, 1000
WAYS: dict[str, Any] = {
    "nothing": {"count": False},
    "counts": {},
    "counts by step": {"count_by_step": True},
}


def page(text: str) -> str:
    """Return docs/hardware.md with its tables made again from the committed ones."""
    return fill(text, lambda key: claim_table(key.removeprefix("claim ")))


def _resnet(name: str) -> Network:
    images, _ = load_cifar10(data_folder() / "cifar10", "train", CALIBRATION)
    ann = resnet_cifar(data_folder() / "pretrained" / f"{name}_cifar10.safetensors")
    return convert(ann, images, "percentile", per_channel=True).network


def _networks() -> dict[str, tuple[Network, Any]]:
    """Return converted networks and samples of theirs."""
    folder, digits = data_folder(), load_digits()
    images, _ = load_cifar10(folder / "cifar10", "train", CALIBRATION)
    given, _ = load_cifar10(folder / "cifar10", "test", SAMPLES)
    vgg = vgg11_cifar(folder / "pretrained" / "vgg11_cifar10.safetensors")
    return {
        "digits MLP": (convert(load_digits_mlp(), digits.x_train, "percentile").network, digits.x_test[:SAMPLES]),
        "ResNet-20": (_resnet("resnet20"), given),
        "VGG-11": (convert(vgg, images, "percentile", per_channel=True).network, given),
    }


def _recording(*, save: bool) -> bool:
    """Time each network in both precisions; say whether all keep below the limit."""
    rows: list[dict[str, Any]] = []
    name = ""
    for title, (network, x) in _networks().items():
        for precision in ("int8", "float32"):
            how: dict[str, Any] = {"precision": precision, "backend": "rust", "threads": 1, "keep_state": False}
            simulators = [Simulator(network, **how, **way) for way in WAYS.values()]
            name = simulators[0].run(x, steps=STEPS).backend
            plain, counted, by_step = least_seconds(
                [partial(simulator.run, x, steps=STEPS) for simulator in simulators]
            )
            rows.append(
                {
                    "network": title,
                    "precision": precision,
                    "ms a sample": round(plain * 1e3 / SAMPLES, 5),
                    "by layer and sample: more %": round(100 * (counted / plain - 1), 1),
                    "by neuron and step too: more %": round(100 * (by_step / plain - 1), 1),
                }
            )
    report("activity", rows, save=save, backend=name, threads=1, steps=STEPS, samples=SAMPLES)
    return all(row["by neuron and step too: more %"] <= MOST for row in rows)


def _estimating(*, save: bool) -> bool:
    """Time estimates of ResNet-110; say whether all are in time."""
    network = _resnet("resnet110")
    given, _ = load_cifar10(data_folder() / "cifar10", "test", IMAGES)
    simulator = Simulator(network, precision="int8", keep_state=False, count_by_step=True)
    result = simulator.run(given, steps=STEPS)
    clock = load_chip("odin").section("points")["clock"]
    points = [{"clock": value} for value in np.linspace(clock.low, clock.high, POINTS).tolist()]
    works: dict[tuple[str, float], Callable[[], object]] = {
        (f"estimate, {CHIPS} chips", 2.0): lambda: estimate(network, result.activity, chips=chip_names()[:CHIPS]),
        (f"sweep_points, {POINTS} points", 1.0): lambda: sweep_points(
            network, result.activity, chip="odin", points=points
        ),
    }
    rows: list[dict[str, Any]] = []
    for (title, limit), work in works.items():
        start = time.perf_counter()
        work()
        first, again = time.perf_counter() - start, least_seconds([work], 5)[0]
        rows.append({"work": title, "first s": round(first, 3), "again s": round(again, 3), "asked s": limit})
    report("estimate", rows, save=save, network="ResNet-110", steps=STEPS, samples=IMAGES)
    return all(row["first s"] <= row["asked s"] for row in rows)


def main() -> None:
    """Measure, and say what does not hold."""
    save = results_option(__doc__ or "")
    held = [_recording(save=save), _estimating(save=save)]
    if save:
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
