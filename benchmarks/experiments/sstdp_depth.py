"""How SSTDP fares with depth: MNIST, 16 steps, 1 to 4 hidden layers of 200, and convolutions, in several variants of the rule.

The first 10,000 training images train, the last 5,000 of the training split are counted (strictly); five epochs, one seed, the best epoch. ``PYSNN_DATA``
names the folder with mnist/.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.common import report, results_option
from benchmarks.mnist import load_mnist
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork, Layer
from pysnn.first_spike.learn import SSTDP, TrainingOptions, train

_RULE = SSTDP("one_sided", gap=10.0, anti_causal=0.0, mu=0.0)

VARIANTS: dict[str, tuple[SSTDP, float]] = {
    "one-sided targets": (_RULE, 1e-3),
    "a fifth of the rate": (_RULE, 2e-4),
    "exact targets": (replace(_RULE, targets="exact"), 1e-3),
    "soft bounds": (replace(_RULE, mu=1.0), 1e-3),
    "errors of length 1": (replace(_RULE, unit_norm=True), 1e-3),
}
"""The rule and the learning rate."""

SEED = 0
TRAINING, HELD_OUT = 10_000, 5_000


def _dense(hidden: int) -> tuple[Layer, ...]:
    return (*[Dense(units=200, gain=4)] * hidden, Dense(units=10, gain=4))


def _convolutional(count: int) -> tuple[Layer, ...]:
    pairs = [(Conv(channels=16 * 2**n, kernel=5, gain=2, spread=1.2), EarliestPool(2)) for n in range(count)]
    return (*(layer for pair in pairs for layer in pair), Dense(units=10, gain=2))


NETWORKS: dict[str, tuple[Layer, ...]] = {
    **{f"{hidden} x 200": _dense(hidden) for hidden in (1, 2, 3, 4)},
    **{f"{count} conv": _convolutional(count) for count in (1, 2)},
}


def _row(name: str, variant: str, x: Any, y: Any) -> dict[str, Any]:
    rule, rate = VARIANTS[variant]
    shape = (784,) if name.endswith("200") else (1, 28, 28)
    network = FirstSpikeNetwork.draw(shape, NETWORKS[name], seed=SEED, neuron="step", steps=16)
    options = TrainingOptions(epochs=5, batch_size=64, rate=rate, validation=HELD_OUT)
    trained = train(network, rule, (x.reshape(-1, *shape), y), options)
    best = trained.history.row(trained.epoch - 1, named=True)
    shown = ("validation_accuracy", "accuracy", "silent", "dead", "spikes_per_neuron", "decision_time")
    return {"network": name, "rule": variant, **{field: best[field] for field in shown}}


def main() -> None:
    """Train them all, and show the table."""
    save = results_option("SSTDP by depth")
    images, labels = load_mnist("train")
    x = np.concatenate([images[:TRAINING], images[-HELD_OUT:]])
    y = np.concatenate([labels[:TRAINING], labels[-HELD_OUT:]])
    rows = []
    for name in NETWORKS:
        for variant in VARIANTS:
            # Errors of length 1 need a pass a layer, which only dense networks have.
            if variant != "errors of length 1" or name.endswith("200"):
                rows.append(_row(name, variant, x, y))
                print(rows[-1], flush=True)
    report("sstdp_depth", rows, save=save, seed=SEED)


if __name__ == "__main__":
    main()
