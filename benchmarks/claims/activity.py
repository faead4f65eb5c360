"""Claim: counting what a run does costs at most 20 %, each neuron's spikes at each step included. The same runs in turn; processor time of one thread."""

from functools import partial
from typing import Any

from benchmarks.common import data_folder, least_seconds, report, results_option
from pysnn import Network, Simulator
from pysnn.convert import convert
from pysnn.datasets.cifar import load_cifar10
from pysnn.datasets.digits import load_digits, load_digits_mlp
from pysnn.importers import resnet_cifar, vgg11_cifar

STEPS, SAMPLES, CALIBRATION = 8, 64, 500
WAYS: dict[str, Any] = {
    "nothing": {"count": False},
    "counts": {},
    "counts by step": {"count_by_step": True},
}


def networks() -> dict[str, tuple[Network, Any]]:
    """Return converted networks and samples of theirs."""
    folder, digits = data_folder(), load_digits()
    images, _ = load_cifar10(folder / "cifar10", "train", CALIBRATION)
    given, _ = load_cifar10(folder / "cifar10", "test", SAMPLES)
    trained = folder / "pretrained"
    anns = {
        "ResNet-20": resnet_cifar(trained / "resnet20_cifar10.safetensors"),
        "VGG-11": vgg11_cifar(trained / "vgg11_cifar10.safetensors"),
    }
    mlp = convert(load_digits_mlp(), digits.x_train, "percentile").network
    found = {"digits MLP": (mlp, digits.x_test[:SAMPLES])}
    return found | {
        name: (convert(ann, images, "percentile", per_channel=True).network, given) for name, ann in anns.items()
    }


def main() -> None:
    """Time each network in both precisions."""
    save = results_option(__doc__ or "")
    rows, name = [], ""
    for title, (network, x) in networks().items():
        for precision in ("int8", "float32"):
            simulators = [
                Simulator(network, precision=precision, backend="rust", threads=1, keep_state=False, **way)
                for way in WAYS.values()
            ]
            name = simulators[0].run(x, steps=STEPS).backend
            runs = [partial(simulator.run, x, steps=STEPS) for simulator in simulators]
            plain, counted, by_step = least_seconds(runs)
            rows.append(
                {
                    "network": title,
                    "precision": precision,
                    "ms a sample": round(plain * 1e3 / SAMPLES, 5),
                    "counts, more %": round(100 * (counted / plain - 1), 1),
                    "by step too, more %": round(100 * (by_step / plain - 1), 1),
                }
            )
    report("activity", rows, save=save, backend=name, threads=1, steps=STEPS, samples=SAMPLES)


if __name__ == "__main__":
    main()
