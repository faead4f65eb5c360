"""Claim: counting operations costs at most 20 %. The same run with and without counting, in turn; processor time."""

from functools import partial

import numpy as np

from benchmarks.common import best_of, report, results_option
from pysnn import IF, AvgPool2d, Conv2d, Flatten, Input, Linear, Network, Node, Output, Scale, Simulator

STEPS = 16


def networks() -> dict[str, Network]:
    """Return nets of different widths: counting weighs most where a spike meets few weights."""
    rng = np.random.default_rng(0)

    def conv(inputs: int, outputs: int) -> Conv2d:
        spread = (2.0 / (9 * inputs)) ** 0.5
        return Conv2d(rng.normal(0, spread, (outputs, inputs, 3, 3)), padding=1)

    narrow: dict[str, Node] = {
        "in": Input((3, 32, 32)),
        "conv1": conv(3, 16),
        "if1": IF(2.0),
        "conv2": conv(16, 16),
        "if2": IF(1.0),
    }
    wide: dict[str, Node] = {"in": Input((3, 32, 32)), "conv1": conv(3, 64), "if1": IF(2.0), "pool": AvgPool2d(2)}
    wide |= {"conv2": conv(64, 128), "if2": IF(1.0)}
    tail: dict[str, Node] = {"flat": Flatten()}
    dense: dict[str, Node] = {
        "in": Input((784,)),
        "fc1": Linear(rng.normal(0, 0.05, (800, 784))),
        "if1": IF(2.0),
        "s": Scale(1.0),
    }
    dense |= {"fc2": Linear(rng.normal(0, 0.05, (10, 800))), "out": Output()}
    return {
        "conv 3-16-16": Network.chain({**narrow, **tail, "fc": Linear(np.ones((10, 16384))), "out": Output()}),
        "conv 3-64-P2-128": Network.chain({**wide, **tail, "fc": Linear(np.ones((10, 32768))), "out": Output()}),
        "784-800-10": Network.chain(dense),
    }


def main() -> None:
    """Time each network in both precisions."""
    save = results_option(__doc__ or "")
    rng = np.random.default_rng(1)
    rows, name = [], ""
    for title, network in networks().items():
        x = rng.random((8, *network.input.shape), dtype=np.float32)
        for precision in ("float32", "int8"):
            simulator = Simulator(network, precision=precision, backend="rust", threads=1)
            result = simulator.run(x, steps=STEPS)
            name = result.backend
            with_counts, without = best_of(
                partial(simulator.run, x, steps=STEPS), partial(simulator.run, x, steps=STEPS, count=False)
            )
            rows.append(
                {
                    "network": title,
                    "precision": precision,
                    "spikes_per_neuron": round(result.table()["spikes_per_neuron"].item(), 3),
                    "ms with": round(with_counts * 1e3 / len(x), 4),
                    "ms without": round(without * 1e3 / len(x), 4),
                    "ratio": round(with_counts / without, 3),
                }
            )
    report("counting", rows, save=save, backend=name, threads=1, steps=STEPS)


if __name__ == "__main__":
    main()
