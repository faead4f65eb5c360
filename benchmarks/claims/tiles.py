"""Claim: where a processor has AMX, int8 networks run faster in its tiles than with AVX-512 alone.

Converted networks in int8 at several time-steps, one thread, both levels in turn: the least time of either, and how many times as fast tiles
are, the median of all rounds with the least and the most. Scores are compared.
"""

import statistics
import time
from typing import Any

import numpy as np

from benchmarks.common import report, results_option
from benchmarks.pretrained import at_level, spiking_networks, test_images
from pysnn import Network
from pysnn.backends.rust import simd_levels

LEVELS = ("avx512", "amx")
STEPS = (2, 4, 8, 16)
ROUNDS = {1: 41, 64: 7}


def row(name: str, network: Network, batch: int, steps: int) -> dict[str, Any]:
    """Time a network at both levels."""
    images = test_images(batch)
    simulators = [at_level(network, level, backend="rust", keep_state=False) for level in LEVELS]
    one, other = (simulator.run(images, steps=steps).scores for simulator in simulators)
    if not np.array_equal(one, other):
        raise AssertionError(f"{name}, T = {steps}: levels differ")
    rounds = []
    for _ in range(ROUNDS[batch]):
        times = []
        for simulator in simulators:
            start = time.thread_time()
            simulator.run(images, steps=steps)
            times.append(1e3 * (time.thread_time() - start) / batch)
        rounds.append(times)
    ratios = [first / second for first, second in rounds]
    least = [min(times) for times in zip(*rounds, strict=True)]
    return {
        "network": name,
        "batch": batch,
        "T": steps,
        **{f"{level} ms": round(value, 3) for level, value in zip(LEVELS, least, strict=True)},
        "times as fast": round(statistics.median(ratios), 2),
        "least": round(min(ratios), 2),
        "most": round(max(ratios), 2),
    }


def main() -> None:
    """Time each network at each batch and number of steps."""
    save = results_option(__doc__ or "")
    if LEVELS[1] not in simd_levels():
        raise SystemExit(f"this machine has no AMX: expected level {LEVELS[1]}, found {', '.join(simd_levels())}")
    networks = spiking_networks()
    rows = [row(name, net, batch, steps) for name, net in networks.items() for batch in ROUNDS for steps in STEPS]
    report("tiles", rows, save=save, threads=1)


if __name__ == "__main__":
    main()
