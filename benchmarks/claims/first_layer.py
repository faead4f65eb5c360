"""Claim: an int8 first layer on uint8 pixels is as accurate as the float32 one.

For ResNet-20 and VGG-11 as single spikes in windows of 16 steps and as rate codes of 4 and 8 steps, int8: the share of training images, others than those of the calibration, on which
the spiking network says what the ANN says, and the accuracy on the whole test split, with either first layer. ``python -m benchmarks.peers.page`` shows the table.
"""

from typing import Any

import numpy as np

from benchmarks.claims.windows import CALIBRATION, READERS, STEPS, WINDOW, make
from benchmarks.common import data_folder, report, results_option
from benchmarks.intervals import accuracy_cell, paired_half_width
from pysnn import Network, Simulator
from pysnn.convert import ann_pass, convert
from pysnn.convert.folding import fold
from pysnn.datasets.cifar import load_cifar10

NETWORKS = ("resnet20", "vgg11")
LOOKED_AT = 2000


def codes(name: str, ann: Network, images: Any) -> dict[str, tuple[Network, int]]:
    """Return the spiking networks and their steps."""
    single, rate = make(name)
    few = convert(ann, images, "error-min", steps=STEPS // 2, compare=False).network
    return {
        f"windows, S = {WINDOW}": (single, 1),
        f"rate code, T = {STEPS // 2}": (few, STEPS // 2),
        f"rate code, T = {STEPS}": (rate, STEPS),
    }


def main() -> None:
    """Run all of them."""
    save = results_option(__doc__ or "")
    folder = data_folder()
    images, _ = load_cifar10(folder / "cifar10", "train", CALIBRATION + LOOKED_AT)
    x, labels = load_cifar10(folder / "cifar10", "test")
    looked_at, x = np.ascontiguousarray(images[CALIBRATION:]), np.ascontiguousarray(x)
    rows = []
    for name in NETWORKS:
        ann = fold(READERS[name](folder / "pretrained" / f"{name}_cifar10.safetensors"))
        answers = ann_pass(ann, looked_at)[0].argmax(axis=1)
        for code, (network, steps) in codes(name, ann, np.ascontiguousarray(images[:CALIBRATION])).items():
            row: dict[str, Any] = {"network": name, "code": code}
            right = {}
            for first_layer in ("float32", "int8"):
                simulator = Simulator(network, precision="int8", first_layer=first_layer, count=False, keep_state=False)
                alike = simulator.run(looked_at, steps=steps).predictions[-1] == answers
                right[first_layer] = simulator.run(x, steps=steps).predictions[-1] == labels
                row[f"{first_layer}: as the ANN, %"] = round(100 * float(alike.mean()), 2)
                row[f"{first_layer}: right, %"] = accuracy_cell(float(right[first_layer].mean()), len(labels))
            change = right["int8"].astype(int) - right["float32"]
            row["difference, points"] = f"{100 * change.mean():+.2f} ± {100 * paired_half_width(change):.2f}"
            print(row, flush=True)
            rows.append(row)
    report("first_layer", rows, save=save, training_images=LOOKED_AT)


if __name__ == "__main__":
    main()
