"""Claim: two threads run 1.7 times as fast as one at batch 64 and 1.5 times at batch 1.

Converted networks, T = 16, the least wall time of runs in turn. Two cores must be free for the whole of a run, so the machine
should do nothing else; more ``--repeats`` find a quiet moment on one that does. The processor time of two threads over that of one
does not depend on that: it says what sharing the work costs, waiting included where a thread does not sleep.
"""

import argparse
import time
from typing import Any

import numpy as np

from benchmarks.common import report
from benchmarks.pretrained import spiking_networks, test_images
from pysnn import Network, Simulator

STEPS = 16
PAUSE = 0.01


def least(network: Network, precision: Any, images: Any, repeats: int) -> tuple[list[float], list[float], str]:
    """Return the least wall times and processor times of one thread and of two, and the backend."""
    options: dict[str, Any] = {"precision": precision, "backend": "rust", "count": False, "keep_state": False}
    simulators = [Simulator(network, threads=threads, **options) for threads in (1, 2)]
    found = [simulator.run(images, steps=STEPS) for simulator in simulators]
    if not np.array_equal(found[0].scores, found[1].scores):
        raise AssertionError("results depend on the number of threads")
    best, busy = [float("inf")] * 2, [float("inf")] * 2
    for _ in range(repeats):
        for k, simulator in enumerate(simulators):
            time.sleep(PAUSE)
            start, before = time.perf_counter(), time.process_time()
            simulator.run(images, steps=STEPS)
            best[k] = min(best[k], time.perf_counter() - start)
            busy[k] = min(busy[k], time.process_time() - before)
    return best, busy, found[0].backend


def main() -> None:
    """Time each network and precision at each batch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help="write benchmarks/tables/claim_threads.parquet")
    parser.add_argument("--repeats", type=int, default=100, help="runs at batch 1; a sixteenth of it at batch 64")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 64], help="batches to time")
    given = parser.parse_args()
    rows, name = [], ""
    for title, network in spiking_networks().items():
        for precision in ("float32", "int8"):
            for batch in given.batches:
                repeats = max(3, given.repeats // max(1, batch // 4))
                (one, two), busy, name = least(network, precision, test_images(batch), repeats)
                rows.append(
                    {
                        "network": title,
                        "precision": precision,
                        "batch": batch,
                        "1 thread ms": round(1e3 * one / batch, 3),
                        "2 threads ms": round(1e3 * two / batch, 3),
                        "ratio": round(one / two, 2),
                        "processor time": round(busy[1] / busy[0], 2),
                    }
                )
    report("threads", rows, save=given.save, backend=name, steps=STEPS)


if __name__ == "__main__":
    main()
