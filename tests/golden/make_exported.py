"""Write the exported networks that the tests of both languages read: ``python -m tests.golden.make_exported``."""

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pysnn import IF, LIF, AvgPool2d, Conv2d, FirstSpike, Flatten, Input, Linear, MaxPool2d, Network, Output
from pysnn.export import ExportOptions, export_network
from pysnn.files.first_spike import SavedFirstSpike
from pysnn.files.saved import SavedNetwork
from pysnn.files.settings import Settings
from pysnn.first_spike import Conv, Dense, EarliestPool, FirstSpikeNetwork

HERE = Path(__file__).parent

__all__ = ["NETWORKS", "SINGLE_SPIKES"]


def _weights(seed: int, *shape: int) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).integers(-8, 9, shape) / 8).astype(np.float32)


NETWORKS = {
    "exported-constant": SavedNetwork(
        Network.chain(
            {
                "in": Input((2, 4, 4), mean=(0.5, 0.25), std=(0.25, 0.5)),
                "conv": Conv2d(_weights(0, 3, 2, 3, 3), padding=1),
                "a": IF(),
                "pool": AvgPool2d(2),
                "flat": Flatten(),
                "fc": Linear(_weights(1, 5, 12), _weights(2, 5)),
                "b": IF(),
                "fc2": Linear(_weights(3, 3, 5)),
                "out": Output(),
            }
        ),
        Settings(steps=6, precision="int8"),
    ),
    "exported-spikes": SavedNetwork(
        Network.chain(
            {
                "in": Input((6,)),
                "fc": Linear(_weights(4, 5, 6)),
                "a": LIF(tau=4.0, v_threshold=0.5),
                "fc2": Linear(_weights(5, 3, 5)),
                "b": IF(),
                "out": Output("count"),
            }
        ),
        Settings(steps=9, coding="spikes", precision="int8", dt=1.0),
    ),
    "exported-events": SavedNetwork(
        Network.chain(
            {
                "in": Input((2, 5, 4)),
                "conv": Conv2d(_weights(8, 4, 2, 3, 3), padding=1),
                "a": IF(0.5),
                "max": MaxPool2d(2),
                "conv2": Conv2d(_weights(9, 4, 2, 1, 1), _weights(10, 4), groups=2),
                "b": IF(0.5, v_reset=0.0),
                "pool": AvgPool2d(2),
                "flat": Flatten(),
                "fc": Linear(_weights(11, 3, 4)),
                "out": Output(),
            }
        ),
        Settings(steps=7, coding="spikes", precision="int8"),
    ),
    "exported-pixels": SavedNetwork(
        Network.chain(
            {
                "in": Input((2, 4, 4), mean=(0.5, 0.25), std=(0.25, 0.5)),
                "conv": Conv2d(_weights(12, 3, 2, 3, 3), padding=1),
                "a": IF(2.0),
                "pool": AvgPool2d(2),
                "flat": Flatten(),
                "fc": Linear(_weights(13, 4, 12), _weights(14, 4)),
                "b": IF(),
                "fc2": Linear(_weights(15, 3, 4)),
                "out": Output(),
            }
        ),
        Settings(steps=6, precision="int8", first_layer="int8"),
    ),
    "exported-window": SavedNetwork(
        Network.chain(
            {
                "in": Input((3, 4, 4), mean=(0.5, 0.25, 0.4), std=(0.25, 0.5, 0.2)),
                "conv": Conv2d(_weights(16, 4, 3, 3, 3), padding=1, stride=2),
                "a": FirstSpike(0.5, window=16),
                "conv2": Conv2d(_weights(17, 4, 4, 3, 3), padding=1),
                "b": FirstSpike(0.25, window=16),
                "pool": AvgPool2d(2),
                "flat": Flatten(),
                "fc": Linear(_weights(18, 3, 4), _weights(19, 3)),
                "out": Output("potential"),
            }
        ),
        Settings(steps=1, precision="int8", first_layer="int8"),
    ),
    "exported-levels": SavedNetwork(
        Network(
            {
                "in": Input((2, 6, 6), mean=(0.5, 0.25), std=(0.25, 0.5)),
                "conv": Conv2d(_weights(20, 4, 2, 3, 3), padding=1),
                "a": FirstSpike(0.5, window=100),
                "max": MaxPool2d(2),
                "conv2": Conv2d(_weights(21, 4, 4, 3, 3), padding=1),
                "b": FirstSpike(0.25, window=100),
                "conv3": Conv2d(_weights(22, 4, 4, 1, 1)),
                "c": FirstSpike(0.5, window=100),
                "pool": AvgPool2d(3),
                "flat": Flatten(),
                "fc": Linear(_weights(23, 3, 4), _weights(24, 3)),
                "out": Output(),
            },
            [
                *pairwise(["in", "conv", "a", "max", "conv2", "b", "conv3", "c", "pool", "flat", "fc", "out"]),
                ("max", "c"),
            ],
        ),
        Settings(steps=1, precision="int8", first_layer="int8"),
    ),
    "exported-scaling": SavedNetwork(
        Network.chain(
            {
                "in": Input(
                    (3,), scaling=[("subtract", [1e9, 0.0, 2.0]), ("divide", [1e9, 0.5, 4.0]), ("at_most", [2.0] * 3)]
                ),
                "fc": Linear(_weights(6, 4, 3)),
                "a": IF(),
                "fc2": Linear(_weights(7, 2, 4)),
                "out": Output("potential"),
            }
        ),
        Settings(),
    ),
}
"""One network a file, in both precisions, with each form of input."""

SINGLE_SPIKES = {
    "exported-ramp": SavedFirstSpike(
        FirstSpikeNetwork(
            (2, 5, 4),
            (Conv(channels=4, kernel=3, padding=1, threshold=0.75), EarliestPool(2), Dense(units=3)),
            (_weights(25, 18, 4), 0.5 + _weights(26, 16, 3)),
        )
    ),
    "exported-step": SavedFirstSpike(
        FirstSpikeNetwork(
            (6,),
            (Dense(units=5, threshold=0.5), Dense(units=3, threshold=0.25)),
            (_weights(27, 12, 5), _weights(28, 5, 3)),
            neuron="step",
            steps=8,
            compare=">",
            coding="both",
        )
    ),
}
"""Networks of single spikes, one of each kind of neuron."""


def main() -> None:
    """Write the files."""
    everything: dict[str, SavedNetwork | SavedFirstSpike] = {**NETWORKS, **SINGLE_SPIKES}
    for name, saved in everything.items():
        (HERE / f"{name}.plan").write_bytes(export_network(saved, ExportOptions(source=bytes(range(32)))))


if __name__ == "__main__":
    main()
