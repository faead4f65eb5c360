"""Claim: cost follows spikes. Time of one layer against its input rate, at fixed size.

1 % of active inputs costs at most a fifth of 16 %, and time is a straight line in the rate (R2 >= .98).
"""

from functools import partial
from typing import Literal

import numpy as np

from benchmarks.common import median_seconds, report, results_option
from pysnn import IF, Conv2d, Crop, Events, Input, Linear, Network, Output
from pysnn.backends import get_backend
from pysnn.backends.base import EventInput, RunRequest
from pysnn.plan import PlanOptions, compile_plan

RATES = (0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
STEPS = 32
SAMPLES = 16
PRECISIONS: tuple[Literal["float32", "int8"], ...] = ("float32", "int8")


def networks() -> dict[str, Network]:
    """Return the layers that are timed, with a read-out of one neuron that costs next to nothing."""
    rng = np.random.default_rng(0)

    def conv(channels: int, size: int) -> Network:
        layer = Conv2d(rng.normal(0, 0.03, (channels, channels, 3, 3)), padding=1)
        one = Crop((0, channels - 1), (0, 0, size - 1, size - 1))
        source = Input((channels, size, size))
        return Network.chain({"in": source, "conv": layer, "if": IF(), "one": one, "out": Output("count")})

    dense = Linear(rng.normal(0, 0.03, (1024, 1024)))
    read = Linear(np.ones((1, 1024)))
    return {
        "conv 3x3 128-128, 16x16": conv(128, 16),
        "conv 3x3 256-256, 8x8": conv(256, 8),
        "linear 1024-1024": Network.chain(
            {"in": Input((1024,)), "fc": dense, "if": IF(), "read": read, "out": Output()}
        ),
    }


def request(network: Network, rate: float) -> RunRequest:
    """Return a run on random spikes of a rate."""
    rng = np.random.default_rng(1)
    spikes = rng.random((STEPS, SAMPLES, *network.input.shape)) < rate
    size = int(np.prod(network.input.shape))
    offsets, index = Events.from_dense(spikes).packed(STEPS, size)
    return RunRequest(EventInput(offsets, index, batch=SAMPLES), STEPS, (STEPS,))


def main() -> None:
    """Time each layer at each rate, and fit a line."""
    save = results_option(__doc__ or "")
    backend = get_backend("rust")
    rows, names = [], set()
    for title, network in networks().items():
        for precision in PRECISIONS:
            executable = backend.compile(compile_plan(network, PlanOptions(precision, "events")))
            names.add(executable.name)
            times = []
            for rate in RATES:
                work = request(network, rate)
                times.append(median_seconds(partial(executable.run, work)) * 1e3 / SAMPLES)
            slope, intercept = np.polyfit(RATES, times, 1)
            fit = np.polyval([slope, intercept], RATES)
            unexplained = np.sum((np.array(times) - fit) ** 2) / np.sum((np.array(times) - np.mean(times)) ** 2)
            ms = {f"ms at {100 * rate:g} %": round(t, 4) for rate, t in zip(RATES, times, strict=True)}
            line = {"intercept_ms": round(float(intercept), 4), "r2": round(float(1 - unexplained), 4)}
            ratio = {"1 % / 16 %": round(times[1] / times[-1], 4)}
            rows.append({"layer": title, "precision": precision, **ms, **line, **ratio})
    report("event_rate", rows, save=save, backend=", ".join(sorted(names)), threads=1, steps=STEPS)


if __name__ == "__main__":
    main()
