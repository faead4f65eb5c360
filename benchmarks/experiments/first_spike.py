"""A training step of 784-800-10 (batch 128: forward, backward, Adam) and one decision, on MNIST from PYSNN_DATA."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.common import report, results_option
from benchmarks.mnist import load_mnist
from pysnn.backends import get_backend
from pysnn.backends.first_spike import GradientRule
from pysnn.first_spike import Dense, FirstSpikeNetwork, decide, encode_times, evaluate
from pysnn.first_spike.learn import STDBP, TrainingOptions
from pysnn.first_spike.learn.training import Training

BATCH = 128
ACTIVE = (50, 100, 200, 400, 784)
STEPS = 100
THREADS = (1, 2)
DECISIONS = 500


def main() -> None:
    """Measure, print, and keep the table if asked to."""
    save = results_option("first-spike training steps and decisions")
    images, all_labels = load_mnist("train")
    layers = [Dense(units=800, gain=12, spread=1.4), Dense(units=10, gain=8, spread=1.4)]
    network = FirstSpikeNetwork.draw((784,), layers, seed=0)
    times, labels = encode_times(network, images[: BATCH * STEPS]), all_labels[: BATCH * STEPS]
    options = TrainingOptions(batch_size=BATCH)
    runs = [
        Training(network, STDBP(tau=0.05, min_slope=0.5), times, labels, replace(options, threads=n)) for n in THREADS
    ]
    found: list[list[float]] = [[] for _ in runs]
    for start in range(0, BATCH * STEPS, BATCH):
        # In turn, so that a drift of the machine meets both.
        for run, seconds in zip(runs, found, strict=True):
            seconds.append(_seconds(lambda run=run, start=start: run.step(np.arange(start, start + BATCH))))  # type: ignore[misc]
    rows = [row(f"training step, {n} thread(s)", seconds) for n, seconds in zip(THREADS, found, strict=True)]
    trained = network.with_weights(runs[0].state.weights)
    other, answers = images[-DECISIONS:], all_labels[-DECISIONS:]
    one = [_seconds(lambda i=i: decide(trained, other[i : i + 1])) for i in range(DECISIONS)]  # type: ignore[misc]
    rows.append(row("one decision, batch 1", one))
    rows += [_by_spikes(trained, active) for active in ACTIVE]
    whole = evaluate(trained, other, answers)
    report("first_spike", rows, save=save, additions_decision=whole.additions_decision, macs=whole.dense_macs)


def _by_spikes(network: FirstSpikeNetwork, active: int) -> dict[str, str | float]:
    """Measure forward and backward with so many input spikes a sample: the cost follows their number."""
    rng = np.random.default_rng(0)
    engine = get_backend().first_spike(network.plan)
    times = rng.random((BATCH, 784)).astype(np.float32)
    times[np.argsort(rng.random(times.shape), axis=1) >= active] = np.inf
    gradient = np.ones((BATCH, 10), dtype=np.float32)

    def pass_() -> None:
        passed = engine.forward(network.weights, times)
        engine.backward(network.weights, passed, gradient, rule=GradientRule())

    return row(f"forward and backward, {active} input spikes", [_seconds(pass_) for _ in range(15)])


def row(what: str, seconds: list[float]) -> dict[str, str | float]:
    """Return the median and the least, in ms."""
    return {"work": what, "median_ms": statistics.median(seconds) * 1e3, "least_ms": min(seconds) * 1e3}


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
