"""Claim: Numba is within 6 times the time of Rust at AVX2 in int8, and within 4 times in float32.

Both run the pretrained networks on the same images, one thread, in turn; their scores are compared. Processor time is
taken, which other processes disturb least.
"""

import os
from functools import partial
from typing import Any

import numpy as np

from benchmarks.common import best_of, report, results_option
from benchmarks.pretrained import spiking_networks, test_images
from pysnn import Network, Simulator

STEPS = 16


def ready(network: Network, backend: str, precision: Any) -> Simulator:
    """Return a simulator on one thread that counts nothing."""
    return Simulator(network, precision=precision, backend=backend, threads=1, count=False, keep_state=False)


def main() -> None:
    """Time both backends on each network, in each precision."""
    save = results_option(__doc__ or "")
    os.environ["PYSNN_SIMD"] = "avx2"
    image = test_images(1)
    rows = []
    for name, network in spiking_networks().items():
        for precision in ("float32", "int8"):
            rust, numba = (ready(network, backend, precision) for backend in ("rust", "numba"))
            found = [simulator.run(image, steps=STEPS) for simulator in (rust, numba)]
            if not np.array_equal(found[0].scores, found[1].scores):
                raise AssertionError(f"{name}, {precision}: the backends differ")
            times = best_of(partial(rust.run, image, steps=STEPS), partial(numba.run, image, steps=STEPS), repeats=15)
            row = {"network": name, "precision": precision, "rust ms": round(1e3 * times[0], 2)}
            rows.append(row | {"numba ms": round(1e3 * times[1], 2), "numba / rust": round(times[1] / times[0], 2)})
    report("backends", rows, save=save, simd="avx2", threads=1, batch=1, steps=STEPS)


if __name__ == "__main__":
    main()
