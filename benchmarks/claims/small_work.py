"""Claim: little work costs little.

A 64-64-10 net takes 20 us an image at batch 1 from Python, call included; threads that a small run could have do not slow it
down; a step of a stream costs less than 15 us beside the network's own time; the first call of a large network takes tens of
milliseconds.

The first call compiles the plan, prepares the engine and runs one step of one image, in a fresh ``Simulator``.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.common import report, results_option
from benchmarks.pretrained import spiking_networks, test_images
from pysnn import IF, Events, Input, Linear, Network, Output, Simulator
from pysnn.simulation.stream import Stream

STEPS = 16
CALLS = 200


def digits_network() -> Network:
    """Return a 64-64-10 net with weights as training leaves them: some thirty spikes a step."""
    rng = np.random.default_rng(0)
    hidden, output = rng.normal(0.05, 0.2, (64, 64)), rng.normal(0, 0.2, (10, 64))
    return Network.chain(
        {"in": Input((64,)), "fc1": Linear(hidden), "if1": IF(1.0), "fc2": Linear(output), "out": Output()}
    )


def least(works: list[Callable[[], object]], repeats: int) -> list[float]:
    """Return the least wall time of each of several works, called in turn."""
    found = [float("inf")] * len(works)
    for _ in range(repeats):
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            found[k] = min(found[k], time.perf_counter() - start)
    return found


def _calls(simulator: Simulator, x: Any, calls: int) -> None:
    for _ in range(calls):
        simulator.run(x, steps=STEPS)


def small_rows() -> list[dict[str, Any]]:
    """Time the small net at batch 1 and 64 with one thread and two."""
    network, rng = digits_network(), np.random.default_rng(1)
    rows = []
    for precision in ("float32", "int8"):
        simulators = [Simulator(network, precision=precision, threads=threads) for threads in (1, 2)]
        for batch, calls in ((1, CALLS), (64, CALLS // 20)):
            x = rng.random((batch, 64), dtype=np.float32)
            _calls(simulators[0], x, 2)
            times = least([partial(_calls, simulator, x, calls) for simulator in simulators], 40)
            one, two = (1e6 * seconds / calls / batch for seconds in times)
            what = f"64-64-10, {precision}, batch {batch}"
            rows.append({"work": what, "us an image": round(one, 2), "with 2 threads / with 1": round(two / one, 3)})
    return rows


def stream_rows() -> list[dict[str, Any]]:
    """Time steps of a stream of one sample, beside the same steps within one long run."""
    network, rng = digits_network(), np.random.default_rng(1)
    frames = rng.random((CALLS, 1, 64), dtype=np.float32)
    spikes = (frames < 0.1).astype(np.uint8)
    numbers = [np.flatnonzero(step) for step in spikes]
    coded: tuple[tuple[Any, Any, Any], ...] = (
        ("frames", frames, list(frames)),
        ("spikes", spikes, list(spikes)),
        ("events", Events.from_dense(spikes), numbers),
    )
    rows = []
    for coding, whole, steps in coded:
        simulator = Simulator(network, coding=coding, threads=1, count=False)
        stream = simulator.stream()

        def step_by_step(stream: Stream = stream, steps: Any = steps) -> None:
            for step in steps:
                stream.step(step)

        taken, own = least([step_by_step, partial(simulator.run, whole, steps=CALLS)], 40)
        rows.append(
            {"steps of a stream": coding, "us a step": 1e6 * taken / CALLS, "us within a run": 1e6 * own / CALLS}
        )
    return rows


def first_rows() -> list[dict[str, Any]]:
    """Time first calls of the pretrained networks."""
    image = test_images(1)
    rows = []

    def first(network: Network, precision: Any) -> None:
        Simulator(network, precision=precision, threads=1).run(image, steps=1)

    for name, network in spiking_networks().items():
        for precision in ("float32", "int8"):
            (seconds,) = least([partial(first, network, precision)], 7)
            rows.append({"first call": f"{name}, {precision}", "ms": round(1e3 * seconds, 1)})
    return rows


def main() -> None:
    """Time them all."""
    save = results_option(__doc__ or "")
    report("small_work", small_rows(), save=save, steps=STEPS)
    report("stream", stream_rows(), save=save, steps=CALLS)
    report("first_call", first_rows(), save=save, steps=1)


if __name__ == "__main__":
    main()
